import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { suppliedBuiltins } from '../../engine/builtins/host-builtins.ts';
import { bundleOf } from '../../engine/bundle.ts';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Input } from '../../engine/contract.ts';
import { createEngine, type Engine } from '../../engine/engine.ts';
import { buildRequest, loadBundle, loadEngine, readLibrary } from '../../engine/load.ts';
import { readPolicyFolder } from '../../engine/policy-folder.ts';
import { contractSchema } from '../../engine/schema/input-schema.ts';
import { command } from './support/command.ts';

const compiler = createPolicyCompiler();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-stages-'));
});
afterAll(async () => {
  await compiler.close();
  await rm(folder, { recursive: true });
});

/** A folder of these packages' bodies; `session.hours` becomes `package policy.session.hours`. */
async function folderOf(packages: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(folder, 'p'));
  let files = 0;
  for (const [name, body] of Object.entries(packages)) {
    await writeFile(join(path, `${++files}.rego`), `package policy.${name}\n\n${body}\n`);
  }
  return path;
}

const engineOf = async (packages: Record<string, string>): Promise<Engine> =>
  loadEngine(await folderOf(packages), { compiler });

const opening: Input = {
  schema: 1,
  stage: 'session',
  now: '2026-01-02T03:04:05.006Z',
  subject: { id: 's', kind: 'agent', groups: [], claims: {} },
  resource: { name: 'r', protocol: 'toy', environment: 'production', labels: {} },
  client: { address: '127.0.0.1', tls: false },
  session: { id: 'x', transaction: 'idle', settings: {}, effects: [], counters: { commands: 0, denied: 0 } },
};
const commanded: Input = { ...opening, stage: 'command', command };

/** What an engine says of an opening session: the effect and the rules. */
function opened(engine: Engine, more: Partial<Input> = {}): [string, string[]] {
  const { effect, reasons } = engine.evaluate({ ...opening, ...more });
  return [effect, reasons.map(({ rule }) => rule)];
}

describe('packages at and below policy.session are asked when a session opens, and all others for commands', () => {
  const everywhere = 'allow contains "yes"';

  it.each<[string, Record<string, string>, [string, string[]], [string, string[]]]>([
    [
      'no package for sessions: they open',
      { p: everywhere },
      ['allow', ['policy.p.allow']],
      ['allow', ['sallyport.unjudged']],
    ],
    [
      'a denial of commands is none of sessions',
      { p: 'deny contains "no" if not input.command.attributes.x' },
      ['deny', ['policy.p.deny']],
      ['allow', ['sallyport.unjudged']],
    ],
    [
      'a denial of sessions is none of commands',
      { p: everywhere, session: 'deny contains "no"' },
      ['allow', ['policy.p.allow']],
      ['deny', ['policy.session.deny']],
    ],
    [
      'an allow of commands opens no session once sessions are judged',
      { p: everywhere, 'session.hours': 'allow contains "day" if input.subject.kind == "human"' },
      ['allow', ['policy.p.allow']],
      ['deny', ['sallyport.no_allow']],
    ],
    [
      'an allow of sessions allows no command',
      { 'session.hours': everywhere },
      ['deny', ['sallyport.no_allow']],
      ['allow', ['policy.session.hours.allow']],
    ],
    [
      'a package whose name only begins so',
      { sessions: everywhere },
      ['allow', ['policy.sessions.allow']],
      ['allow', ['sallyport.unjudged']],
    ],
    [
      'deny beats allow',
      { 'session.a': everywhere, 'session.b': 'deny contains "no"' },
      ['deny', ['sallyport.no_allow']],
      ['deny', ['policy.session.b.deny']],
    ],
  ])('%s', async (_name, packages, onCommand, onSession) => {
    const engine = await engineOf(packages);
    const { effect, reasons } = engine.evaluate(commanded);
    expect([effect, reasons.map(({ rule }) => rule)]).toEqual(onCommand);
    expect(opened(engine)).toEqual(onSession);
    expect(engine.judgesSessions).toBe(Object.keys(packages).some((name) => /^session(\.|$)/.test(name)));
  });

  it('a rule that names the session package in its head is one of it', async () => {
    const path = await mkdtemp(join(folder, 'p'));
    await writeFile(join(path, 'p.rego'), 'package policy\n\nsession.night.deny contains "late"\n');
    const engine = await loadEngine(path, { compiler });
    expect(opened(engine)).toEqual(['deny', ['policy.session.night.deny']]);
  });

  it('says what to do where nothing allows a session', async () => {
    const engine = await engineOf({ session: 'allow contains "x" if input.subject.kind == "human"' });
    expect(engine.evaluate(opening).reasons).toMatchObject([
      { message: 'no rule allows this session', remediation: expect.stringContaining('policy.session') as string },
    ]);
  });
});

describe('what a session is given', () => {
  const obliged = async (...bodies: string[]) => {
    const packages = Object.fromEntries(bodies.map((body, n) => [`session.p${n}`, body]));
    return (await engineOf({ ...packages, 'session.z': 'allow contains "m"' })).evaluate(opening);
  };

  it('settings: the union, names without their case', async () => {
    const { effect, obligations } = await obliged(
      'settings contains {"Statement_Timeout": "30s", "message": "slow ones end"}',
      'settings contains {"default_transaction_read_only": "on"}\n\nsettings contains {"statement_timeout": "30s"}',
    );
    expect(effect).toBe('allow');
    expect(obligations).toEqual([
      { kind: 'settings', settings: { default_transaction_read_only: 'on', statement_timeout: '30s' } },
    ]);
  });

  it('two values for one setting: a denial that names both rules', async () => {
    const { effect, reasons } = await obliged(
      'settings contains {"statement_timeout": "30s"}',
      'settings contains {"STATEMENT_TIMEOUT": "10s"}',
    );
    expect(effect).toBe('deny');
    expect(reasons).toMatchObject([
      {
        rule: 'sallyport.settings_conflict',
        message:
          'the policies ask for different values of statement_timeout: "10s" by policy.session.p1.settings, "30s" by policy.session.p0.settings',
      },
    ]);
  });

  it.each([
    ['a number', 'settings contains {"statement_timeout": 30}'],
    ['nothing', 'settings contains {}'],
    ['a message alone', 'settings contains {"message": "x"}'],
    ['a text', 'settings contains "statement_timeout"'],
  ])('settings that are %s deny', async (_name, body) => {
    const { effect, reasons } = await obliged(body);
    expect([effect, reasons.map(({ rule }) => rule)]).toEqual(['deny', ['sallyport.malformed_entry']]);
  });

  it('limits, notifications, an end, a quarantine: as for commands', async () => {
    const { obligations } = await obliged(
      'limit contains {"sessions": 5}\n\nlimit contains {"sessions": 2, "session_seconds": 60}',
      'notify contains {"channel": "security"}\n\nquarantine contains "compromised"\n\nterminate contains "out"',
    );
    expect(obligations).toEqual([
      { kind: 'limit', session_seconds: 60, sessions: 2 },
      { kind: 'notify', channel: 'security', rule: 'policy.session.p1.notify' },
      { kind: 'quarantine', message: 'compromised', rule: 'policy.session.p1.quarantine' },
      { kind: 'terminate', message: 'out', rule: 'policy.session.p1.terminate' },
    ]);
  });

  it('quarantine is heard of commands, too', async () => {
    const engine = await engineOf({ p: 'allow contains "m"\n\nquarantine contains "it dropped the audit log"' });
    expect(engine.evaluate(commanded).obligations).toEqual([
      { kind: 'quarantine', message: 'it dropped the audit log', rule: 'policy.p.quarantine' },
    ]);
  });
});

describe('what sessions are asked by does not cost commands their memory', () => {
  const packages = {
    p: 'allow contains "m" if input.command.verb == "select"',
    'session.hours': 'allow contains "day" if time.clock(time.parse_rfc3339_ns(input.now))[0] >= 8',
  };

  it('the clock of a session package is not read by commands', async () => {
    const bundle = await loadBundle(await folderOf(packages), { compiler });
    expect(bundle.stages).toEqual(['command', 'session']);
    expect(bundle.reads?.clock).toBe(false);
    expect(bundle.reads?.paths).not.toContainEqual(['now']);
  });

  it('and sessions are judged by the clock each time all the same', async () => {
    const engine = await engineOf(packages);
    for (const [hour, effect] of [
      ['03', 'deny'],
      ['09', 'allow'],
      ['04', 'deny'],
    ]) {
      expect(engine.evaluate(commanded).effect).toBe('allow');
      expect(opened(engine, { now: `2026-01-02T${hour}:00:00Z` })[0]).toBe(effect);
    }
  });

  it('what commands read by way of a session package counts', async () => {
    const bundle = await loadBundle(
      await folderOf({
        p: 'allow contains "m" if data.policy.session.night',
        session: 'night if input.now < "2026"\n\nallow contains "x" if not night',
      }),
      { compiler },
    );
    expect(bundle.reads?.paths).toContainEqual(['now']);
  });
});

describe('bundles', () => {
  const built = async (packages: Record<string, string>) => {
    const path = await folderOf(packages);
    const request = await buildRequest({ modules: (await readPolicyFolder(path)).modules, data: {} }, {});
    const { result, diagnostics } = await compiler.build(request);
    if (result === undefined) throw new Error(JSON.stringify(diagnostics));
    return result;
  };
  const manifest = (metadata?: object) =>
    Buffer.from(
      JSON.stringify({ revision: 'r', ...(metadata === undefined ? {} : { metadata: { sallyport: metadata } }) }),
    );

  it.each<[string, object | undefined, boolean]>([
    ['one that says so judges sessions', { schema: 1, stages: ['command', 'session'] }, true],
    ['one that says otherwise does not', { schema: 1, stages: ['command'] }, false],
    ['one of before there were stages does not', { schema: 1 }, false],
    ['one of another builder is asked', undefined, true],
  ])('%s', async (_name, metadata, judges) => {
    const { wasm } = await built({ p: 'allow contains "m"' });
    const files = new Map([
      ['.manifest', manifest(metadata)],
      ['policy.wasm', Buffer.from(wasm)],
    ]);
    const engine = createEngine(bundleOf({ path: 'b.tar.gz', bytes: 0, files }));
    expect(engine.judgesSessions).toBe(judges);
    // Whoever asks all the same is told that they open.
    expect(opened(engine)).toEqual(['allow', ['sallyport.unjudged']]);
  });
});

describe('check: what cannot be meant', () => {
  const schema = contractSchema('Input', []);
  const check = async (text: string, more: Record<string, string> = {}) => {
    const library = await readLibrary();
    const { diagnostics } = await compiler.check({
      modules: { ...library.modules, 'p.rego': text, ...more },
      schema,
      builtins: suppliedBuiltins,
    });
    return diagnostics;
  };
  const session = 'package policy.session\n\n';
  const allow = '\n\nallow contains "x"';

  it.each<[string, string, object]>([
    [
      'a review: nobody can be asked',
      `${session}review contains "ask" if input.subject.kind == "agent"${allow}`,
      { severity: 'error', code: 'effect_rule_of_another_stage', row: 3, message: /cannot wait/ },
    ],
    [
      'a mask: there is nothing to mask',
      `${session}mask contains {"columns": ["a"], "with": "null"}${allow}`,
      { severity: 'error', code: 'effect_rule_of_another_stage', row: 3 },
    ],
    [
      'the command, which is not there yet',
      `${session}deny contains "x" if {\n\tinput.command.verb == "drop"\n}${allow}`,
      {
        severity: 'error',
        code: 'input_of_another_stage',
        row: 4,
        col: 2,
        message: /^input\.command\.verb is not there/,
      },
    ],
    [
      'its parameters',
      `${session}deny contains "x" if count(input.parameters) > 0${allow}`,
      { severity: 'error', code: 'input_of_another_stage', row: 3 },
    ],
    [
      'a helper that reads the command',
      `package policy.session\n\nimport data.sallyport.sql\n\ndeny contains "x" if not sql.read_only${allow}`,
      { severity: 'warning', code: 'input_of_another_stage', row: 5 },
    ],
    [
      'settings of commands',
      'package policy.p\n\nsettings contains {"statement_timeout": "1s"}\n\nallow contains "x"',
      { severity: 'warning', code: 'effect_rule_of_another_stage', row: 3, help: /policy\.session/ },
    ],
    [
      'settings that are no set',
      `${session}settings := {"statement_timeout": "1s"}${allow}`,
      { severity: 'error', code: 'effect_rule_not_a_set', row: 3 },
    ],
    [
      'no session can ever open',
      `${session}deny contains "late" if input.now > "2030"`,
      { severity: 'warning', code: 'no_session_opens', row: 3 },
    ],
    [
      'a name that is nearly one',
      `${session}setings contains {"a": "b"}${allow}`,
      { severity: 'warning', code: 'effect_rule_misspelt', help: /settings/ },
    ],
  ])('%s', async (_name, text, expected) => {
    const diagnostics = await check(text, { 'q.rego': 'package policy.q\n\nallow contains "x"' });
    expect(diagnostics).toHaveLength(1);
    for (const [key, value] of Object.entries(expected)) {
      const found: unknown = diagnostics[0]?.[key as keyof (typeof diagnostics)[0]];
      if (value instanceof RegExp) expect(found).toMatch(value);
      else expect(found).toBe(value);
    }
  });

  it.each([
    [
      'a pack calls its configuration settings',
      'package policy.p\n\nallow contains "x" if settings.on\n\nsettings := {"on": true}',
    ],
    [
      'what a session has',
      `${session}allow contains "x" if {\n\tinput.client.tls\n\tinput.session.settings.application_name == "psql"\n}`,
    ],
  ])('%s: nothing to say', async (_name, text) => {
    expect(await check(text, { 'q.rego': 'package policy.q\n\nallow contains "x"' })).toEqual([]);
  });

  it('policies of sessions alone let no command through, and that is said', async () => {
    expect(await check(`${session}allow contains "x"`)).toMatchObject([{ code: 'nothing_takes_part' }]);
  });
});
