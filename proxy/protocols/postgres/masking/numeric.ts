/** Digits of base 10,000 that a numeric of PostgreSQL holds at most, before and behind the point, by what its format could say. */
const MOST_DIGITS = 36_000;

/**
 * The text of a numeric in binary format: count, weight of the first digit, sign and scale as 16-bit integers, then digits of base
 * 10,000 (numeric_send). Undefined for NaN, the infinite, and what is none.
 */
export function numericText(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start < 8) return undefined;
  const count = bytes.readUInt16BE(start);
  const weight = bytes.readInt16BE(start + 2);
  const sign = bytes.readUInt16BE(start + 4);
  const scale = bytes.readUInt16BE(start + 6);
  if (end - start !== 8 + 2 * count || (sign !== 0 && sign !== 0x4000) || scale > 0x3fff) return undefined;
  if (Math.abs(weight) > MOST_DIGITS || count > MOST_DIGITS) return undefined;
  const digit = (i: number): string =>
    String(i >= 0 && i < count ? bytes.readUInt16BE(start + 8 + 2 * i) : 0).padStart(4, '0');
  let whole = '';
  for (let i = 0; i <= weight; i++) whole += digit(i);
  let fraction = '';
  for (let i = weight + 1; fraction.length < scale; i++) fraction += digit(i);
  whole = whole.replace(/^0+(?=\d)/, '');
  const written = (whole === '' ? '0' : whole) + (scale === 0 ? '' : `.${fraction.slice(0, scale)}`);
  return sign === 0x4000 ? `-${written}` : written;
}

/** A numeric in binary format of a text of ours: digits, with a sign or a point. */
export function numericBytes(text: string): Buffer {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  const before = whole.padStart(Math.ceil(whole.length / 4) * 4, '0');
  const digits = before + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  const count = digits.length / 4;
  const bytes = Buffer.alloc(8 + 2 * count);
  bytes.writeUInt16BE(count, 0);
  bytes.writeInt16BE(before.length / 4 - 1, 2);
  bytes.writeUInt16BE(negative ? 0x4000 : 0, 4);
  bytes.writeUInt16BE(fraction.length, 6);
  for (let i = 0; i < count; i++) bytes.writeUInt16BE(Number(digits.slice(4 * i, 4 * i + 4)), 8 + 2 * i);
  return bytes;
}
