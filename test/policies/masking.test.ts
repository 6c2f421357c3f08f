import { describe, expect, test } from 'vitest';
import { writtenCatalogue } from '../../cli/catalogue/written-catalogue.ts';
import { inputContext, createInputCheck, inputsOf } from '../../cli/eval/inputs.ts';
import { readFollowed } from '../../cli/masking/followed-session.ts';
import { asReleased, maskOutcome, type MaskOutcome } from '../../cli/masking/mask-outcome.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import { loadEngine } from '../../engine/load.ts';
import { combineDecisions } from '../../engine/statement-decision.ts';
import { columnsOfCustomers } from '../dialects/postgres/bypass/rows.ts';
import { postgres, subjects } from './support/judge.ts';

// Ways around a mask that are known from elsewhere (design §9, row "masking"), under pii-masking, with the values followed
// as a gateway follows them: what shows the address is masked, what carries it away is refused.

const support = `${import.meta.dirname}/support`;
const compiler = createPolicyCompiler();
const engine = await loadEngine(['pack:pii-masking', `${support}/everybody`, `${support}/personal`], {
  compiler,
  dialects: [postgres],
});
await compiler.close();

const made = writtenCatalogue(
  {
    tables: {
      customers: { id: 'int4', name: 'text', email: 'text' },
      orders: { id: 'int4', customer_id: 'int4', email: 'text' },
      notes: { id: 'int4', customer: 'int4', body: 'text' },
      loot: { body: 'text' },
    },
  },
  postgres,
);
if ('problems' in made) throw new Error(made.problems.join('; '));
const catalogue = made.catalogueOf('postgres', undefined);
const check = createInputCheck([postgres]);

/** What becomes of a text: `masked`, `refused`, the ids of the rules that deny, or `shown`. */
function fate(who: 'agent' | 'person', text: string): string {
  const context = check(inputContext({ dialect: 'postgres', subject: subjects[who], now: '2025-01-01T00:00:00Z' }));
  const { parsed, commands = [] } = readFollowed(postgres, { text }, context, catalogue);
  const outcomes: MaskOutcome[] = [];
  const decisions = inputsOf(context, parsed, commands).map((input, index) => {
    const lineage = commands[index];
    const decision = engine.evaluate(input);
    if (lineage === undefined) return decision;
    const outcome = maskOutcome(decision, lineage);
    outcomes.push(outcome);
    return asReleased(decision, outcome);
  });
  const { effect, reasons } = combineDecisions(parsed, decisions);
  if (effect !== 'allow') {
    const rules = [...new Set(reasons.map(({ rule }) => rule))].sort().join(' ');
    return rules === 'SP_MASK_FLOW' ? 'refused' : rules;
  }
  const columns = outcomes.flatMap((outcome) => outcome.columns);
  return columns.some(({ mask }) => mask !== 'shown') ? 'masked' : 'shown';
}

const masked = 'masked';
const refused = 'refused';

/** An agent's and everybody else's. */
const fates: readonly (readonly [text: string, agent: string, person: string])[] = [
  ...columnsOfCustomers
    .slice(0, -3)
    // The second column is called b, and it is the name.
    .filter(([text]) => text !== 'SELECT b FROM customers AS c(a, b)')
    // UNION compares the rows.
    .map(([text]) => [text, text.includes('UNION') ? 'SP-PM-004' : masked, masked] as const),
  ['SELECT c FROM customers AS c(a, b, c)', masked, masked],
  ['SELECT id FROM customers WHERE email LIKE $$a%$$', 'SP-PM-004', 'shown'],
  ['SELECT id FROM customers ORDER BY email', 'SP-PM-004', 'shown'],
  ['UPDATE customers SET name = email WHERE email = $1', 'SP-PM-004', refused],
  ['SELECT email FROM public.customers', masked, masked],
  ['SELECT email FROM "customers"', masked, masked],
  ['TABLE customers', masked, masked],
  ['SELECT email::int FROM customers', masked, masked],
  ['SELECT array_agg(email) FROM customers', masked, masked],
  ['SELECT max(email) OVER () FROM customers', masked, masked],
  ["SELECT (SELECT string_agg(c.email, ',') FROM customers c)", masked, masked],
  ['SELECT email FROM customers TABLESAMPLE bernoulli (1)', masked, masked],
  ['SELECT x.* FROM (SELECT * FROM customers) x', masked, masked],
  ['SELECT name FROM customers UNION ALL SELECT email FROM customers', masked, masked],
  ["SELECT query_to_xml('SELECT email FROM customers', true, false, '')", masked, masked],
  ["SELECT table_to_xml('customers', true, false, '')", masked, masked],
  ['INSERT INTO notes SELECT 1, 2, email FROM customers', refused, refused],
  ['UPDATE notes SET body = c.email FROM customers c WHERE c.id = notes.customer', refused, refused],
  ['SELECT * INTO spoils FROM customers', refused, refused],
  ['COPY customers TO STDOUT', masked, masked],
  ['DO $$ DECLARE x text; BEGIN SELECT email INTO x FROM customers; RAISE NOTICE $n$%$n$, x; END $$', refused, refused],
  [
    'MERGE INTO notes USING customers c ON c.id = notes.customer WHEN MATCHED THEN UPDATE SET body = c.email',
    refused,
    refused,
  ],
  [
    'CREATE RULE r AS ON INSERT TO notes DO ALSO INSERT INTO loot SELECT email FROM customers',
    'SP-PM-005',
    'SP-PM-005',
  ],
  ['SELECT most_common_vals FROM pg_stats', 'SP-PM-006', 'SP-PM-006'],
];

describe('the address is masked, or does not leave its table', () => {
  test.each(fates)('%s', (text, agent, person) => {
    expect([fate('agent', text), fate('person', text)]).toEqual([agent, person]);
  });
});

describe('what shows nothing passes: whoever asks it later is masked', () => {
  test.each([
    'CREATE TEMP TABLE spoils AS TABLE customers',
    'CREATE VIEW spoils AS SELECT email FROM customers',
    "CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS 'SELECT email FROM customers'",
    'SELECT count(*), max(id) FROM customers',
    'SELECT id, name FROM customers ORDER BY name',
    'SELECT email FROM orders',
  ])('%s', (text) => {
    expect(fate('agent', text)).toBe('shown');
  });
});
