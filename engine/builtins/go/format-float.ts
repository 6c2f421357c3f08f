/** Go's strconv.FormatFloat for float64 (Go source: internal/strconv/ftoa.go), exact for every precision. */

/** Decimal digits `0.d1d2d3… × 10^point`, without trailing zeros. */
interface Digits {
  digits: string;
  point: number;
}

const maximumMantissa = 2n ** 52n;

function bits(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const raw = view.getBigUint64(0);
  const biased = Number(raw >> 52n);
  const fraction = raw & (maximumMantissa - 1n);
  // Subnormal numbers have no implicit bit.
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction + maximumMantissa, exponent: biased - 1075 };
}

/** Every digit of the double: each one has a finite decimal expansion. */
function exactDigits(value: number): Digits {
  const { mantissa, exponent } = bits(value);
  const text = (exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent)).toString();
  return trimmed(text, text.length + Math.min(exponent, 0));
}

/** The fewest digits that still read as the double: what JavaScript prints, too. */
function shortestDigits(value: number): Digits {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  return trimmed(mantissa.replace('.', ''), Number(exponent) + 1);
}

function trimmed(digits: string, point: number): Digits {
  const significant = digits.replace(/0+$/, '');
  return significant === '' ? { digits: '', point: 0 } : { digits: significant, point };
}

/** Rounds to `count` digits; an exact half goes to the even digit. */
function round({ digits, point }: Digits, count: number): Digits {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: '', point: 0 };
  const last = digits[count - 1] ?? '0';
  const next = digits[count] ?? '0';
  const half = next === '5' && count + 1 === digits.length;
  const up = half ? Number(last) % 2 === 1 : next >= '5';
  if (!up) return trimmed(digits.slice(0, count), point);
  const sum = (BigInt(digits.slice(0, count) || '0') + 1n).toString().padStart(count, '0');
  return trimmed(sum, point + sum.length - count);
}

/**
 * @param verb one of b e E f g G x X.
 * @param precision -1 for the shortest form that reads back as the same double.
 */
export function formatFloat(value: number, verb: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return sign === '' ? '+Inf' : '-Inf';
  if (verb === 'b') {
    const { mantissa, exponent } = bits(value);
    return `${sign}${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`;
  }
  if (verb === 'x' || verb === 'X') {
    const text = sign + hexadecimal(value, precision);
    return verb === 'X' ? text.toUpperCase() : text;
  }
  const shortest = precision < 0;
  const lower = verb.toLowerCase();
  const exact = shortest ? shortestDigits(value) : exactDigits(value);
  if (lower === 'e') {
    const digits = shortest ? exact : round(exact, precision + 1);
    return sign + exponential(digits, shortest ? digits.digits.length - 1 : precision, verb);
  }
  if (lower === 'f') {
    const digits = shortest ? exact : round(exact, exact.point + precision);
    return sign + fixed(digits, shortest ? Math.max(digits.digits.length - digits.point, 0) : precision);
  }
  return sign + general(exact, precision, verb === 'G' ? 'E' : 'e');
}

function general(exact: Digits, precision: number, letter: string): string {
  const shortest = precision < 0;
  const wanted = shortest ? 6 : precision === 0 ? 1 : precision;
  const digits = shortest ? exact : round(exact, wanted);
  const count = digits.digits.length;
  let limit = wanted;
  if (limit > count && count >= digits.point) limit = count;
  if (shortest) limit = 6;
  const exponent = digits.point - 1;
  if (exponent < -4 || exponent >= limit) {
    return exponential(digits, (shortest ? count : Math.min(wanted, count)) - 1, letter);
  }
  return fixed(digits, Math.max(count - digits.point, 0));
}

function exponential({ digits, point }: Digits, precision: number, letter: string): string {
  const first = digits[0] ?? '0';
  const fraction = precision > 0 ? `.${digits.slice(1, precision + 1).padEnd(precision, '0')}` : '';
  const exponent = digits === '' ? 0 : point - 1;
  return `${first}${fraction}${letter}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function fixed({ digits, point }: Digits, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision <= 0) return whole;
  const fraction = '0'.repeat(Math.max(-point, 0)) + digits.slice(Math.max(point, 0));
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, '0')}`;
}

/** `0x1.23abcp+20` */
function hexadecimal(value: number, precision: number): string {
  let { mantissa, exponent } = bits(value);
  if (mantissa === 0n) exponent = 0;
  else {
    // Bring the leading bit to 1 << 60, so that 60 bits of fraction follow it.
    const shift = 61 - mantissa.toString(2).length;
    mantissa <<= BigInt(shift);
    exponent += 60 - shift;
  }
  if (precision >= 0 && precision < 15) {
    const drop = BigInt(60 - precision * 4);
    const half = 1n << (drop - 1n);
    const rest = mantissa & ((1n << drop) - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa += 1n;
    mantissa <<= drop;
    if (mantissa >= 1n << 61n) {
      mantissa >>= 1n;
      exponent += 1;
    }
  }
  const fraction = (mantissa & ((1n << 60n) - 1n)).toString(16).padStart(15, '0');
  const shown = precision < 0 ? fraction.replace(/0+$/, '') : fraction.padEnd(precision, '0').slice(0, precision);
  return `0x${mantissa >> 60n}${shown === '' ? '' : `.${shown}`}p${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
