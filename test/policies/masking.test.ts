import { describe, expect, test } from 'vitest';
import { columnsOfCustomers } from '../dialects/postgres/bypass/rows.ts';
import { createJudge } from './support/judge.ts';

// Ways around a mask that are known from elsewhere (design §9, row "masking"): the address is masked, or nothing runs.

const support = `${import.meta.dirname}/support`;
const judge = await createJudge(['pack:pii-masking', `${support}/everybody`, `${support}/personal`]);
const mask = { kind: 'mask', with: 'partial', columns: ['public.customers.email'] };

describe.each(['agent', 'person'] as const)('for a subject like %s, the address is masked or refused', (who) => {
  const searching = /^SELECT id FROM customers (WHERE|ORDER BY) email/;
  const rows = columnsOfCustomers.map(([text]) => text).filter((text) => who === 'agent' || !searching.test(text));

  test.each([
    ...rows,
    'SELECT email FROM public.customers',
    'SELECT email FROM "customers"',
    'TABLE customers',
    'SELECT email::int FROM customers',
    'SELECT array_agg(email) FROM customers',
    'SELECT max(email) OVER () FROM customers',
    'SELECT (SELECT string_agg(c.email, $1) FROM customers c)',
    'SELECT email FROM customers TABLESAMPLE bernoulli (1)',
    'SELECT x.* FROM (SELECT * FROM customers) x',
    'SELECT name FROM customers UNION SELECT email FROM customers',
    "SELECT query_to_xml('SELECT email FROM customers', true, false, '')",
    "SELECT table_to_xml('customers', true, false, '')",
    'INSERT INTO notes SELECT email FROM customers',
    'UPDATE notes SET body = c.email FROM customers c WHERE c.id = notes.customer',
    'CREATE TEMP TABLE loot AS TABLE customers',
    'SELECT * INTO loot FROM customers',
    'CREATE VIEW loot AS SELECT email FROM customers',
    'CREATE RULE r AS ON INSERT TO notes DO ALSO INSERT INTO loot SELECT email FROM customers',
    "CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS 'SELECT email FROM customers'",
    'COPY customers TO STDOUT',
    'DO $$ DECLARE x text; BEGIN SELECT email INTO x FROM customers; RAISE NOTICE $n$%$n$, x; END $$',
    'MERGE INTO notes USING customers c ON c.id = notes.customer WHEN MATCHED THEN UPDATE SET body = c.email',
    'SELECT most_common_vals FROM pg_stats',
  ])('%s', (text) => {
    const { effect, obligations } = judge.decide(who, 'production', text);
    if (effect === 'allow') expect(obligations).toMatchObject([mask]);
    else expect(effect).toBe('deny');
  });
});
