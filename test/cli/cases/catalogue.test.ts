// Cases whose values are followed by a written catalogue: which columns of a result are masked, and how.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCase } from '../../../cli/cases/run.ts';
import { readCaseFile } from '../../../cli/cases/read.ts';
import { createInputCheck } from '../../../cli/eval/inputs.ts';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import type { Engine } from '../../../engine/engine.ts';
import { loadEngine } from '../../../engine/load.ts';
import kvline from '../../../examples/third-party-dialect/index.js';

const dialects = [await createPostgresDialect(), kvline];
const check = createInputCheck(dialects);
const compiler = createPolicyCompiler();

const catalogue = `
tables:
  customers:
    id: integer
    name: text
    email: { type: text, labels: [pii] }
    phone: varchar(20)
    card: text
    initial: { type: text, generated: "left(email, 1)" }
  orders: { id: int, customer: int, total: numeric }
views:
  contacts: SELECT c.id, c.email AS e FROM public.customers c
  told: { definition: "SELECT phone FROM public.customers", columns: { p: text } }
functions:
  shout: { arguments: [text], returns: text, source: SELECT upper($1) }
`;

const policy = `package policy.p

import data.sallyport.columns

allow contains {"message": "all", "accept": "incomplete"} if input.subject.kind != "ci"

mask contains {"labels": ["pii"], "with": "partial"} if not "pii" in input.subject.groups

mask contains {"columns": ["customers.card"], "with": "redact"} if not "pii" in input.subject.groups

deny contains "searches" if {
	input.subject.kind == "agent"
	columns.searches_by_label("pii")
}
`;

let folder = '';
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-catalogue-'));
  const policies = mkdtempSync(join(folder, 'policies-'));
  writeFileSync(join(policies, 'p.rego'), policy);
  writeFileSync(join(policies, 'data.json'), '{"labels": {"shop.public.customers.phone": ["pii"]}}');
  writeFileSync(join(folder, 'shop.yaml'), catalogue);
  engine = await loadEngine(policies, { compiler, dialects });
});
afterAll(async () => {
  await compiler.close();
  rmSync(folder, { recursive: true });
});

function read(text: string) {
  const file = join(folder, 'x_cases.yaml');
  writeFileSync(file, text);
  return readCaseFile(file, { dialects, check });
}

const head = `
dialect: postgres
resource: shop,postgres,production
subject: ada,human
catalogue: shop.yaml
`;

/** What differs in each step of one case, which is given as YAML. */
function differences(yaml: string): string[] {
  const lines = yaml.trim().split('\n');
  const { cases, findings } = read(`${head}cases:\n  - ${lines.join('\n    ')}\n`);
  expect(findings).toEqual([]);
  return cases.flatMap((planned) =>
    runCase(planned, { engine, parse: ({ dialect }, statement) => dialect.parse(statement) }).steps.flatMap((step) => [
      ...step.differences,
      ...step.faults,
    ]),
  );
}

describe('a result is as it is expected', () => {
  test.each<[string, string, string]>([
    [
      'all columns in order',
      'SELECT id, email, phone, card FROM customers',
      '[id: shown, email: partial, phone: partial, card: redact]',
    ],
    ['some columns by name', 'SELECT * FROM customers', '{ card: redact, name: shown }'],
    [
      'where a column comes from',
      'SELECT id, upper(email) AS x, e FROM contacts JOIN customers USING (id)',
      '{ x: { mask: partial, provenance: derived, labels: [pii] }, id: { provenance: clean, labels: [], type: int4 } }',
    ],
    ['through a view', 'SELECT e AS a FROM contacts', '[a: partial]'],
    ['a view whose columns are written', 'SELECT p FROM told', '[p: partial]'],
    ['through a function of the catalogue', 'SELECT shout(email) AS s FROM customers', '[s: partial]'],
    ['a generated column', 'SELECT initial FROM customers', '[initial: partial]'],
    ['what the catalogue does not know', 'SELECT x FROM elsewhere', '[x: { mask: redact, provenance: unknown }]'],
    ['no rows', "SET application_name = 'x'", '[]'],
    ['COPY', 'COPY orders TO STDOUT', '[id: shown, customer: shown, total: shown]'],
    ['RETURNING', 'DELETE FROM customers WHERE id = 1 RETURNING email', '[email: partial]'],
    ['two columns of one name', 'SELECT email AS a, phone AS a FROM customers', '{ a: partial }'],
  ])('%s: %s', (_name, statement, columns) => {
    expect(
      differences(`statement: ${JSON.stringify(statement)}\nexpect: { effect: allow, columns: ${columns} }`),
    ).toEqual([]);
  });

  test('for the privileged nothing is masked', () => {
    expect(
      differences(
        'statement: SELECT email, card FROM customers\nsubject: pat,human,pii\nexpect: { effect: allow, columns: [email: shown, card: shown] }',
      ),
    ).toEqual([]);
  });

  test('masks that the decision asks for can be expected beside', () => {
    expect(
      differences(
        'statement: SELECT id FROM customers\nexpect: { effect: allow, masks: { pii: partial }, unmasked: [health], columns: [id: shown] }',
      ),
    ).toEqual([]);
  });

  test('each command of a statement has its own', () => {
    expect(
      differences(
        'statement: SELECT id FROM orders; SELECT email FROM customers\nexpect: { effect: allow, commands: [{ columns: [id: shown] }, { columns: [email: partial] }] }',
      ),
    ).toEqual([]);
  });

  test('a session remembers its cursors and temporary tables', () => {
    expect(
      differences(`
name: a session
steps:
  - { statement: "BEGIN", expect: allow }
  - { statement: "DECLARE c CURSOR FOR SELECT email AS m, id FROM customers", expect: allow }
  - { statement: "FETCH 1 FROM c", expect: { effect: allow, columns: [m: partial, id: shown] } }
  - { statement: "CREATE TEMP TABLE t AS SELECT email AS z, 1 AS one FROM customers", expect: allow }
  - { statement: "SELECT upper(z) AS u, one FROM t", expect: { effect: allow, columns: [u: partial, one: shown] } }
`),
    ).toEqual([]);
  });
});

describe('what the gateway refuses by itself is a denial', () => {
  test.each([
    'INSERT INTO orders (id) SELECT length(email) FROM customers',
    'CREATE TABLE loot AS SELECT card FROM customers',
    "COPY (SELECT email FROM customers) TO PROGRAM 'cat'",
    "SELECT set_config('a.b', email, false) FROM customers",
  ])('%s', (statement) => {
    expect(differences(`statement: ${JSON.stringify(statement)}\nexpect: deny only SP_MASK_FLOW`)).toEqual([]);
  });

  test('the policy’s own denial comes first', () => {
    expect(
      differences(
        "statement: SELECT id FROM contacts WHERE e LIKE 'a%'\nsubject: bot,agent\nexpect: deny only policy.p.deny",
      ),
    ).toEqual([]);
  });
});

describe('what differs is said', () => {
  test.each<[string, string, string[]]>([
    ['the mask', '{ email: shown }', ['columns.email: expected shown, found partial']],
    ['the mask null, as YAML has it', '{ email: null }', ['columns.email: expected null, found partial']],
    [
      'provenance, labels and type',
      '{ email: { provenance: clean, labels: [a, b], type: int4 } }',
      [
        'columns.email.provenance: expected clean, found direct',
        'columns.email.type: expected int4, found text',
        'columns.email.labels: expected a, b, found pii',
      ],
    ],
    [
      'a column that is not there',
      '{ mail: partial }',
      ['columns: there is no mail; there are: id shown, email partial'],
    ],
    ['how many there are', '[id: shown]', ['columns: expected 1, found 2: id shown, email partial']],
    ['another name', '[id: shown, mail: partial]', ['columns[1]: expected mail, found email']],
    ['the mask of one in order', '[id: hash, email: partial]', ['columns[0] id: expected hash, found shown']],
  ])('%s', (_name, columns, expected) => {
    expect(
      differences(`statement: SELECT id, email FROM customers\nexpect: { effect: allow, columns: ${columns} }`),
    ).toEqual(expected);
  });

  test('several commands', () => {
    expect(differences('statement: SELECT 1; SELECT 2\nexpect: { effect: allow, columns: [] }')).toEqual([
      'columns: the statement holds 2 commands; say `commands` for each of them',
    ]);
  });

  test('no catalogue', () => {
    const { cases } = read(
      'dialect: postgres\nsubject: ada,human\ncases:\n  - { statement: SELECT 1, expect: { effect: allow, columns: [a: shown] } }\n',
    );
    const [planned] = cases;
    if (planned === undefined) throw new Error('no case');
    const parse = ({ dialect }: typeof planned, statement: { text: string }) => dialect.parse(statement);
    expect(runCase(planned, { engine, parse }).steps[0]?.differences).toEqual([
      'columns: no values were followed; give the case a `catalogue`',
    ]);
  });
});

describe('a catalogue that does not hold is a finding', () => {
  const findings = (given: string, dialect = 'postgres'): string[] =>
    read(
      `dialect: ${dialect}\nsubject: ada,human\ncatalogue: ${given}\ncases:\n  - { statement: "GET a", expect: deny }\n  - { statement: "GET b", expect: deny }\n`,
    ).findings.map(({ row, message }) => `${row} ${message}`);

  test.each<[string, string, RegExp]>([
    ['no such file', 'nowhere.yaml', /^3 the catalogue .*nowhere\.yaml cannot be read: ENOENT/],
    ['an unknown key', '{ table: {} }', /^3 unknown key "table" in catalogue/],
    ['a column without a type', '{ tables: { t: { a: { labels: [x] } } } }', /lacks "type"/],
    ['a name of three parts', '{ tables: { a.b.c: { a: text } } }', /"a\.b\.c" in catalogue\.tables is not a name/],
    [
      'a view of what is not there',
      '{ views: { v: SELECT a FROM public.nothing } }',
      /what the view v gives cannot be told \(.+\): write every name/,
    ],
    ['a view with names without a schema', '{ tables: { t: { a: text } }, views: { v: SELECT a FROM t } }', /view v/],
  ])('%s', (_name, given, expected) => {
    const found = findings(given);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test('one of a file says where it stands there', () => {
    writeFileSync(join(folder, 'bad.yaml'), 'tables:\n  t:\n    a: { labels: [x] }\n');
    expect(findings('bad.yaml')).toEqual([expect.stringMatching(/^3 .*bad\.yaml:3: tables\.t\.a lacks "type"/)]);
  });

  test('a dialect that does not follow values', () => {
    expect(findings('{ tables: {} }', 'kvline')).toEqual(['3 the dialect kvline does not follow values']);
  });
});
