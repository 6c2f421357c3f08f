import { formatFloat } from './format-float.ts';

/** Go's time.ParseDuration (Go source: time/format.go), and OPA's units d, w and y (v1/topdown/time.go). */

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5, the micro sign
  μs: 1_000n, // U+03BC, the Greek letter
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const hours: Readonly<Record<string, number>> = { d: 24, w: 168, y: 8760 };

const largest = 2n ** 63n;

/** Nanoseconds, or undefined when the text is no duration or beyond 64 bits. */
export function parseDuration(text: string): bigint | undefined {
  if (!/[dwy]/.test(text)) return parseGoDuration(text);
  const match = /^([+-]?)((?:[0-9.]+(?:ms|us|µs|ns|[a-z]))+)$/.exec(text);
  if (!match) return undefined;
  let rewritten = match[1] ?? '';
  for (const [, digits = '', unit = ''] of (match[2] ?? '').matchAll(/([0-9.]+)(ms|us|µs|ns|[a-z])/g)) {
    const factor = hours[unit];
    if (factor === undefined) {
      rewritten += digits + unit;
      continue;
    }
    if (!/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(digits)) return undefined;
    rewritten += `${formatFloat(Number(digits) * factor, 'f', -1)}h`;
  }
  return parseGoDuration(rewritten);
}

function parseGoDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0n;
  if (body === '') return undefined;
  const segment = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;
  let total = 0n;
  while (segment.lastIndex < body.length) {
    const match = segment.exec(body);
    if (!match) return undefined;
    const [, whole = '', fraction = '', unitName = ''] = match;
    const unit = Object.hasOwn(units, unitName) ? units[unitName] : undefined;
    if (unit === undefined || (whole === '' && fraction === '')) return undefined;
    const value = BigInt(whole || '0') * unit + fractionOf(fraction, unit);
    if (BigInt(whole || '0') > largest / unit || value > largest) return undefined;
    total += value;
    if (total > largest) return undefined;
  }
  if (negative) return -total;
  return total === largest ? undefined : total;
}

/** Go computes the fraction in floating point. */
function fractionOf(fraction: string, unit: bigint): bigint {
  let digits = 0n;
  let scale = 1;
  for (const digit of fraction) {
    if (digits > (largest - 1n) / 10n) break;
    digits = digits * 10n + BigInt(digit);
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(digits) * (Number(unit) / scale)));
}
