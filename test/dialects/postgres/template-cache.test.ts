import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../../../engine/contract.ts';
import { createBoundedMap } from '../../../dialects/sql/postgres/bounded-map.ts';
import { createParser, type PostgresParser } from '../../../dialects/sql/postgres/parser.ts';
import { createTemplateCache, type Mapped } from '../../../dialects/sql/postgres/template-cache.ts';

let parser: PostgresParser;
beforeAll(async () => {
  parser = await createParser();
});

/**
 * The most telling mapper there is: its commands hold the whole tree but for the values of constants, so that a cached
 * result equals a fresh one only if the trees are equal but for those. LIMIT is looked at, as the real mapper does.
 */
function map(text: string): Mapped {
  const parsed = parser.parse(text);
  if (!parsed.ok) {
    const { code, message } = parsed.error;
    return { result: { complete: false, commands: [], diagnostics: [{ severity: 'error', code, message }] } };
  }
  const literalsRead = new Set<number>();
  const commands = (parsed.tree.stmts ?? []).map((raw): Command => {
    const start = raw.stmt_location ?? 0;
    const end = raw.stmt_len === undefined || raw.stmt_len === 0 ? text.length : start + raw.stmt_len;
    const shape = JSON.stringify(strip(raw.stmt, false, literalsRead));
    return {
      dialect: 'test',
      verb: 'read',
      effects: ['read'],
      targets: [],
      functions: [],
      complete: true,
      reasons: [],
      fingerprint: '',
      text: text.slice(start, end),
      span: { start, end },
      secrets: [],
      attributes: { shape },
    };
  });
  return { result: { complete: true, commands, diagnostics: [] }, tree: parsed.tree, literalsRead };
}

function strip(node: unknown, read: boolean, literalsRead: Set<number>): unknown {
  if (Array.isArray(node)) return node.map((item) => strip(item, read, literalsRead));
  if (typeof node !== 'object' || node === null) return node;
  const copy: Record<string, unknown> = {};
  const entries: [string, unknown][] = Object.entries(node);
  for (const [key, value] of entries) {
    // Locations say where, not what.
    if (/^(location|stmt_location|stmt_len|list_start|list_end|rexpr_list_.*)$/.test(key)) continue;
    if (key === 'A_Const' && typeof value === 'object' && value !== null) {
      if (read && 'location' in value && typeof value.location === 'number') literalsRead.add(value.location);
      copy[key] = read ? { ...value, location: 0 } : Object.keys(value);
    } else if (key === 'typmods') copy[key] = strip(value, true, new Set());
    else copy[key] = strip(value, read || key === 'limitCount', literalsRead);
  }
  return copy;
}

const integer = fc.oneof(fc.nat(9), fc.nat(2_147_483_647)).map(String);
const bigNumber = fc.oneof(
  fc.bigInt(2_147_483_648n, 10n ** 20n).map(String),
  fc.tuple(fc.nat(999), fc.nat(999)).map(([whole, part]) => `${whole}.${part}`),
);
const string = fc
  .string({ unit: fc.constantFrom(...Array.from('ab1 %_\'"-;:$,.(){}\n\t')) })
  .map((value) => `'${value.replaceAll("'", "''")}'`);

/** `#i`, `#n` and `#s` stand for literals. */
const TEMPLATES = [
  'SELECT abalance FROM pgbench_accounts WHERE aid = #i;',
  'UPDATE pgbench_accounts SET abalance = abalance + -#i WHERE aid = #i;',
  'INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (#i, #i, #i, - #i, CURRENT_TIMESTAMP);',
  'SELECT * FROM t WHERE a IN (#i, #i, #s) AND b BETWEEN #n AND #n OR c LIKE #s',
  'SELECT a::numeric(#i, #i), CAST(#s AS varchar(#i)) FROM t LIMIT #i OFFSET #i',
  'SELECT DATE #s, INTERVAL #s, INTERVAL(3) #s, TIMESTAMP(6) #s',
  'SELECT float(#i) #s',
  'SELECT x::float(#i), y::bit(#i)',
  'SELECT #s\n#s, #s',
  'BEGIN; UPDATE t SET a = #s, b = #n WHERE c = #i; COMMIT',
  'CREATE TABLE t (a varchar(#i) DEFAULT #s, b int CHECK (b > #i))',
  'CREATE ROLE r PASSWORD #s',
  'ALTER TABLE t ALTER a SET STATISTICS #i',
  'SET x = #s; SET y = #i, #n',
  'SELECT f(#i, #s), a[#i], ($$x$$)',
  'SELECT - - #i, + #i, -#n, 1 - #i, -(#i)',
  'SELECT #i ORDER BY #i FETCH FIRST #i ROWS ONLY',
  'COMMENT ON TABLE t IS #s',
  'NOTIFY c, #s',
  'COPY t FROM STDIN WITH (FORMAT csv, DELIMITER #s)',
  'EXPLAIN (ANALYZE, VERBOSE #i) SELECT #i',
  'PREPARE p AS SELECT #i; EXECUTE p(#i, #s)',
  'CREATE TABLE p PARTITION OF q FOR VALUES WITH (MODULUS #i, REMAINDER #i)',
  'CREATE TABLE p PARTITION OF q FOR VALUES FROM (#i) TO (#s)',
  'FETCH #i FROM c; MOVE -#i IN c',
  'SELECT * FROM t TABLESAMPLE system (#n) REPEATABLE (#i)',
  "DO #s; SELECT 'it''s', #s",
  'SELECT substring(a FROM #i FOR #i), position(#s IN b), extract(year FROM #s), overlay(a PLACING #s FROM #i)',
  'CREATE SEQUENCE s START #i INCREMENT -#i CACHE #i',
  'SELECT xmlelement(name a, #s), json_object(#s: #i), JSON_VALUE(a, #s)',
  'VACUUM (PARALLEL #i) t; SET TIME ZONE #s; SET TIME ZONE -#i; SET TIME ZONE INTERVAL #s HOUR',
  'SELECT a#i, #ib FROM t#i',
];

const fill = (template: string): fc.Arbitrary<string> => {
  const parts = template.split(/(#[ins])/);
  return fc
    .tuple(...parts.map((part) => ({ '#i': integer, '#n': bigNumber, '#s': string })[part] ?? fc.constant(part)))
    .map((values) => values.join(''));
};

describe('a cached result equals a fresh one', () => {
  test('for random literals in statements of every kind', () => {
    const cache = createTemplateCache();
    const texts = fc
      .constantFrom(...TEMPLATES)
      .chain((template) => fc.array(fill(template), { minLength: 4, maxLength: 8 }));
    fc.assert(
      fc.property(texts, (group) => {
        for (const text of group) {
          const fresh = map(text);
          expect(cache.get(text, '') ?? cache.put(text, '', fresh, map)).toEqual(fresh.result);
          expect(cache.get(text, '')).toEqual(fresh.result);
        }
      }),
      { numRuns: 400 },
    );
    expect(cache.stats().hits).toBeGreaterThan(1_000);
    expect(cache.stats().templates).toBeGreaterThan(15);
  });

  test('for arbitrary texts made of tokens', () => {
    const cache = createTemplateCache();
    const token = fc.constantFrom(
      ...[
        'SELECT',
        ' ',
        ',',
        '1',
        '2',
        "'a'",
        "'b'",
        '(',
        ')',
        '-',
        '+',
        '.',
        'a',
        'E',
        'U&',
        "'",
        '"',
        '::',
        'numeric',
      ],
      ...[
        'int',
        '\n',
        ';',
        '3.5',
        '99999999999',
        '$',
        '$1',
        '--',
        '/*',
        '*/',
        '\\',
        'LIMIT',
        'interval',
        '_',
        '::float(',
      ],
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 14 }), (tokens) => {
        for (const value of ['7', '8', '9']) {
          const text = `SELECT ${tokens.join('').replaceAll(/[12]/g, value)}`;
          const fresh = map(text);
          expect(cache.get(text, '') ?? cache.put(text, '', fresh, map)).toEqual(fresh.result);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('which literals are free', () => {
  const learnt = (first: string, second: string, third: string): boolean => {
    const cache = createTemplateCache();
    for (const text of [first, second]) cache.put(text, '', map(text), map);
    return cache.get(third, '') !== undefined;
  };
  test.each([
    ['SELECT a FROM t WHERE b = 1', 'SELECT a FROM t WHERE b = 2', 'SELECT a FROM t WHERE b = 3', true],
    ['SELECT a + -1', 'SELECT a + -2', 'SELECT a + -3', true],
    ['SELECT 1 LIMIT 1', 'SELECT 1 LIMIT 2', 'SELECT 1 LIMIT 3', false],
    ['SELECT 1 LIMIT 1', 'SELECT 1 LIMIT 2', 'SELECT 9 LIMIT 2', true],
    ["CREATE ROLE r PASSWORD 'a'", "CREATE ROLE r PASSWORD 'b'", "CREATE ROLE r PASSWORD 'c'", false],
    ['SELECT a::numeric(1)', 'SELECT a::numeric(2)', 'SELECT a::numeric(3)', false],
    ['SELECT a FROM t', 'SELECT a FROM t', 'SELECT b FROM t', false],
    ['SELECT 1 FRM t WHERE', 'SELECT 2 FRM t WHERE', 'SELECT 3 FRM t WHERE', false],
  ])('%s; %s → %s: %s', (first, second, third, hit) => {
    expect(learnt(first, second, third)).toBe(hit);
  });

  test('a mapper that hides what it reads is found out', () => {
    const cache = createTemplateCache();
    const hiding = (text: string): Mapped => ({ ...map(text), literalsRead: new Set() });
    for (const text of ['SELECT 1 LIMIT 1', 'SELECT 1 LIMIT 2']) cache.put(text, '', hiding(text), hiding);
    expect(cache.get('SELECT 1 LIMIT 3', '')).toBeUndefined();
  });
});

describe('what a hit gives', () => {
  const cache = createTemplateCache();
  const texts = [1, 22, 333].map((value) => `SELECT a FROM t WHERE b = ${value}; SELECT ${value}`);
  const [first = '', second = '', third = ''] = texts;

  test('its own text and spans, and everything else shared and frozen', () => {
    for (const text of [first, second]) cache.put(text, '', map(text), map);
    const one = cache.get(second, '');
    const other = cache.get(third, '');
    expect(other?.commands.map((command) => command.text)).toEqual(['SELECT a FROM t WHERE b = 333', 'SELECT 333']);
    expect(other?.commands[0]?.targets).toBe(one?.commands[0]?.targets);
    expect(other?.commands[0]?.attributes).toBe(one?.commands[0]?.attributes);
    expect(Object.isFrozen(other?.commands[0])).toBe(true);
    expect(Object.isFrozen(other?.commands[0]?.attributes)).toBe(true);
  });
  test('only under the same settings', () => {
    expect(cache.get(second, 'other')).toBeUndefined();
    expect(cache.get(third, 'other')).toBeUndefined();
  });
});

describe('bounds', () => {
  test('by entries', () => {
    const map = createBoundedMap<number>({ entries: 10, cost: 1_000 });
    for (let index = 0; index < 1_000; index++) map.set(`key ${index}`, index, 1);
    expect(map.size).toBeLessThanOrEqual(20);
    expect(map.get('key 999')).toBe(999);
  });
  test('by cost', () => {
    const map = createBoundedMap<number>({ entries: 1_000, cost: 100 });
    for (let index = 0; index < 100; index++) map.set(`key ${index}`, index, 30);
    expect(map.size).toBeLessThanOrEqual(6);
    map.set('huge', 1, 101);
    expect(map.get('huge')).toBeUndefined();
    expect(map.get('key 99')).toBe(99);
  });
  test('what is used stays', () => {
    const map = createBoundedMap<number>({ entries: 10, cost: 1_000 });
    map.set('used', 1, 1);
    for (let index = 0; index < 100; index++) {
      map.set(`key ${index}`, index, 1);
      expect(map.get('used')).toBe(1);
    }
  });
  test('hostile texts do not grow the caches', () => {
    const cache = createTemplateCache({ entries: 50, characters: 100_000 });
    for (let index = 0; index < 500; index++) {
      const text = `SELECT a${index}, ${'1, '.repeat(index)} 2`;
      cache.put(text, '', map(text), map);
    }
    expect(cache.stats().exact).toBeLessThanOrEqual(100);
    expect(cache.stats().templates).toBeLessThanOrEqual(100);
  });
});
