import { BoundedCache } from './bounded-cache.ts';
import { fromSeconds, toSeconds } from './go/calendar.ts';
import { BuiltinError } from './value.ts';

/**
 * Time zones by their IANA name, from the ICU data inside Node. They have no abbreviations like CET that would equal
 * Go's, so a layout that prints one (MST) is an error outside UTC; "Local" is an error too, since a decision may not
 * depend on where the gateway runs.
 */
const zones = new BoundedCache<Intl.DateTimeFormat>(64);

/** Seconds east of UTC at a point in time. @throws BuiltinError for a name that is no IANA zone. */
export function zoneOffset(name: string, seconds: number): number {
  if (name === '' || name === 'UTC') return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of zones.get(name, () => openZone(name)).formatToParts(seconds * 1000)) {
    parts[type] = Number(value);
  }
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return toSeconds({ year, month, day, hour, minute, second }) - toSeconds(fromSeconds(seconds));
}

function openZone(name: string): Intl.DateTimeFormat {
  try {
    // Names are case-sensitive in Go, and offsets are no names.
    if (!/^[A-Z]/.test(name) || name === 'Local') throw new RangeError('not an IANA zone');
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const canonical = format.resolvedOptions().timeZone;
    if (canonical !== name && canonical.toLowerCase() === name.toLowerCase()) throw new RangeError('not an IANA zone');
    return format;
  } catch {
    throw new BuiltinError(`unknown time zone ${name}`);
  }
}

export function zoneAbbreviation(name: string): string {
  if (name === '' || name === 'UTC') return 'UTC';
  throw new BuiltinError(`the abbreviation of the zone ${name} is not known; use a numeric offset in the layout`);
}
