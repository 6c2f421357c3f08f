import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runReplay, runReplayMerge, type ReplayOptions } from '../../../cli/commands/replay.ts';
import type { Diagnostic } from '../../../engine/contract.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { CaseResult } from '../../../cli/reporters/report.ts';
import { chainHash, sealLine } from '../../../proxy/recorder/chain.ts';
import { createSealSigner } from '../../../proxy/recorder/seal.ts';
import { fakeStreams } from '../fake-streams.ts';
import {
  ada,
  compiler,
  engineOf,
  record,
  sessionId,
  shop,
  type RecordedSession,
  type SentMessage,
} from './support/record.ts';

/** What recordings are made by, and replayed by where a test names no other. */
const oldPolicy = `package policy.old

# METADATA
# title: Everybody reads
# custom: {id: R-1}
allow contains {"rule": rego.metadata.rule()} if input.command.effects == ["read"]

# METADATA
# title: People write
# custom: {id: R-2}
allow contains {"rule": rego.metadata.rule()} if {
	input.subject.kind == "human"
	not "drop" in input.command.effects
}

# METADATA
# title: Nothing is dropped
# custom: {id: R-3}
deny contains {"rule": rego.metadata.rule(), "message": sprintf("no %s: %s", [input.command.verb, input.command.text])} if "drop" in input.command.effects

# METADATA
# title: Security hears of roles
# custom: {id: R-4}
notify contains {"rule": rego.metadata.rule(), "channel": "security", "message": input.command.text} if input.command.attributes.statement == "alter_role"

# METADATA
# title: Schemas are reviewed
# custom: {id: R-5}
review contains {"rule": rego.metadata.rule(), "approvers": ["dba"], "ttl": "5m"} if "create" in input.command.effects

mask contains {"columns": ["email"], "with": "partial"} if input.subject.kind == "nobody"
`;

interface JsonReport {
  readonly exit_code: number;
  readonly summary: string;
  readonly findings: Diagnostic[];
  readonly cases: CaseResult[];
  readonly details: {
    readonly counts: Record<string, number>;
    readonly decisions: Record<string, number>;
    readonly changes: Record<string, { count: number; accepted: number }>;
    readonly kept_as_recorded: Record<string, number>;
    readonly refused_without_decision: Record<string, number>;
    readonly groups: Record<
      string,
      { top: { change: string; what: string[]; count: number; example: { row: number; text: string } }[] }
    >;
    readonly rules: { id: string; commands: number; row: number }[];
    readonly interrupted: boolean;
  };
}

let folder = '';
let old = '';
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-replay-'));
  old = policy(oldPolicy);
  engine = await engineOf(old);
});
afterAll(async () => {
  await compiler.close();
  rmSync(folder, { recursive: true });
});

function policy(text: string): string {
  const path = join(mkdtempSync(join(folder, 'policy-')), 'policy.rego');
  writeFileSync(path, text);
  return path;
}

/** The old policy with something else in it. */
function changed(from: string, to: string): string {
  expect(oldPolicy).toContain(from);
  return policy(oldPolicy.replace(from, to));
}

function recordings(...sessions: Omit<RecordedSession, 'engine' | 'session'>[]): {
  directory: string;
  files: string[];
} {
  const directory = mkdtempSync(join(folder, 'recordings-'));
  return {
    directory,
    files: sessions.map((one, index) => record(directory, { ...one, engine, session: sessionId(index + 1) })),
  };
}

async function replay(
  places: readonly string[],
  options: ReplayOptions = {},
  stdin: (string | Buffer)[] = [],
): Promise<{ code: number; report: JsonReport; text: string }> {
  const streams = fakeStreams(stdin);
  const code = await runReplay(places, { bundle: [old], format: 'json', ...options }, streams, { warm: compiler });
  const report = JSON.parse(streams.output()) as JsonReport;
  expect(report.exit_code).toBe(code);
  return { code, report, text: streams.output() };
}

/** Changes that happened, by kind. */
function changesOf({ details }: JsonReport): Record<string, number> {
  return Object.fromEntries(
    Object.entries(details.changes).flatMap(([kind, { count }]) => (count === 0 ? [] : [[kind, count]])),
  );
}

const everything: (string | SentMessage)[] = [
  'SELECT id FROM orders WHERE id = 1',
  'DROP TABLE orders',
  'SELECT 1; DELETE FROM orders; SELECT 2',
  { text: 'SELECT id FROM orders WHERE id = $1', parameters: [{ format: 'text', is_null: false, text: '7' }] },
  'SELECT own_function(1)',
  'SELEC 1',
  "ALTER ROLE app PASSWORD 'hunter2'",
  "SELECT 'hunter2'",
  "COMMENT ON ROLE app IS 'hunter2'",
  'CREATE TABLE t (id int)',
  'PREPARE p AS SELECT 1',
  { text: 'EXECUTE p', settings: { prepared: { p: 'SELECT 1' } } },
  {
    text: 'SELECT lower(name) FROM orders',
    state: { search_path: ['app', 'pg_catalog'] },
    settings: { search_path: ['app', 'pg_catalog'] },
  },
  {
    text: 'SELECT lower(name) FROM orders; SET search_path = app, pg_catalog; SELECT upper(name) FROM orders',
    settings: { search_path: ['app', 'pg_catalog'] },
  },
  'SELECT \'Grüße \\\\ "quoted" 🙂\'',
];

describe('the same policies', () => {
  test.each(['again', 'recorded'] as const)('decide as they did (commands parsed: %s)', async (parsed) => {
    const { directory } = recordings({ messages: everything }, { messages: everything, subject: ada });
    const { code, report } = await replay([directory], { parsed, failOn: 'any>0,errors>0,parsed-differently>0' });
    expect(report.findings).toEqual([]);
    expect(changesOf(report)).toEqual({});
    expect(report.details.counts).toMatchObject({
      sessions: 2,
      commands: 38,
      judged: 38,
      changed: 0,
      errors: 0,
      parsed_differently: 0,
    });
    expect(report.details.kept_as_recorded).toEqual(parsed === 'recorded' ? {} : { prepared: 2, secrets: 2 });
    expect(code).toBe(0);
  });

  test('as a baseline of their own', async () => {
    const { directory } = recordings({ messages: everything });
    const { code, report } = await replay([directory], { baseline: [old], failOn: 'any>0' });
    expect([code, changesOf(report)]).toEqual([0, {}]);
  });
});

describe('one changed rule', () => {
  const messages = [
    'SELECT 1',
    'SELECT id FROM orders',
    'SELECT id FROM orders',
    'DROP TABLE a',
    'SELECT id FROM orders WHERE id = 3',
  ];

  test('gives exactly the changes that it means', async () => {
    const stricter = changed(
      'allow contains {"rule": rego.metadata.rule()} if input.command.effects == ["read"]',
      'allow contains {"rule": rego.metadata.rule()} if input.command.effects == ["read"]\n\n# METADATA\n# custom: {id: R-9}\ndeny contains {"rule": rego.metadata.rule(), "message": "name the row"} if {\n\tsome target in input.command.targets\n\ttarget.kind == "table"\n\tinput.command.attributes.where.present != true\n}',
    );
    const { directory } = recordings({ messages });
    const { report, code } = await replay([directory], { bundle: [stricter] });
    expect(code).toBe(0);
    expect(report.details.decisions).toEqual({ 'allow->allow': 2, 'allow->deny': 2, 'deny->deny': 1 });
    expect(report.details.groups['rule']?.top).toEqual([
      {
        change: 'allow->deny',
        what: ['R-9'],
        count: 2,
        example: expect.objectContaining({
          row: 5,
          text: 'SELECT id FROM orders',
          subject: 'bot',
          resource: 'shop',
        }) as unknown,
      },
    ]);
    expect(report.details.groups['subject']?.top.map(({ what, count }) => [...what, count])).toEqual([['bot', 2]]);
  });

  test('is found by the rule that no longer speaks, where it lets more through', async () => {
    const { directory } = recordings({ messages, subject: ada });
    const { report } = await replay([directory], { bundle: [changed('} if "drop" in', '} if "nothing" in')] });
    // Nothing allows a DROP either: the engine's own rule takes the place of R-3.
    expect(changesOf(report)).toEqual({});
    const open = policy(`${oldPolicy.replace('} if "drop" in', '} if "nothing" in')}\n\nallow contains "all"\n`);
    const { report: opened, code } = await replay([directory], {
      bundle: [open],
      failOn: 'deny->allow>0,allow->deny>0',
    });
    expect(changesOf(opened)).toEqual({ 'deny->allow': 1 });
    expect(opened.details.groups['rule']?.top.map(({ what }) => what)).toEqual([['R-3']]);
    expect(code).toBe(1);
    expect(opened.cases.map(({ name, status, message }) => [name, status, message])).toEqual([
      ['deny->allow>0', 'failed', '1 of 5 commands'],
      ['allow->deny>0', 'passed', undefined],
    ]);
    expect(opened.findings).toEqual([expect.objectContaining({ severity: 'error', code: 'replay_decision_changed' })]);
  });

  test('of what is owed', async () => {
    const masking = changed('if input.subject.kind == "nobody"', 'if input.command.verb == "select"');
    const { directory } = recordings({ messages });
    const gained = await replay([directory], { bundle: [masking], failOn: 'obligations-lost>0' });
    expect([gained.code, changesOf(gained.report)]).toEqual([0, { 'obligations-gained': 4 }]);
    expect(gained.report.details.groups['obligation']?.top[0]).toMatchObject({
      change: 'gained',
      what: ['mask column email', ''],
      count: 4,
    });
    const lost = await replay([directory], { baseline: [masking], failOn: 'obligations-lost>0' });
    expect([lost.code, changesOf(lost.report)]).toEqual([1, { 'obligations-lost': 4 }]);
    const stronger = policy(readFileSync(masking, 'utf8').replace('"partial"', '"redact"'));
    const { report } = await replay([directory], { baseline: [masking], bundle: [stronger] });
    expect(report.details.groups['obligation']?.top[0]).toMatchObject({
      change: 'changed',
      what: ['mask column email', 'partial → redact'],
    });
  });
});

describe('rules that traffic never touches', () => {
  test('are told, and those that were overruled are not among them', async () => {
    const { directory } = recordings({ messages: ['DROP TABLE a'], subject: ada }, { messages: ['SELECT 1'] });
    const both = policy(oldPolicy.replace('\tnot "drop" in input.command.effects\n', ''));
    const { report } = await replay([directory], { bundle: [both] });
    const touched = Object.fromEntries(report.details.rules.map(({ id, commands }) => [id, commands]));
    expect(touched).toEqual({ 'R-1': 1, 'R-2': 1, 'R-3': 1, 'R-4': 0, 'R-5': 0, 'policy.old.mask': 0 });
  });
});

describe('evaluations that fail', () => {
  const failing = policyText(
    'x := 1 if input.command.verb == "select"\n\nx := 2 if input.command.text == "SELECT 1"\n\ndeny contains "x" if x > 5',
  );

  function policyText(more: string): string {
    return `${oldPolicy}\n${more}\n`;
  }

  test('are findings when they did not fail before, and warnings when they did', async () => {
    const { directory } = recordings({ messages: ['SELECT 1', 'SELECT 2'] });
    const broken = policy(failing);
    const now = await replay([directory], { bundle: [broken], failOn: 'errors>0' });
    expect(now.code).toBe(1);
    expect(now.report.details.counts).toMatchObject({ errors: 1, errors_before: 0 });
    expect(now.report.findings.map(({ severity, code, row }) => [severity, code, row])).toContainEqual([
      'error',
      'SP_EVAL_CONFLICT',
      2,
    ]);
    const both = await replay([directory], { bundle: [broken], baseline: [broken], failOn: 'errors>0' });
    expect(both.code).toBe(0);
    expect(both.report.findings.map(({ severity }) => severity)).toEqual(['warning']);
  });
});

describe('what is judged', () => {
  const sessions = [
    { messages: ['SELECT 1', 'SELECT 2'] },
    { messages: ['SELECT 3'], subject: ada, resource: { ...shop, name: 'billing' } },
  ];

  test.each<[string, ReplayOptions, Record<string, number>]>([
    ['--subject', { subject: ['a*'] }, { sessions: 1, sessions_left_out: 1, judged: 1 }],
    ['--subject, several', { subject: ['a*', 'bot'] }, { sessions: 2, judged: 3 }],
    ['--resource', { resource: ['shop'] }, { sessions: 1, sessions_left_out: 1, judged: 2 }],
    ['--since', { since: '2026-11-01T12:00:02Z' }, { judged: 1, commands_left_out: 2, commands: 3 }],
    ['--until', { until: '2026-11-01T12:00:02Z' }, { judged: 2, commands_left_out: 1 }],
    ['--sample', { sample: '100%' }, { judged: 3 }],
  ])('%s', async (_name, options, counts) => {
    const { directory } = recordings(...sessions);
    expect((await replay([directory], options)).report.details.counts).toMatchObject(counts);
  });

  test('commands of a dialect that is not here are taken as recorded, and told', async () => {
    const { files } = recordings({ messages: ['SELECT 1'] });
    const text = rewrite(readFileSync(files[0] ?? '', 'utf8'), (event) =>
      JSON.stringify(event).replace('"dialect":"postgres"', '"dialect":"other"'),
    );
    const { code, report } = await replay(['-'], {}, [text]);
    expect(code).toBe(0);
    expect(report.details.kept_as_recorded).toEqual({ dialect: 1 });
    expect(report.findings).toEqual([
      expect.objectContaining({ severity: 'warning', code: 'replay_dialect_unknown', file: 'stdin', row: 2 }),
    ]);
  });

  test('a command that is read differently today is told by itself', async () => {
    const { files } = recordings({ messages: ['SELECT id FROM orders', 'DROP TABLE a'] });
    const text = rewrite(readFileSync(files[0] ?? '', 'utf8'), (event) =>
      JSON.stringify(event).replace('"verb":"drop","effects":["drop"]', '"verb":"read","effects":["read"]'),
    );
    const { report, code } = await replay(['-'], { failOn: 'parsed-differently>0' }, [text]);
    expect(report.details.counts).toMatchObject({ parsed_again: 2, parsed_differently: 1, changed: 0 });
    expect(report.details.groups['parsed']?.top).toMatchObject([
      { what: ['verb: read → drop; effects: read → drop'], count: 1 },
    ]);
    expect(code).toBe(1);
    const asRecorded = await replay(['-'], { parsed: 'recorded' }, [text]);
    expect(changesOf(asRecorded.report)).toEqual({ 'deny->allow': 1 });
  });
});

describe('where recordings come from', () => {
  test('plain, gzip, archives of several, standard input: the same', async () => {
    const { directory, files } = recordings({ messages: everything }, { messages: everything, subject: ada });
    const [first = '', second = ''] = files.map((file) => readFileSync(file, 'utf8'));
    const whole = (await replay([directory])).report.details;
    const archive = join(mkdtempSync(join(folder, 'archive-')), 'november.jsonl.gz');
    writeFileSync(archive, gzipSync(first + second));
    for (const { report } of [
      await replay([archive]),
      await replay(['-'], {}, [first, second]),
      await replay(['-'], {}, [gzipSync(first + second)]),
    ]) {
      expect(report.findings).toEqual([]);
      expect(report.details.counts).toEqual(whole.counts);
      expect(report.details.decisions).toEqual(whole.decisions);
    }
  });
});

/** Each event changed, and the chain made anew: another gateway's recording. */
function rewrite(text: string, change: (event: Record<string, unknown>) => string): string {
  let prev = '0'.repeat(64);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { prev: _prev, hash: _hash, ...event } = JSON.parse(line) as Record<string, unknown>;
      const unhashed = `${change(event).slice(0, -1)},"prev":"${prev}"}`;
      prev = chainHash(prev, unhashed);
      return sealLine(unhashed, prev);
    })
    .join('');
}

describe('damaged recordings: found by file and row, and the rest counts', () => {
  const messages = ['SELECT 1', 'SELECT 2', 'SELECT 3'];

  function damage(act: (lines: string[], file: string) => string[] | string, running = false): string {
    const { files } = recordings({ messages, running });
    const [file = ''] = files;
    const result = act(readFileSync(file, 'utf8').trimEnd().split('\n'), file);
    writeFileSync(file, typeof result === 'string' ? result : `${result.join('\n')}\n`);
    return file;
  }
  const without = (lines: string[], row: number): string[] => lines.filter((_, index) => index !== row - 1);
  const replaced = (lines: string[], row: number, from: string | RegExp, to: string): string[] =>
    lines.map((line, index) => (index === row - 1 ? line.replace(from, to) : line));

  // Rows: 1 start, 2 command, 3 decision, 4 result, 5 command, 6 decision, 7 result, …, 11 end.
  test.each<[string, (lines: string[]) => string[] | string, [number, string][], number]>([
    ['a changed command', (lines) => replaced(lines, 5, 'SELECT 2', 'SELECT 9'), [[5, 'its hash does not fit']], 3],
    [
      'a changed decision',
      (lines) => replaced(lines, 6, '"effect":"allow"', '"effect":"deny"'),
      [[6, 'its hash does not fit']],
      3,
    ],
    [
      'a changed result',
      (lines) => replaced(lines, 4, '"status":"ok"', '"status":"error"'),
      [[4, 'its hash does not fit']],
      3,
    ],
    ['a lost line', (lines) => without(lines, 4), [[4, 'events are missing: 3 is due and 4 is here']], 3],
    ['a lost decision', (lines) => without(lines, 6), [[6, 'events are missing']], 2],
    ['not JSON', (lines) => replaced(lines, 5, '{"schema"', '{schema'), [[5, 'is not JSON']], 2],
    ['no hash', (lines) => replaced(lines, 5, /,"hash".*/, '}'), [[5, 'does not end with its hash']], 2],
    [
      'another version of the schema',
      (lines) => replaced(lines, 5, '{"schema":1', '{"schema":2'),
      [[5, 'does not follow the schema']],
      2,
    ],
    [
      'an unknown type',
      (lines) => replaced(lines, 4, '"type":"result"', '"type":"surprise"'),
      [[4, 'unknown type']],
      3,
    ],
    [
      'a line that was cut',
      (lines) => lines.join('\n').slice(0, -40),
      [
        [11, 'is cut off'],
        [11, 'no end event'],
      ],
      3,
    ],
    [
      'more behind the end',
      (lines) => [...lines, lines[3] ?? ''],
      [
        [12, 'events are missing'],
        [12, 'more after the end event'],
      ],
      3,
    ],
    ['without its beginning', (lines) => lines.slice(1), [[1, 'events are missing: 0 is due']], 3],
    ['nothing', () => '', [[1, 'the recording is empty']], 0],
    [
      'something else',
      () => 'hello\nworld\n',
      [
        [1, 'does not end with its hash'],
        [2, 'does not end'],
        [2, 'no end event'],
      ],
      0,
    ],
  ])('%s', async (_name, act, expected, judged) => {
    const file = damage(act);
    const { code, report } = await replay([file]);
    expect(report.findings.map(({ file: named, row, message, code: kind }) => [named, row, kind, message])).toEqual(
      expected.map(([row, message]) => [
        file,
        row,
        'SP_RECORDING_DAMAGED',
        expect.stringContaining(message) as unknown,
      ]),
    );
    expect(report.details.counts['judged']).toBe(judged);
    expect(code).toBe(1);
  });

  test('a session that still runs is a warning', async () => {
    const { code, report } = await replay([damage((lines) => lines, true)]);
    expect([code, report.findings.map(({ severity }) => severity)]).toEqual([0, ['warning']]);
  });

  test('an archive that is cut off', async () => {
    const file = damage((lines) => lines);
    writeFileSync(file, gzipSync(readFileSync(file)).subarray(0, -30));
    const { code, report } = await replay([file]);
    expect(code).toBe(1);
    expect(report.findings[0]?.message).toContain('cannot be read to its end');
  });

  test('one damaged file among others does not hide the others', async () => {
    const { directory, files } = recordings({ messages }, { messages });
    writeFileSync(files[0] ?? '', 'hello\n');
    const { code, report } = await replay([directory]);
    expect([code, report.details.counts['judged']]).toEqual([1, 3]);
  });

  describe('seals', () => {
    const keys = generateKeyPairSync('ed25519');
    const signer = createSealSigner(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const publicKey = (): string => {
      const file = join(folder, 'key.pem');
      writeFileSync(file, keys.publicKey.export({ type: 'spki', format: 'pem' }));
      return file;
    };

    test.each<[string, (file: string) => void, ReplayOptions, string | undefined]>([
      ['that hold', () => undefined, {}, undefined],
      ['that hold under the key', () => undefined, { key: 'key' }, undefined],
      [
        'of another recording',
        (file) => {
          writeFileSync(sealOf(file), readFileSync(sealOf(file), 'utf8').replace('"events":11', '"events":12'));
        },
        {},
        'the seal is of 12 events',
      ],
      [
        'that are none',
        (file) => {
          writeFileSync(sealOf(file), '{}');
        },
        {},
        'the seal is damaged',
      ],
      [
        'that are missing, where a key is given',
        (file) => {
          renameSync(sealOf(file), `${file}.away`);
        },
        { key: 'key' },
        'is not sealed',
      ],
    ])('%s', async (_name, act, options, message) => {
      const { files } = recordings({ messages, signer });
      const [file = ''] = files;
      act(file);
      const { code, report } = await replay([file], options.key === undefined ? {} : { key: publicKey() });
      expect(report.findings.map((finding) => finding.message)).toEqual(
        message === undefined ? [] : [expect.stringContaining(message) as unknown],
      );
      expect(code).toBe(message === undefined ? 0 : 1);
    });

    const sealOf = (file: string): string => file.replace('.jsonl', '.seal.json');
  });
});

describe('--expect', () => {
  const stricter = () =>
    policy(`${oldPolicy}\ndeny contains {"rule": "R-9", "message": "no"} if input.command.verb == "select"\n`);

  function expectations(text: string): string {
    const file = join(mkdtempSync(join(folder, 'expect-')), 'accepted.yaml');
    writeFileSync(file, text);
    return file;
  }

  test.each<[string, string, [string, string][], number]>([
    [
      'accepts what it names',
      '- {transition: allow->deny, rule: R-9, subject: b*, reason: meant}',
      [
        ['any>0', 'passed'],
        ['allow->deny, rule R-9, subject b*', 'passed'],
      ],
      0,
    ],
    [
      'accepts no other',
      '- {transition: allow->deny, subject: ada, count: {min: 0}, reason: meant}',
      [
        ['any>0', 'failed'],
        ['allow->deny, subject ada', 'passed'],
      ],
      1,
    ],
    [
      'tells what no longer happens',
      '- {transition: any, reason: meant}\n  - {transition: deny->allow, reason: old}',
      [
        ['any>0', 'passed'],
        ['any', 'passed'],
        ['deny->allow', 'failed'],
      ],
      1,
    ],
    [
      'counts',
      '- {transition: any, count: {max: 1}, reason: meant}',
      [
        ['any>0', 'passed'],
        ['any', 'failed'],
      ],
      1,
    ],
    [
      'counts exactly',
      '- {transition: any, count: 2, reason: meant}',
      [
        ['any>0', 'passed'],
        ['any', 'passed'],
      ],
      0,
    ],
  ])('%s', async (_name, entry, cases, exitCode) => {
    const { directory } = recordings({ messages: ['SELECT 1', 'SELECT 2'] });
    const { code, report } = await replay([directory], {
      bundle: [stricter()],
      expect: expectations(`expect:\n  ${entry}\n`),
    });
    expect(report.cases.map(({ name, status }) => [name, status])).toEqual(cases);
    expect(code).toBe(exitCode);
    // Where an expectation stands.
    for (const one of report.cases.filter(({ suite }) => suite === 'expectations')) expect(one.row).toBeGreaterThan(1);
  });

  test('with --fail-on, what is expected does not count', async () => {
    const { directory } = recordings({ messages: ['SELECT 1', 'SELECT id FROM a'] });
    const expect_ = expectations(
      'expect:\n  - {transition: allow->deny, fingerprint: "*", count: {max: 9}, reason: meant}\n',
    );
    const { code } = await replay([directory], { bundle: [stricter()], expect: expect_, failOn: 'allow->deny>0' });
    expect(code).toBe(0);
  });

  test('--write-expect accepts what there is', async () => {
    const { directory } = recordings({ messages: everything });
    const bundle = [
      policy(
        `${oldPolicy.replace('if input.subject.kind == "nobody"', '')}\ndeny contains {"rule": "R-9", "message": "no"} if input.command.verb == "select"\n`,
      ),
    ];
    const file = join(folder, 'written.yaml');
    await replay([directory], { bundle, writeExpect: file });
    const { code, report } = await replay([directory], { bundle, expect: file });
    expect(report.cases.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(code).toBe(0);
  });

  test.each([
    ['expect: 5', ':1: it must hold'],
    ['expect:\n  - 5', ':2: an expectation is a mapping'],
    ['expect:\n  - {transition: allow->deny}', ':2: it needs a reason'],
    ['expect:\n  - {transition: allow->dney, reason: x}', ':2: transition: did you mean "allow->deny"?'],
    ['expect:\n  - {transition: errors, reason: x}', ':2: transition:'],
    ['expect:\n  - transition: any\n    reason: x\n    rul: y', ':4: rul: did you mean "rule"?'],
    ['expect:\n  - transition: any\n    reason: x\n    count: {min: a}', ':4: count is a number'],
    ['expect: [', 'accepted.yaml:'],
  ])('%j is refused: %s', async (text, message) => {
    const { directory } = recordings({ messages: ['SELECT 1'] });
    await expect(replay([directory], { expect: expectations(text) })).rejects.toMatchObject({
      code: 'SP_USAGE',
      message: expect.stringContaining(message) as unknown,
    });
  });
});

describe('what cannot run', () => {
  test.each<[string, string[], ReplayOptions, string]>([
    ['no recordings named', [], {}, 'SP_USAGE'],
    ['no such place', ['/nowhere'], {}, 'SP_USAGE'],
    ['an empty folder', ['EMPTY'], {}, 'SP_USAGE'],
    ['no bundle', ['-'], { bundle: [] }, 'SP_USAGE'],
    ['no such bundle', ['-'], { bundle: ['/nowhere'] }, 'SP_BUNDLE_NOT_FOUND'],
    ['no such baseline', ['-'], { baseline: ['/nowhere'] }, 'SP_BUNDLE_NOT_FOUND'],
    ['a threshold that is none', ['-'], { failOn: 'all>0' }, 'SP_USAGE'],
    ['no such dialect', ['-'], { dialect: ['./nowhere.js'] }, 'SP_USAGE'],
    ['no such key', ['-'], { key: '/nowhere' }, 'SP_USAGE'],
    ['no such expectations', ['-'], { expect: '/nowhere' }, 'SP_USAGE'],
    ['no jobs', ['-'], { jobs: '0' }, 'SP_USAGE'],
  ])('%s', async (_name, places, options, code) => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    await expect(
      replay(
        places.map((place) => (place === 'EMPTY' ? empty : place)),
        options,
      ),
    ).rejects.toMatchObject({ code });
  });
});

describe('shards', () => {
  async function shards(place: string, of: number, options: ReplayOptions = {}): Promise<string[]> {
    const files: string[] = [];
    for (let part = 1; part <= of; part++) {
      const { text, code } = await replay([place], { ...options, shard: `${part}/${of}` });
      expect(code).toBe(0);
      const file = join(mkdtempSync(join(folder, 'shard-')), `part-${part}.json`);
      writeFileSync(file, text);
      files.push(file);
    }
    return files;
  }

  async function merge(files: readonly string[]): Promise<{ code: number; text: string }> {
    const streams = fakeStreams([]);
    return { code: await runReplayMerge(files, { format: 'json' }, streams), text: streams.output() };
  }

  const options = (): ReplayOptions => ({
    bundle: [
      policy(
        `${oldPolicy.replace('if input.subject.kind == "nobody"', '')}\ndeny contains {"rule": "R-9", "message": "no"} if input.command.verb == "select"\n`,
      ),
    ],
    failOn: 'allow->deny>3',
  });

  test.each([1, 2, 5])('%i put together are the whole, byte for byte', async (of) => {
    const { directory, files } = recordings(
      { messages: everything },
      { messages: everything, subject: ada },
      { messages: ['SELECT 1'], running: true },
      { messages: ['SELECT 2'] },
    );
    appendFileSync(files[0] ?? '', 'damage\n');
    // An archive, too: every shard reads it, and takes its own sessions.
    const inArchive = recordings(
      { messages: everything, subject: ada },
      { messages: ['SELECT 3'] },
      { messages: ['DROP TABLE x'] },
    );
    writeFileSync(
      join(directory, 'archive.jsonl'),
      inArchive.files
        .map((file, index) => readFileSync(file, 'utf8').replaceAll(sessionId(index + 1), sessionId(index + 101)))
        .join('') + '{}\n',
    );
    const asked = options();
    const whole = await replay([directory], asked);
    expect(whole.code).toBe(1);
    const parts = await shards(directory, of, asked);
    expect(await merge(parts)).toEqual({ code: 1, text: whole.text });
    expect((await merge(parts.toReversed())).text).toBe(whole.text);
  });

  test('that are missing, twice there or of another replay are refused', async () => {
    const { directory } = recordings({ messages: ['SELECT 1'] });
    const [one = '', two = '', three = ''] = await shards(directory, 3);
    const [other = ''] = await shards(directory, 3, { limitGroups: '3' });
    const whole = join(folder, 'whole.json');
    writeFileSync(whole, (await replay([directory])).text);
    for (const [files, message] of [
      [[one, three], 'Shards are missing: 2/3'],
      [[one, two, two], 'are both shard 2/3'],
      [[one, two, other], 'limit_groups differs'],
      [[whole], 'is no JSON report of a shard'],
      [['/nowhere'], 'cannot be read'],
    ] as const) {
      await expect(merge(files)).rejects.toMatchObject({
        code: 'SP_USAGE',
        message: expect.stringContaining(message) as unknown,
      });
    }
  });
});

test('an interrupted replay reports what there is, and says so', async () => {
  const { directory } = recordings({ messages: everything }, { messages: everything });
  const streams = fakeStreams([]);
  const code = await runReplay([directory], { bundle: [old], format: 'json' }, streams, {
    warm: compiler,
    signal: AbortSignal.abort(),
  });
  const report = JSON.parse(streams.output()) as JsonReport;
  expect(code).toBe(2);
  expect(report.details.interrupted).toBe(true);
  expect(report.summary).toContain('interrupted');
});

test('every format can be printed', async () => {
  const { directory } = recordings({ messages: everything });
  for (const format of ['pretty', 'markdown', 'junit', 'sarif', 'github', 'tap'] as const) {
    const streams = fakeStreams([]);
    await runReplay([directory], { bundle: [old], format, failOn: 'any>0' }, streams, { warm: compiler });
    expect(streams.output()).not.toBe('');
  }
});
