import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { caseSchemaFile } from '../../../cli/cases/schema.ts';
import { readCaseFile, type PlannedFile } from '../../../cli/cases/read.ts';
import { createInputCheck } from '../../../cli/eval/inputs.ts';
import kvline from '../../../examples/third-party-dialect/index.js';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';

const dialects = [await createPostgresDialect(), kvline];
const check = createInputCheck(dialects);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-cases-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(text: string): PlannedFile {
  const file = join(folder, 'x_cases.yaml');
  writeFileSync(file, text);
  return readCaseFile(file, { dialects, check });
}

/** `row:col message | help` */
function findings(text: string): string[] {
  return read(text).findings.map(
    ({ row, col, message, help }) => `${row}:${col} ${message}${help === undefined ? '' : ` | ${help}`}`,
  );
}

/** A file with one case, of which some lines are others. */
function withCase(lines: string): string {
  return `dialect: kvline\nsubject: bot,agent\ncases:\n  - ${lines.split('\n').join('\n    ')}\n`;
}

describe('a file that is not valid is told with its place', () => {
  test.each<[string, string, (string | RegExp)[]]>([
    ['nothing', '', ['1:1 it holds no cases | A case file has `cases`, `matrices` or both.']],
    ['comments alone', '# nothing\n', [/^1:1 it holds no cases/]],
    ['no cases', 'dialect: kvline\n', [/it holds no cases/]],
    ['an empty list of cases', 'cases: []\n', [/^1:8 cases must NOT have fewer than 1 items/]],
    ['a list', '- 1\n', [/^1:1 the case file must be object/]],
    ['broken YAML', 'cases:\n  - name: "x\n', [/^3:1 Missing closing "quote/]],
    ['a key twice', 'cases:\n  - name: a\n    name: b\n', [/^3:5 Map keys must be unique/]],
    ['two documents', 'cases: []\n---\ncases: []\n', [/multiple documents/]],
    ['an alias of nothing', 'cases: *nowhere\n', [/nowhere/]],
    [
      'a misspelt key',
      withCase('statment: GET a\nexpect: allow'),
      ['4:5 cases[0] lacks "statement"', '4:5 unknown key "statment" in cases[0] | did you mean "statement"?'],
    ],
    ['a case without an expectation', withCase('statement: GET a'), [/^4:5 cases\[0\] lacks "expect"/]],
    [
      'an expectation of nothing',
      withCase('statement: GET a\nexpect: {}'),
      [/^5:13 cases\[0\]\.expect lacks "effect"/],
    ],
    ['an expectation left empty', withCase('statement: GET a\nexpect:'), [/cases\[0\]\.expect must be object/]],
    [
      'an effect that is none',
      withCase('statement: GET a\nexpect: denied'),
      [/^5:13 cases\[0\]\.expect must match pattern .* \| allow, deny or review/],
    ],
    [
      'an effect that is none, at length',
      withCase('statement: GET a\nexpect: {effect: dany}'),
      ['5:22 cases[0].expect.effect must be one of allow, deny, review | did you mean "deny"?'],
    ],
    [
      'an empty list of rules',
      withCase('statement: GET a\nexpect: {effect: deny, rules: []}'),
      [/rules must NOT have fewer than 1 items/],
    ],
    [
      'steps beside a statement',
      withCase('statement: GET a\nsteps:\n  - {statement: GET a, expect: allow}'),
      ['4:5 cases[0].statement does not belong here'],
    ],
    [
      'a step without an expectation',
      withCase('steps:\n  - statement: GET a'),
      [/^5:9 cases\[0\]\.steps\[0\] lacks "expect"/],
    ],
    [
      'an unknown effect in a command',
      withCase('statement: GET a\nexpect: {effect: allow, command: {effects: [raed]}}'),
      [/did you mean "read"/],
    ],
    [
      'a time that is none',
      withCase('statement: GET a\nnow: yesterday\nexpect: allow'),
      [/^5:10 cases\[0\]\.now is not a date and time/],
    ],
    [
      'an unknown dialect',
      withCase('statement: GET a\ndialect: kvlin\nexpect: allow'),
      [
        /^5:14 cases\[0\]: there is no dialect "kvlin" \| did you mean "kvline"\?; a third party's is loaded with --dialect/,
      ],
    ],
    [
      'an unknown dialect of the file',
      'dialect: mysql\nsubject: bot,agent\ncases: [{statement: x, expect: deny}]\n',
      [/^1:10 there is no dialect "mysql"/],
    ],
    [
      'no dialect',
      'subject: bot,agent\ncases:\n  - {statement: x, expect: deny}\n',
      [/^3:5 cases\[0\]: no dialect is said/],
    ],
    [
      'no subject',
      'dialect: kvline\ncases:\n  - {statement: x, expect: deny}\n',
      [/^3:5 cases\[0\]: no subject is said/],
    ],
    [
      'a subject that was not declared',
      'dialect: kvline\nsubjects: {agent: "bot,agent"}\ncases:\n  - {statement: x, subject: agnet, expect: deny}\n',
      [/^4:29 cases\[0\]: there is no subject "agnet" \| did you mean "agent"\?/],
    ],
    [
      'a resource that was not declared',
      withCase('statement: GET a\nresource: cache\nexpect: allow'),
      [/^5:15 cases\[0\]: there is no resource "cache"/],
    ],
    [
      'a subject of no kind',
      withCase('statement: GET a\nsubject: bot,robot\nexpect: allow'),
      [/^4:5 cases\[0\]: .*\/subject\/kind must be one of/],
    ],
    [
      'a subject without a kind',
      withCase('statement: GET a\nsubject: {id: bot}\nexpect: allow'),
      [/^5:14 cases\[0\]\.subject lacks "kind"/],
    ],
    [
      'settings for a dialect without any',
      withCase('statement: GET a\nsettings: {a: b}\nexpect: allow'),
      [/takes no settings/],
    ],
    [
      'settings that the dialect does not have',
      withCase('statement: SELECT 1\ndialect: postgres\nsettings: {standard_conforming: off}\nexpect: allow'),
      [/^4:5 cases\[0\]: /],
    ],
    [
      'two cases of one name',
      'dialect: kvline\nsubject: bot,agent\ncases:\n  - {name: a, statement: GET a, expect: allow}\n  - {name: a, statement: GET b, expect: allow}\n',
      ['5:12 cases[1]: "a" is the name of another case as well, in row 4'],
    ],
    [
      'the same case twice, without names',
      'dialect: kvline\nsubject: bot,agent\ncases:\n  - {statement: GET a, expect: allow}\n  - {statement: GET a, expect: deny}\n',
      [
        '5:5 cases[1]: "GET a as bot" is the name of another case as well, in row 4 | Give one of them a name of its own.',
      ],
    ],
    [
      'a row of a table that is too short',
      'dialect: kvline\nsubjects: {a: "a,agent", b: "b,agent"}\nmatrices:\n  - name: t\n    subjects: [a, b]\n    statements:\n      GET a: [allow]\n',
      ['7:14 matrices[0]: 1 expectations for 2 subjects: a, b'],
    ],
    [
      'a statement of a session that opens',
      withCase('stage: session\nstatement: GET a\nexpect: allow'),
      [/statement.*cases\[0\]|cases\[0\].*statement/],
    ],
    ['a session that opens, and nothing is expected', withCase('stage: session'), [/^4:5 cases\[0\] lacks "expect"/]],
    ['another stage', withCase('stage: result\nexpect: allow'), [/stage must be/]],
    [
      'the same session twice, without names',
      'dialect: kvline\nsubject: bot,agent\ncases:\n  - {stage: session, expect: allow}\n  - {stage: session, expect: deny}\n',
      [
        '5:5 cases[1]: "a session of bot" is the name of another case as well, in row 4 | Give one of them a name of its own.',
      ],
    ],
    [
      'a column that was not declared',
      'dialect: kvline\nsubjects: {a: "a,agent"}\nmatrices:\n  - name: t\n    subjects: [b]\n    statements:\n      GET a: [allow]\n',
      [/there is no subject "b"/],
    ],
  ])('%s', (_what, text, expected) => {
    const found = findings(text);
    for (const one of expected) {
      expect(found).toContainEqual(typeof one === 'string' ? expect.stringContaining(one) : expect.stringMatching(one));
    }
    expect(read(text).findings.every(({ code, severity }) => code === 'SP_CASES_INVALID' && severity === 'error')).toBe(
      true,
    );
  });

  test('a file that cannot be read', () => {
    const { findings: found, cases } = readCaseFile(join(folder, 'none_cases.yaml'), { dialects, check });
    expect(found).toMatchObject([
      { code: 'SP_CASES_INVALID', message: expect.stringContaining('cannot be read') as string },
    ]);
    expect(cases).toEqual([]);
  });

  test('cases beside a wrong one are kept', () => {
    const { cases, findings: found } = read(
      'dialect: kvline\nsubject: bot,agent\ncases:\n  - {statement: GET a, expect: allow}\n  - {statement: GET b, subject: nobody, expect: allow}\n',
    );
    expect(found).toHaveLength(1);
    expect(cases.map(({ name }) => name)).toEqual(['GET a as bot']);
  });
});

describe('a case is laid out', () => {
  test('with the defaults of its file', () => {
    const { cases } = read(`
dialect: kvline
subjects: { ada: { id: ada, kind: human, groups: [writers], claims: { team: x } } }
resources: { cache: 'cache,kvline,production' }
subject: ada
resource: cache
session: { role: clerk, counters: { denied: 3 } }
client: { tls: false }
cases:
  - statement: GET a
    session: { transaction: active }
    expect: allow
`);
    expect(cases).toMatchObject([
      {
        name: 'GET a as ada',
        row: 10,
        context: {
          subject: { id: 'ada', kind: 'human', groups: ['writers'], claims: { team: 'x' } },
          resource: { name: 'cache', protocol: 'kvline', environment: 'production', labels: {} },
          session: { role: 'clerk', transaction: 'active', counters: { commands: 0, denied: 3 } },
          client: { address: '127.0.0.1', tls: false },
          now: '2026-01-01T12:00:00Z',
        },
        steps: [{ statement: { text: 'GET a' }, expect: { effect: 'allow' } }],
      },
    ]);
  });

  test.each([
    ['allow', { effect: 'allow' }],
    ['deny KV-001 KV-002', { effect: 'deny', rules: ['KV-001', 'KV-002'] }],
    ['deny only KV-001', { effect: 'deny', rules_exactly: ['KV-001'] }],
    ['review', { effect: 'review' }],
  ])('%s is short for an object', (short, expected) => {
    expect(read(withCase(`statement: GET a\nexpect: ${short}`)).cases[0]?.steps[0]?.expect).toEqual(expected);
  });

  test('parameters may be given as they are', () => {
    const { cases } = read(
      withCase(
        'statement: GET a\nparameters: [x, 7, null, {format: binary, is_null: false, base64: AA==}]\nexpect: allow',
      ),
    );
    expect(cases[0]?.steps[0]?.parameters).toEqual([
      { format: 'text', is_null: false, text: 'x' },
      { format: 'text', is_null: false, text: '7' },
      { format: 'text', is_null: true },
      { format: 'binary', is_null: false, base64: 'AA==' },
    ]);
  });

  test('a session that opens has no statement', () => {
    const { cases } = read(withCase('stage: session\nnow: "2026-01-01T03:00:00Z"\nexpect: deny HOURS-1'));
    expect(cases).toMatchObject([
      {
        name: 'a session of bot',
        context: { now: '2026-01-01T03:00:00Z' },
        steps: [{ statement: undefined, expect: { effect: 'deny', rules: ['HOURS-1'] } }],
      },
    ]);
  });

  test('each cell of a table is a case', () => {
    const { cases } = read(`
dialect: kvline
subjects: { ada: 'ada,human', bot: 'bot,agent' }
matrices:
  - name: who
    subjects: [ada, bot]
    statements:
      GET a: [allow, deny]
      "FLUSH": [deny, deny only KV-001]
`);
    expect(
      cases.map(({ name, row, context, steps }) => [name, row, context.subject.id, steps[0]?.expect.effect]),
    ).toEqual([
      ['who: GET a as ada', 8, 'ada', 'allow'],
      ['who: GET a as bot', 8, 'bot', 'deny'],
      ['who: FLUSH as ada', 9, 'ada', 'deny'],
      ['who: FLUSH as bot', 9, 'bot', 'deny'],
    ]);
  });
});

test('the schema is a valid one, and describes the annotated example', () => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(caseSchemaFile(), 'utf8')) as object);
  validate(parseYaml(readFileSync('examples/quickstart/policies/shop_cases.yaml', 'utf8')));
  expect(validate.errors).toBeNull();
});
