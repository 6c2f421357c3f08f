import type { DetectorName } from '../../../proxy/masking/detectors/index.ts';

/** Numbers that only look like chance: the same ones in every run (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  of<T>(all: readonly T[]): T {
    const one = all[this.below(all.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.below(10)).join('');
  }

  from(alphabet: string, count: number): string {
    return Array.from({ length: count }, () => alphabet.charAt(this.below(alphabet.length))).join('');
  }
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const ALPHANUMERIC = `${LOWER}${UPPER}0123456789`;
const HEX = '0123456789abcdef';

function luhnDigit(digits: string): string {
  let sum = 0;
  for (let i = digits.length - 1, doubled = true; i >= 0; i--, doubled = !doubled) {
    const digit = Number(digits[i]) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return String((10 - (sum % 10)) % 10);
}

function mod97(digits: string): number {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest;
}

const names = ['ada', 'grace.hopper', 'j_doe', 'o.brien+test', 'müller', 'x', 'first-last', 'user123'];
const domains = ['example.org', 'mail.example.co.uk', 'sub-domain.example.io', '163.com', 'exämple.de'];

function card(chance: Chance): string {
  const [prefix, length] = chance.of([
    ['4', 16],
    ['4', 19],
    ['51', 16],
    ['2221', 16],
    ['34', 15],
    ['37', 15],
    ['6011', 16],
    ['36', 14],
    ['3530', 16],
    ['62', 16],
  ] as const);
  const body = prefix + chance.digits(length - 1 - prefix.length);
  const digits = body + luhnDigit(body);
  if (chance.below(2) === 0) return digits;
  const separator = chance.of([' ', '-']);
  if (length === 15) return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)].join(separator);
  if (length === 14) return [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)].join(separator);
  return digits.replace(/(\d{4})(?=\d)/g, `$1${separator}`);
}

function iban(chance: Chance): string {
  const [country, body] = chance.of([
    ['DE', chance.digits(18)],
    ['GB', chance.from(UPPER, 4) + chance.digits(14)],
    ['NL', chance.from(UPPER, 4) + chance.digits(10)],
    ['AT', chance.digits(16)],
    ['CH', chance.digits(17)],
    ['SE', chance.digits(20)],
  ] as const);
  const numbers = `${body}${country}00`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  const text = `${country}${String(98 - mod97(numbers)).padStart(2, '0')}${body}`;
  return chance.below(2) === 0 ? text : text.replace(/(.{4})(?=.)/g, '$1 ');
}

function phone(chance: Chance): string {
  const area = `${2 + chance.below(8)}0${2 + chance.below(8)}`;
  const exchange = `${2 + chance.below(8)}${chance.digits(2).replace('11', '12')}`;
  const line = chance.digits(4);
  return chance.of([
    `+1${area}${exchange}${line}`,
    `+1 (${area}) ${exchange}-${line}`,
    `(${area}) ${exchange}-${line}`,
    `${area}-${exchange}-${line}`,
    `+44 20 7${chance.digits(3)} ${chance.digits(4)}`,
    `+44 (0)20 7${chance.digits(3)} ${chance.digits(4)}`,
    `020 7${chance.digits(3)} ${chance.digits(4)}`,
    `+33 6 ${chance.digits(2)} ${chance.digits(2)} ${chance.digits(2)} ${chance.digits(2)}`,
    `06 ${chance.digits(2)} ${chance.digits(2)} ${chance.digits(2)} ${chance.digits(2)}`,
    `+49 30 ${1 + chance.below(9)}${chance.digits(6)}`,
    `030/${2 + chance.below(8)}${chance.digits(6)}`,
    `+81-90-${1 + chance.below(9)}${chance.digits(3)}-${chance.digits(4)}`,
  ]);
}

function nationalId(chance: Chance): string {
  const letters = 'TRWAGMYFPDXBNJZSQVHLCKE';
  switch (chance.below(6)) {
    case 0:
      return `${100 + chance.below(560)}-${String(1 + chance.below(99)).padStart(2, '0')}-${String(1 + chance.below(9999)).padStart(4, '0')}`;
    case 1:
      return `${chance.of(['AB', 'CE', 'JK', 'PR', 'SX'])}${chance.of([' ', ''])}${chance.digits(6)}${chance.of(['A', 'B', 'C', 'D'])}`;
    case 2: {
      const number = chance.digits(8);
      return number + letters.charAt(Number(number) % 23);
    }
    case 3: {
      const number = chance.digits(7);
      return `X${number}${letters.charAt(Number(number) % 23)}`;
    }
    case 4: {
      const body = `${1 + chance.below(2)}${chance.digits(2)}${String(1 + chance.below(12)).padStart(2, '0')}75${1 + chance.below(9)}${chance.digits(2)}${1 + chance.below(9)}${chance.digits(2)}`;
      const key = String(97 - mod97(body)).padStart(2, '0');
      if (chance.below(2) === 0) return body + key;
      return [
        body.slice(0, 1),
        body.slice(1, 3),
        body.slice(3, 5),
        body.slice(5, 7),
        body.slice(7, 10),
        body.slice(10),
        key,
      ].join(' ');
    }
    default: {
      const body = `756${chance.digits(9)}`;
      const sum = Array.from(body, (digit, i) => Number(digit) * (i % 2 === 0 ? 1 : 3)).reduce((a, b) => a + b, 0);
      const digits = body + String((10 - (sum % 10)) % 10);
      return [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7, 11), digits.slice(11)].join('.');
    }
  }
}

function secret(chance: Chance): string {
  return chance.of([
    `ghp_${chance.from(ALPHANUMERIC, 36)}`,
    `github_pat_${chance.from(ALPHANUMERIC, 82)}`,
    `glpat-${chance.from(ALPHANUMERIC, 20)}`,
    `npm_${chance.from(ALPHANUMERIC, 36)}`,
    `xoxb-${chance.digits(12)}-${chance.digits(12)}-${chance.from(ALPHANUMERIC, 24)}`,
    `AKIA${chance.from(UPPER, 16)}`,
    `AWS_SECRET_ACCESS_KEY=${chance.from(ALPHANUMERIC, 40)}`,
    `sk-ant-api03-${chance.from(ALPHANUMERIC, 93)}AA`,
    `hf_${chance.from(LOWER + UPPER, 34)}`,
    `shpat_${chance.from(HEX, 32)}`,
    `SG.${chance.from(ALPHANUMERIC, 22)}.${chance.from(ALPHANUMERIC, 43)}`,
    `postgres://app:${chance.from(ALPHANUMERIC, 14)}@db.internal/shop`,
    `https://deploy:${chance.from(ALPHANUMERIC, 16)}@git.example.org/x.git`,
    `dapi${chance.from(HEX, 32)}`,
    `hvs.${chance.from(ALPHANUMERIC, 95)}`,
  ]);
}

function jwt(chance: Chance): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: chance.of(['HS256', 'RS256', 'none']), typ: 'JWT' })}.${part({ sub: chance.digits(6) })}.${chance.from(ALPHANUMERIC, 43)}`;
}

function privateKey(chance: Chance): string {
  const label = chance.of([
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
  ]);
  const lines = Array.from({ length: 4 + chance.below(20) }, () => chance.from(`${ALPHANUMERIC}+/`, 64));
  const newline = chance.of(['\n', '\r\n', '\\n']);
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join(newline);
}

/** Values that are what they are taken for. */
export const GENERATED: Readonly<Record<DetectorName, (chance: Chance) => string>> = {
  card,
  email: (chance) => `${chance.of(names)}${chance.below(100)}@${chance.of(domains)}`,
  iban,
  jwt,
  national_id: nationalId,
  phone,
  private_key: privateKey,
  secret,
};

/** Values that are none of these, and look like them. */
export const NEGATIVES: readonly ((chance: Chance) => string)[] = [
  (chance) => chance.digits(4 + chance.below(16)), // order numbers
  (chance) => `ORD-${chance.digits(8)}`,
  (chance) => `INV${chance.digits(10)}`,
  (chance) =>
    `20${chance.digits(2)}-0${1 + chance.below(9)}-1${chance.below(10)} 1${chance.below(10)}:${10 + chance.below(50)}:00.${chance.digits(6)}+00`,
  (chance) => `17${chance.digits(11)}`, // milliseconds
  (chance) => `17${chance.digits(14)}`, // microseconds
  (chance) => [8, 4, 4, 4, 12].map((length) => chance.from(HEX, length)).join('-'),
  (chance) => chance.from(HEX, 40),
  (chance) => chance.from(HEX, 7),
  (chance) => [0, 0, 0, 0].map(() => chance.below(256)).join('.'),
  (chance) => `v${chance.below(20)}.${chance.below(100)}.${chance.below(1000)}-rc.${chance.below(9)}`,
  (chance) => `${chance.digits(6)}.${chance.digits(10)}`,
  (chance) => `-${chance.digits(9)}.${chance.digits(2)}`,
  (chance) => `${chance.below(90)}.${chance.digits(6)}, ${chance.below(180)}.${chance.digits(6)}`,
  (chance) => `react@${chance.below(20)}.${chance.below(20)}.${chance.below(20)}`,
  (chance) => `icon${chance.below(10)}@2x.png`,
  (chance) => `@${chance.from(LOWER, 8)} thanks`,
  (chance) => `${chance.from(UPPER, 2)}${chance.digits(2)} ${chance.from(UPPER, 4)}`,
  (chance) => chance.from(`${ALPHANUMERIC}+/`, 44),
  (chance) => `https://example.org/${chance.from(LOWER, 5)}/${chance.digits(6)}?v=${chance.digits(10)}`,
  (chance) => `postgres://db.internal:5432/${chance.from(LOWER, 6)}`,
  (chance) => `my_secret_${chance.from(LOWER, 6)} task-sk-${chance.digits(3)}`,
  (chance) => `${10 + chance.below(90)}x${10 + chance.below(90)}x${10 + chance.below(90)}`,
  (chance) => `${chance.digits(2)}.0${1 + chance.below(9)}.19${chance.digits(2)}`,
  (chance) => `(${chance.digits(3)}) ${chance.from(LOWER, 6)}`,
  (chance) => `${100 + chance.below(900)} ${100 + chance.below(900)} ${1000 + chance.below(9000)}`, // three numbers
  (chance) => `eyJ${chance.from(ALPHANUMERIC, 20)}`,
  () => '-----BEGIN CERTIFICATE-----',
  (chance) => `${chance.from(LOWER, 6)} ${chance.from(LOWER, 9)} ${chance.from(LOWER, 3)}`,
];

/** Surroundings in which a value is still one. */
export const AROUND: readonly (readonly [before: string, behind: string])[] = [
  ['', ''],
  ['', '.'],
  ['it is ', ', he said'],
  ['{"a":"', '","b":1}'],
  ['(', ')'],
  ['x=', ';'],
  ['a\n', '\nb'],
  ["'", "'"],
];
