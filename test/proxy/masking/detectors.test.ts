import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { createDetectors, DETECTORS, hintsOf, type DetectorName } from '../../../proxy/masking/detectors/index.ts';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { LEFT_OUT, TRIGGERS } from '../../../proxy/masking/detectors/secret.ts';
import { AROUND, Chance, GENERATED, NEGATIVES } from './generated.ts';

const all = createDetectors(DETECTORS);

function found(text: string, hints = 0, detectors = all): string[] {
  const bytes = Buffer.from(text);
  return detectors
    .find(bytes, 0, bytes.length, hints)
    .map(({ detector, start, end }) => `${detector}: ${bytes.toString('utf8', start, end)}`);
}

const RUNS = 1500;

describe('precision and recall on generated values', () => {
  // Floors. A tenth of all numbers has a valid check digit by chance, so of other numbers some will always look like cards.
  const floors: Readonly<Record<DetectorName, readonly [precision: number, recall: number]>> = {
    card: [0.97, 0.99],
    email: [1, 1],
    iban: [1, 1],
    jwt: [1, 1],
    national_id: [0.97, 0.99],
    phone: [0.97, 0.97],
    private_key: [1, 1],
    secret: [1, 0.99],
  };
  const chance = new Chance(20261122);
  const tally = new Map(DETECTORS.map((name) => [name, { right: 0, missed: 0, wrong: 0 }]));
  const count = (name: DetectorName, what: 'right' | 'missed' | 'wrong'): void => {
    const counts = tally.get(name);
    if (counts !== undefined) counts[what] += 1;
  };
  const wrong: string[] = [];
  for (const name of DETECTORS) {
    for (let i = 0; i < RUNS; i++) {
      const [before, behind] = chance.of(AROUND);
      const value = GENERATED[name](chance);
      const bytes = Buffer.from(before + value + behind);
      // Of an assignment or a URL, the secret is the last word before the host, or at the end.
      const secret = name === 'secret' ? (/\w{14,}(?=@|$)/.exec(value)?.[0] ?? value) : value;
      const start = Buffer.byteLength(before + value.slice(0, value.indexOf(secret)));
      const end = start + Buffer.byteLength(secret);
      let right = false;
      for (const one of all.find(bytes, 0, bytes.length)) {
        if (one.detector === name && one.start <= start && one.end >= end) right = true;
        else if (one.detector !== name) {
          count(one.detector, 'wrong');
          wrong.push(`${one.detector} in ${value}`);
        }
      }
      count(name, right ? 'right' : 'missed');
      if (!right) wrong.push(`${name} missed ${before}${value}${behind}`);
    }
  }
  for (let i = 0; i < RUNS * DETECTORS.length; i++) {
    const [before, behind] = chance.of(AROUND);
    const text = before + chance.of(NEGATIVES)(chance) + behind;
    for (const one of found(text)) {
      wrong.push(one);
      count(one.slice(0, one.indexOf(':')) as DetectorName, 'wrong');
    }
  }
  const lines = DETECTORS.map((name) => {
    const { right = 0, missed = 0, wrong: false_ = 0 } = tally.get(name) ?? {};
    return { name, precision: right / (right + false_), recall: right / (right + missed) };
  });
  console.info(
    ['detector     precision  recall']
      .concat(
        lines.map((line) => `${line.name.padEnd(13)}${line.precision.toFixed(4).padEnd(11)}${line.recall.toFixed(4)}`),
      )
      .join('\n'),
  );
  if (process.env['SHOW_WRONG'] !== undefined)
    console.info(
      wrong
        .filter((_, i) => i % 3 === 0)
        .slice(0, 80)
        .join('\n'),
    );

  test.each(lines)('$name', ({ name, precision, recall }) => {
    const [leastPrecision, leastRecall] = floors[name];
    expect(precision).toBeGreaterThanOrEqual(leastPrecision);
    expect(recall).toBeGreaterThanOrEqual(leastRecall);
  });
});

describe('what is found', () => {
  test.each([
    [
      'two cards beside each other',
      '4111 1111 1111 1111 5500 0000 0000 0004',
      ['card: 4111 1111 1111 1111', 'card: 5500 0000 0000 0004'],
    ],
    ['a card before its date', '378282246310005 12/27', ['card: 378282246310005']],
    ['an address at the end of a sentence', 'Write to ada@example.org.', ['email: ada@example.org']],
    ['an address between brackets', '<ada@example.org>', ['email: ada@example.org']],
    ['a trunk prefix that is not dialled', '+44 (0)20 7946 0018', ['phone: +44 (0)20 7946 0018']],
    [
      'a key that was cut',
      `-----BEGIN PRIVATE KEY-----\n${'MIIEvQ'.repeat(10)}`,
      [`private_key: -----BEGIN PRIVATE KEY-----\n${'MIIEvQ'.repeat(10)}`],
    ],
    [
      'an encrypted token',
      `eyJhbGciOiJSU0EtT0FFUCJ9.aaaa.bbbb.cccc.dddd`,
      ['jwt: eyJhbGciOiJSU0EtT0FFUCJ9.aaaa.bbbb.cccc.dddd'],
    ],
    ['the words before a number', 'BSN: 111222333, order 111222333', ['national_id: 111222333']],
    ['not the middle of words', 'x4111111111111111 4111111111111111x a-4111111111111111', []],
    ['not versions of packages', 'left-pad@1.3.0', []],
    ['not placeholders', 'postgres://user:password@host/db', []],
  ])('%s', (_what, text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  test.each([
    ['phone', '4155552671', 'phone: 4155552671'],
    ['mobileNo', '0612345678', 'phone: 0612345678'],
    ['SSN', '536904399', 'national_id: 536904399'],
    ['tax_id', '36574261809', 'national_id: 36574261809'],
    ['pesel', '44051401359', 'national_id: 44051401359'],
    ['card_number', '6759649826438453', 'card: 6759649826438453'],
  ])('by the name of a column: %s', (name, text, expected) => {
    expect(found(text, hintsOf(name))).toEqual([expected]);
  });

  test.each(['phone', 'ssn', 'pesel'])('a number that nothing tells of is not one: %s', () => {
    expect(found('536904399')).toEqual([]);
  });

  test('kinds that nobody asked for are not looked for', () => {
    const emails = createDetectors(['email']);
    expect(found('ada@example.org 4111111111111111', 0, emails)).toEqual(['email: ada@example.org']);
  });

  test('bytes before and behind what is searched are no part of it', () => {
    const bytes = Buffer.from('94111111111111111ada@example.org9');
    expect(all.find(bytes, 1, 17)).toEqual([{ detector: 'card', start: 1, end: 17 }]);
    expect(all.find(bytes, 17, 21)).toEqual([]);
  });

  test('any bytes: in order, without overlaps, inside of what was searched', () => {
    const pieces = fc.constantFrom(
      '4111 1111 1111 1111',
      '@',
      'ada@example.org',
      ' ',
      '.',
      '-',
      '+44',
      '020 7946',
      'eyJhbGciOiJub25lIn0',
      'ghp_',
      '://',
      'é',
      '\0',
      '(',
      ')',
      '0',
      'DE89',
      'sk-',
      '-----BEGIN ',
      'PRIVATE KEY-----',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(pieces, { maxLength: 12 }).map((all) => Buffer.from(all.join(''))),
        ),
        fc.nat(9),
        (bytes, skip) => {
          const text = Buffer.from(bytes);
          let last = Math.min(skip, text.length);
          for (const { start, end } of all.find(text, last, text.length)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(text.length);
            last = end;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("secretlint's rules", () => {
  test('each is asked for, or left out for a reason', () => {
    const known = [...TRIGGERS.map(({ rule }) => rule), ...LEFT_OUT];
    expect(rules.map(({ meta }) => meta.id.replace('@secretlint/secretlint-rule-', '')).sort()).toEqual(known.sort());
  });

  test.each([
    ['aws', 'AKIAQYLPMN5HHHFPZAM2'],
    ['npm', '_authToken=Zt7kQ0mPq4XvL2nB8sYc'],
    ['slack', 'https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx'],
    ['basicauth', 'ftp://deploy:x7Yp2Qz9@files.example.org'],
    ['sendgrid', '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'],
    ['shopify', `shpss_${'0af3'.repeat(8)}`],
    ['github', `ghs_${'a1B2'.repeat(9)}`],
    ['gitlab', `glpat-${'a1B2'.repeat(5)}`],
    ['grafana', `glsa_${'a1B2'.repeat(8)}_0a1b2c3d`],
    ['openai', `sk-${'a1'.repeat(10)}T3BlbkFJ${'b2'.repeat(10)}`],
    ['anthropic', `sk-ant-api03-${'a1B'.repeat(31)}AA`],
    ['groq', `gsk_${'a1B2'.repeat(13)}`],
    ['huggingface', `hf_${'aB'.repeat(17)}`],
    ['linear', `lin_api_${'a1B2'.repeat(10)}`],
    ['notion', `ntn_${'1'.repeat(11)}${'a1B2c'.repeat(7)}`],
    [
      '1password',
      `ops_ey${Buffer.from(
        JSON.stringify({
          signInAddress: 'a.b',
          userAuth: { method: 'x' },
          email: 'a@b.co',
          srpX: 'x'.repeat(64),
          muk: {},
          secretKey: 'x',
          throttleSecret: {},
          deviceUuid: 'u',
        }),
      )
        .toString('base64')
        .slice(2)}`,
    ],
    ['database-connection-string', 'mongodb+srv://app:x7Yp2Qz9kk@cluster0.example.net/shop'],
    ['hashicorp-vault', `hvs.${'a1B2c'.repeat(19)}`],
    ['vercel', `vcp_${'a1B2'.repeat(6)}`],
    ['databricks', `dapi${'0af3'.repeat(8)}`],
    ['docker', `dckr_pat_${'a1B'.repeat(9)}`],
    ['figma', `figd_${'a1B2'.repeat(10)}`],
  ])('%s', (_rule, secret) => {
    const start = secret.slice(-12);
    expect(found(`x ${secret} y`).join()).toContain(start.slice(0, 8));
  });
});
