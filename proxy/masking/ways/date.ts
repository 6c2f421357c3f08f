import type { MaskWay } from '../plan.ts';
import type { KeyedHash } from './keyed-hash.ts';

const DAY_MS = 86_400_000;
/** Fake days lie in the forty years from 1970 on. */
const FAKE_DAYS = 14_610;

/**
 * Masks a date or a time as `DateStyle` ISO writes it, of the years 1 to 9999 of our era; others (and other styles) become NULL. Partial
 * keeps the year. Days are too few to be hashed: whoever saw enough of them would know them.
 */
export function maskDate(
  kind: 'date' | 'timestamp' | 'timestamptz',
  way: MaskWay,
  text: string,
  key: KeyedHash,
): string | undefined {
  if (way !== 'partial' && way !== 'fake') return undefined;
  const parts =
    /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-]\d\d(?::\d\d(?::\d\d)?)?)?)?$/.exec(text);
  if (parts === null) return undefined;
  const time = kind === 'date' ? '' : ' 00:00:00';
  const zone = kind === 'timestamptz' ? '+00' : '';
  if (way === 'partial') return `${parts[1] ?? ''}-01-01${time}${zone}`;
  const canonical = canonicalTime(parts);
  const chance = key.bytes(canonical, 8);
  const ms = (chance.readUInt32BE(0) % FAKE_DAYS) * DAY_MS + (kind === 'date' ? 0 : chance.readUInt32BE(4) % DAY_MS);
  const iso = new Date(ms).toISOString();
  return kind === 'date' ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${iso.slice(11, 19)}${zone}`;
}

/** The moment in UTC, whatever zone it is written in; midnight of a day without a time. */
function canonicalTime(parts: RegExpExecArray): string {
  const number = (i: number): number => Number(parts[i] ?? 0);
  const ms = Date.UTC(number(1), number(2) - 1, number(3), number(4), number(5), number(6));
  const zone = parts[8] ?? '+00';
  const [hours = 0, minutes = 0, seconds = 0] = zone.slice(1).split(':').map(Number);
  const offset = (hours * 3600 + minutes * 60 + seconds) * (zone.startsWith('-') ? -1000 : 1000);
  return `${ms - offset}.${(parts[7] ?? '').padEnd(6, '0')}`;
}
