import { describe } from 'vitest';
import { specify } from '../support/commands.ts';

describe('INSERT', () => {
  specify([
    ['INSERT INTO t VALUES (1)', { verb: 'insert', effects: ['write'], targets: ['write table t'] }],
    [
      'INSERT INTO s.t (a, b) VALUES (1, $1)',
      {
        effects: ['write'],
        targets: ['write table s.t', 'write column s.t.a', 'write column s.t.b'],
        attributes: { parameters: 1 },
      },
    ],
    ['INSERT INTO t DEFAULT VALUES', { effects: ['write'], targets: ['write table t'] }],
    [
      'INSERT INTO t SELECT a FROM s',
      { verb: 'insert', effects: ['read', 'write'], targets: ['write table t', 'read table s', 'read column s.a'] },
    ],
    [
      'INSERT INTO t (a) VALUES ((SELECT max(email) FROM c))',
      { effects: ['read', 'write'], touches: ['read column c.email'] },
    ],
    [
      'INSERT INTO t (a) VALUES (1) RETURNING id',
      {
        effects: ['read', 'write'],
        targets: ['write table t', 'write column t.a', 'read table t', 'read column t.id'],
        attributes: { returning: true },
      },
    ],
    ['INSERT INTO t (a) VALUES (1) RETURNING *', { attributes: { returning: true, star: true } }],
    ['INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING', { effects: ['write'] }],
    [
      'INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.a WHERE t.c > 0',
      { effects: ['write'], touches: ['write column t.a', 'write column t.b', 'read column t.c'] },
    ],
    ["INSERT INTO t (id) VALUES (nextval('s'))", { effects: ['write'], touches: ['write sequence s'] }],
    ['INSERT INTO t (id) VALUES (f())', { effects: ['write', 'execute', 'unknown'], reasons: ['unknown_function'] }],
  ]);
});

describe('UPDATE', () => {
  specify([
    [
      'UPDATE t SET a = 1',
      {
        verb: 'update',
        effects: ['write'],
        targets: ['write table t', 'write column t.a'],
        attributes: { where: { present: false, trivial: false } },
      },
    ],
    [
      'UPDATE t SET a = b + 1 WHERE id = $1',
      {
        effects: ['write'],
        targets: ['write table t', 'write column t.a', 'read column t.b', 'read column t.id'],
        attributes: { where: { present: true, trivial: false } },
      },
    ],
    [
      'UPDATE t AS x SET a = y.b FROM y WHERE x.id = y.id',
      {
        effects: ['read', 'write'],
        targets: [
          'write table t',
          'write column t.a',
          'read table y',
          'read column y.b',
          'read column t.id',
          'read column y.id',
        ],
      },
    ],
    [
      'UPDATE t SET (a, b) = (SELECT c, d FROM s)',
      { effects: ['read', 'write'], touches: ['write column t.a', 'write column t.b', 'read table s'] },
    ],
    [
      'UPDATE t SET a = 1 RETURNING old.a, new.b, c',
      {
        effects: ['read', 'write'],
        touches: ['read table t', 'read column t.a', 'read column t.b', 'read column t.c'],
      },
    ],
    ['UPDATE t SET a[f(1)] = 2', { effects: ['write', 'execute', 'unknown'], reasons: ['unknown_function'] }],
    ['UPDATE ONLY t SET a = DEFAULT', { effects: ['write'] }],
    ['UPDATE t SET a = 1 WHERE CURRENT OF c', { attributes: { where: { present: true, trivial: false } } }],
  ]);
});

describe('DELETE, MERGE, TRUNCATE', () => {
  specify([
    [
      'DELETE FROM t',
      {
        verb: 'delete',
        effects: ['delete'],
        targets: ['delete table t'],
        attributes: { where: { present: false, trivial: false } },
      },
    ],
    [
      'DELETE FROM t USING s WHERE t.id = s.id',
      {
        effects: ['read', 'delete'],
        targets: ['delete table t', 'read table s', 'read column t.id', 'read column s.id'],
      },
    ],
    ['DELETE FROM t WHERE id IN (SELECT id FROM s)', { effects: ['read', 'delete'], touches: ['read table s'] }],
    ['DELETE FROM t RETURNING *', { effects: ['read', 'delete'], attributes: { returning: true, star: true } }],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)',
      {
        verb: 'merge',
        effects: ['read', 'write'],
        touches: ['write table t', 'read table s', 'write column t.a', 'write column t.id'],
      },
    ],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE',
      { verb: 'delete', effects: ['read', 'delete'], touches: ['delete table t'], attributes: { statement: 'merge' } },
    ],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE',
      { attributes: { where: { present: true, trivial: false } } },
    ],
    [
      'MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE',
      { attributes: { where: { present: true, trivial: true } } },
    ],
    [
      'MERGE INTO t USING s ON true WHEN MATCHED AND t.id = 1 THEN UPDATE SET a = 1',
      { attributes: { where: { present: true, trivial: false } } },
    ],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE',
      { attributes: { where: { present: false, trivial: false } } },
    ],
    ['MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DO NOTHING', { verb: 'merge', effects: ['read'] }],
    [
      'MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE RETURNING merge_action(), t.*',
      { effects: ['read', 'delete'] },
    ],
    [
      'TRUNCATE a, s.b CASCADE',
      {
        verb: 'truncate',
        effects: ['truncate'],
        targets: ['truncate table a', 'truncate table s.b'],
        attributes: { cascade: true },
      },
    ],
  ]);
});

describe('a WHERE clause that restricts nothing is trivial', () => {
  const trivial = { where: { present: true, trivial: true } };
  specify(
    [
      'true',
      '1 = 1',
      "'a' = 'a'",
      'NOT false',
      '1 = 1 OR id = 3',
      'true AND 2 > 1',
      'id = id',
      't.id = t.id',
      '(1 = 1)::bool',
      "'t'::bool",
      '1 <> 2',
      'true IS TRUE',
      '1 IS NOT NULL',
      "name LIKE '%'",
      '2 >= 2',
      'NOT (1 = 2)',
    ].map((condition) => [`DELETE FROM t WHERE ${condition}`, { attributes: trivial }] as const),
  );
});

describe('a WHERE clause that may restrict is not', () => {
  const real = { where: { present: true, trivial: false } };
  specify(
    [
      'false',
      '1 = 2',
      'id = 1',
      '1 = 1 AND id = 3',
      'NULL',
      'id = other',
      'a.id = b.id',
      'random() < 0.5',
      'id IS NOT NULL',
      '$1',
      "name LIKE 'a%'",
      'EXISTS (SELECT 1)',
    ].map((condition) => [`DELETE FROM t WHERE ${condition}`, { attributes: real }] as const),
  );
});
