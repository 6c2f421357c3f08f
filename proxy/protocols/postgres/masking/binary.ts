import ipaddr from 'ipaddr.js';
import { numericText, numericBytes } from './numeric.ts';
import type { MaskType } from './types.ts';

/** Microseconds and days from 1970 to 2000, where PostgreSQL's own calendar begins. */
const EPOCH_MICROS = 946_684_800_000_000n;
const EPOCH_DAYS = 10_957;
const DAY_MS = 86_400_000;
/** The times that are written with a year of four digits, of our era. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The text that PostgreSQL would write for a value in binary format (its type's send function). Undefined where the bytes are not a value
 * of the type, or one that has no masked form anyway.
 */
export function textOfBinary(
  { kind, version }: MaskType,
  bytes: Buffer,
  start: number,
  end: number,
): string | undefined {
  const length = end - start;
  switch (kind) {
    case 'text':
    case 'xml':
      return bytes.toString('utf8', start, end);
    case 'json':
      if (version === undefined) return bytes.toString('utf8', start, end);
      return bytes[start] === version && length > 0 ? bytes.toString('utf8', start + 1, end) : undefined;
    case 'uuid':
      return length === 16 ? dashed(bytes.toString('hex', start, end)) : undefined;
    case 'int16':
      return length === 2 ? String(bytes.readInt16BE(start)) : undefined;
    case 'int32':
      return length === 4 ? String(bytes.readInt32BE(start)) : undefined;
    case 'int64':
      return length === 8 ? String(bytes.readBigInt64BE(start)) : undefined;
    case 'decimal':
      return numericText(bytes, start, end);
    case 'float32':
      return length === 4 ? shortest(bytes.readFloatBE(start)) : undefined;
    case 'float64':
      return length === 8 ? String(bytes.readDoubleBE(start)) : undefined;
    case 'date':
      return length === 4 ? isoText((bytes.readInt32BE(start) + EPOCH_DAYS) * DAY_MS)?.slice(0, 10) : undefined;
    case 'timestamp':
    case 'timestamptz':
      return length === 8 ? timeText(bytes.readBigInt64BE(start), kind === 'timestamptz' ? '+00' : '') : undefined;
    case 'inet':
    case 'cidr':
      return addressText(bytes.subarray(start, end));
    case 'bytes':
      return `\\x${bytes.toString('hex', start, end)}`;
    case 'opaque':
      return undefined;
  }
}

/** The value in binary format (what its type's receive function takes) of a text of ours. Undefined where there is none. */
export function binaryOfText({ kind, version }: MaskType, text: string): Buffer | undefined {
  switch (kind) {
    case 'text':
    case 'xml':
      return Buffer.from(text, 'utf8');
    case 'json':
      return Buffer.concat([Buffer.from(version === undefined ? [] : [version]), Buffer.from(text, 'utf8')]);
    case 'uuid':
      return Buffer.from(text.replaceAll('-', ''), 'hex');
    case 'int16':
      return filled(2, (bytes) => bytes.writeInt16BE(Number(text)));
    case 'int32':
      return filled(4, (bytes) => bytes.writeInt32BE(Number(text)));
    case 'int64':
      return filled(8, (bytes) => bytes.writeBigInt64BE(BigInt(text)));
    case 'decimal':
      return numericBytes(text);
    case 'float32':
      return filled(4, (bytes) => bytes.writeFloatBE(Number(text)));
    case 'float64':
      return filled(8, (bytes) => bytes.writeDoubleBE(Number(text)));
    case 'date':
      return filled(4, (bytes) => bytes.writeInt32BE(Math.round(millisecondsOf(text) / DAY_MS) - EPOCH_DAYS));
    case 'timestamp':
    case 'timestamptz':
      return filled(8, (bytes) => bytes.writeBigInt64BE(BigInt(millisecondsOf(text)) * 1000n - EPOCH_MICROS));
    case 'inet':
    case 'cidr':
      return addressBytes(text, kind === 'cidr');
    case 'bytes':
      return Buffer.from(text.slice(2), 'hex');
    case 'opaque':
      return undefined;
  }
}

function filled(length: number, fill: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  fill(bytes);
  return bytes;
}

function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The shortest text that is the same number of 32 bits. */
function shortest(number: number): string {
  for (let digits = 1; digits < 10; digits++) {
    const rounded = Number(number.toPrecision(digits));
    if (Math.fround(rounded) === number) return String(rounded);
  }
  return String(number);
}

function isoText(ms: number): string | undefined {
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms).toISOString() : undefined;
}

function timeText(value: bigint, zone: string): string | undefined {
  const micros = value + EPOCH_MICROS;
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const iso = isoText(Number((micros - fraction) / 1000n));
  if (iso === undefined) return undefined;
  const written = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`;
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${written}${zone}`;
}

/** Of the texts that masking makes: days, and whole seconds of UTC. */
function millisecondsOf(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T00:00:00Z` : `${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
}

/** Family, bits of the mask, whether it is a cidr, length, address (network_send). */
function addressText(bytes: Buffer): string | undefined {
  const [family = 0, bits = 0, cidr = 0, length = 0] = bytes;
  if ((family !== 2 || length !== 4) && (family !== 3 || length !== 16)) return undefined;
  if (bytes.length !== 4 + length || bits > length * 8) return undefined;
  const address = ipaddr.fromByteArray([...bytes.subarray(4)]).toString();
  return cidr === 1 || bits < length * 8 ? `${address}/${bits}` : address;
}

function addressBytes(text: string, cidr: boolean): Buffer {
  const [host = '', mask] = text.split('/');
  const address = ipaddr.parse(host).toByteArray();
  const bits = mask === undefined ? address.length * 8 : Number(mask);
  return Buffer.from([address.length === 4 ? 2 : 3, bits, cidr ? 1 : 0, address.length, ...address]);
}
