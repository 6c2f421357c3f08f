import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Command, Decision, Input } from '../../engine/contract.ts';
import { readBundle } from '../../engine/bundle.ts';
import { createEngine, type Engine } from '../../engine/engine.ts';
import { buildRequest, loadEngine } from '../../engine/load.ts';
import { readPolicyFolder } from '../../engine/policy-folder.ts';
import { watchPolicies } from '../../engine/policy-source.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { command } from './support/command.ts';

const compiler = createPolicyCompiler();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-engine-'));
});
afterAll(async () => {
  await compiler.close();
  await rm(folder, { recursive: true });
});

let files = 0;
/** An engine of these packages' bodies; `a` becomes `package policy.a`. */
async function engineOf(packages: Record<string, string>, options: { memoEntries?: number } = {}): Promise<Engine> {
  const path = await mkdtemp(join(folder, 'p'));
  for (const [name, body] of Object.entries(packages)) {
    await writeFile(join(path, `${++files}.rego`), `package policy.${name}\n\n${body}\n`);
  }
  return loadEngine(path, { compiler, ...options });
}

function input(more: Partial<Command> = {}, kind: Input['subject']['kind'] = 'agent'): Input {
  return {
    schema: 1,
    stage: 'command',
    now: '2026-01-02T03:04:05.006Z',
    subject: { id: 's', kind, groups: [], claims: {} },
    resource: { name: 'r', protocol: 'toy', environment: '', labels: {} },
    client: { address: '127.0.0.1', tls: false },
    session: { id: 'x', transaction: 'idle', settings: {}, effects: [], counters: { commands: 0, denied: 0 } },
    command: { ...command, ...more },
  };
}

function rules(decision: Decision): string[] {
  return decision.reasons.map(({ rule }) => rule);
}

describe('merging what the packages say', () => {
  const body = {
    allow: 'allow contains "may read" if "read" in input.command.effects',
    deny: 'deny contains {"rule": "no-drop", "message": "no drop"} if "drop" in input.command.effects',
    review:
      'review contains {"message": "ask", "approvers": ["dba"], "ttl": "15m"} if "alter" in input.command.effects',
  };
  let engine: Engine;
  beforeAll(async () => {
    engine = await engineOf({ a: body.deny, 'team.b': body.allow, 'team.deep.er.c': body.review });
  });

  it.each<[string, Partial<Command>, string, string[]]>([
    ['an allow allows', { effects: ['read'] }, 'allow', ['policy.team.b.allow']],
    ['nothing allows: deny', { effects: ['write'] }, 'deny', ['sallyport.no_allow']],
    ['deny beats allow', { effects: ['read', 'drop'] }, 'deny', ['no-drop']],
    ['deny beats review and allow', { effects: ['read', 'alter', 'drop'] }, 'deny', ['no-drop']],
    ['review beats allow', { effects: ['read', 'alter'] }, 'review', ['policy.team.deep.er.c.review']],
    ['a review alone is a review', { effects: ['alter'] }, 'review', ['policy.team.deep.er.c.review']],
    [
      'what is not complete is denied, allowed or not',
      { effects: ['read'], complete: false, reasons: ['dynamic_sql'] },
      'deny',
      ['sallyport.incomplete'],
    ],
    [
      'a deny on what is not complete keeps its own words',
      { effects: ['drop'], complete: false, reasons: ['x'] },
      'deny',
      ['no-drop'],
    ],
  ])('%s', (_name, more, effect, expected) => {
    const decision = engine.evaluate(input(more));
    expect({ effect: decision.effect, rules: rules(decision) }).toEqual({ effect, rules: expected });
  });

  it('gives each decision an id of its own, and the revision', () => {
    expect(engine.evaluate(input()).id).not.toBe(engine.evaluate(input()).id);
    expect(engine.evaluate(input(), 'mine')).toMatchObject({ id: 'mine', revision: engine.revision });
  });

  it('is deterministic but for the id', () => {
    const first = engine.evaluate(input({ effects: ['alter'] }), 'x');
    expect(engine.evaluate(input({ effects: ['alter'] }), 'x')).toEqual(first);
  });

  it('says why a command cannot be judged', () => {
    const [reason] = engine.evaluate(input({ complete: false, reasons: ['dynamic_sql', 'unknown_function'] })).reasons;
    expect(reason?.message).toBe('the command cannot be judged: dynamic_sql, unknown_function');
  });

  it('denies a command stage without a command', () => {
    const { command: _none, ...rest } = input();
    expect(engine.evaluate(rest).effect).toBe('deny');
  });

  it('takes METADATA for id, severity and remediation, and lets the entry say better', async () => {
    const metadata = '# METADATA\n# title: The title\n# custom: {id: SP-1, severity: high, remediation: "Ask."}\n';
    const one = await engineOf({
      a: `${metadata}deny contains {"rule": rego.metadata.rule()} if input.command.verb == "select"`,
    });
    expect(one.evaluate(input()).reasons).toEqual([
      { rule: 'SP-1', message: 'The title', severity: 'high', remediation: 'Ask.', package: 'policy.a' },
    ]);
    const two = await engineOf({
      a: `${metadata}deny contains {"rule": rego.metadata.rule(), "message": "m", "severity": "low"} if input.command.verb == "select"`,
    });
    expect(two.evaluate(input()).reasons).toEqual([
      { rule: 'SP-1', message: 'm', severity: 'low', remediation: 'Ask.', package: 'policy.a' },
    ]);
  });
});

describe('accepting what is not complete', () => {
  it.each([
    ['an allow that says so', 'allow contains {"message": "m", "accept": "incomplete"}', 'allow'],
    [
      'a review that says so',
      'review contains {"message": "m", "accept": "incomplete", "approvers": ["a"], "ttl": "1m"}',
      'review',
    ],
    ['an allow that does not', 'allow contains "m"', 'deny'],
    ['a review that does not', 'review contains {"message": "m", "approvers": ["a"], "ttl": "1m"}', 'deny'],
    ['an allow that accepts something else', 'allow contains {"message": "m", "accept": "everything"}', 'deny'],
  ])('%s', async (_name, body, effect) => {
    const engine = await engineOf({ a: body });
    expect(engine.evaluate(input({ complete: false, reasons: ['x'] })).effect).toBe(effect);
  });
});

describe('obligations', () => {
  async function obligations(...bodies: string[]): Promise<Decision['obligations']> {
    const packages = Object.fromEntries(bodies.map((body, n) => [`p${n}`, body]));
    const forward = (await engineOf({ ...packages, z: 'allow contains "m"' })).evaluate(input());
    const backward = await engineOf(
      Object.fromEntries([...Object.entries(packages), ['z', 'allow contains "m"']].reverse()) as Record<
        string,
        string
      >,
    );
    expect(backward.evaluate(input()).obligations).toEqual(forward.obligations);
    expect(forward.effect).toBe('allow');
    return forward.obligations;
  }

  it('limits: the smallest of each quantity', async () => {
    expect(
      await obligations(
        'limit contains {"rows": 100, "seconds": 5}',
        'limit contains {"rows": 10}',
        'limit contains {"rows": 1000}',
      ),
    ).toEqual([{ kind: 'limit', rows: 10, seconds: 5 }]);
  });

  it('masks: the most private for each column, label and detector', async () => {
    expect(
      await obligations(
        'mask contains {"columns": ["email", "name"], "with": "partial"}',
        'mask contains {"columns": ["email"], "labels": ["pii"], "with": "null"}',
        'mask contains {"columns": ["email"], "detect": ["iban"], "with": "hash"}',
      ),
    ).toEqual([
      { kind: 'mask', with: 'null', columns: ['email'], labels: ['pii'], detect: [] },
      { kind: 'mask', with: 'partial', columns: ['name'], labels: [], detect: [] },
      { kind: 'mask', with: 'hash', columns: [], labels: [], detect: ['iban'] },
    ]);
  });

  it('masks: null before redact, hash, fake, partial; null where no way is said', async () => {
    const ways = ['partial', 'fake', 'hash', 'redact', 'null'];
    for (const [index, way] of ways.slice(1).entries()) {
      expect(
        await obligations(
          `mask contains {"columns": ["a"], "with": "${ways[index]}"}`,
          `mask contains {"columns": ["a"], "with": "${way}"}`,
        ),
      ).toMatchObject([{ kind: 'mask', with: way, columns: ['a'] }]);
    }
    expect(await obligations('mask contains {"columns": ["a"]}')).toMatchObject([{ kind: 'mask', with: 'null' }]);
  });

  it('notify, record and terminate: the union', async () => {
    expect(
      await obligations(
        'notify contains {"channel": "a"}',
        'notify contains {"channel": "b"}\n\nrecord contains "all"',
      ),
    ).toEqual([
      { kind: 'notify', channel: 'a', rule: 'policy.p0.notify' },
      { kind: 'notify', channel: 'b', rule: 'policy.p1.notify' },
      { kind: 'record', message: 'all', rule: 'policy.p1.record' },
    ]);
  });

  it('cannot take another kind by an entry of their own', async () => {
    expect(await obligations('notify contains {"kind": "record", "channel": "a"}')).toMatchObject([
      { kind: 'notify', channel: 'a' },
    ]);
  });

  it.each([
    ['a deny that is a number', 'deny contains 5'],
    ['an allow that is a list', 'allow contains ["x"]'],
    ['a mask by a way that there is not', 'mask contains {"columns": ["a"], "with": "rot13"}'],
    ['a mask by a detector that there is not', 'mask contains {"detect": ["cards"]}'],
    ['a mask with a misspelt list', 'mask contains {"columns": ["a"], "lables": ["pii"]}'],
    ['a mask of nothing', 'mask contains {"with": "null"}'],
    ['a mask of one name without its list', 'mask contains {"columns": "a", "with": "null"}'],
    ['a mask with a name that is none', 'mask contains {"columns": ["a", 1], "with": "null"}'],
    ['a limit in words', 'limit contains {"rows": "ten", "bytes": 10}'],
    ['an empty limit', 'limit contains {}'],
    ['a string for a limit', 'limit contains "ten"'],
  ])('%s denies', async (_name, body) => {
    const decision = (await engineOf({ p: body, z: 'allow contains "m"' })).evaluate(input());
    expect(decision.effect).toBe('deny');
    expect(rules(decision)).toContain('sallyport.malformed_entry');
  });
});

describe('counters that are only compared', () => {
  const rule = 'allow contains "m" if input.session.counters.denied < most';

  it.each([
    ['a number', 'most := 3', '{}'],
    ['a rule with a default', 'default most := 3\n\nmost := data.limits.most', '{}'],
    ['data', 'default most := 9\n\nmost := data.limits.most', '{"limits": {"most": 3}}'],
    ['data that is no whole number', 'most := data.limits.most', '{"limits": {"most": 2.5}}'],
  ])('are compared with %s as they are without a memo', async (_name, most, data) => {
    const path = await mkdtemp(join(folder, 'p'));
    await writeFile(join(path, 'p.rego'), `package policy.p\n\n${most}\n\n${rule}\n`);
    await writeFile(join(path, 'data.json'), data);
    const engine = await loadEngine(path, { compiler });
    const effects = [0, 2, 3, 4, 3, 2, 400, 0].map((denied) => {
      const asked = input();
      const { effect } = engine.evaluate({
        ...asked,
        session: { ...asked.session, counters: { commands: 9, denied } },
      });
      return effect;
    });
    expect(effects).toEqual(['allow', 'allow', 'deny', 'deny', 'deny', 'allow', 'deny', 'allow']);
  });
});

describe('an evaluation that goes wrong is a denial', () => {
  it.each([
    [
      'a conflict between two values',
      'x := 1 if input.command.verb == "select"\n\nx := 2 if input.subject.kind == "agent"\n\nallow contains "m" if x > 0',
      'SP_EVAL_',
    ],
    [
      'a policy that never ends',
      'allow contains "m" if { some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i * j == -1 }',
      'SP_EVAL_',
    ],
  ])('%s', async (_name, body, code) => {
    const engine = await engineOf({ a: body });
    const decision = engine.evaluate(input());
    expect(decision.effect).toBe('deny');
    expect(rules(decision)).toEqual(['sallyport.error']);
    expect(decision.reasons[0]?.message).toContain(code);
    // And the engine goes on.
    expect(engine.evaluate(input({ verb: 'other' }, 'human'))).toBeDefined();
  });

  it('too large, too deep, or with a time that is none', async () => {
    const engine = await engineOf({
      a: 'allow contains "m" if { input.command.text; count(object.get(input.command.attributes, "deep", [])) < 9 }',
    });
    const deep = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) as unknown;
    expect(engine.evaluate(input({ text: 'x'.repeat(2_000_000) })).reasons[0]?.message).toMatch(
      /SP_EVAL_INPUT_TOO_LARGE/,
    );
    expect(engine.evaluate(input({ attributes: { deep } })).reasons[0]?.message).toMatch(/SP_EVAL_INPUT_TOO_DEEP/);
    expect(engine.evaluate({ ...input(), now: 'yesterday' }).reasons[0]?.message).toMatch(/SP_EVAL_INPUT_INVALID/);
  });

  it('no JSON: a bigint, or an object that holds itself, where the policy reads', async () => {
    const engine = await engineOf({ a: 'allow contains "m" if input.command.attributes.x' });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    for (const x of [1n, cycle]) {
      expect(engine.evaluate(input({ attributes: { x } })).reasons[0]?.message).toMatch(/SP_EVAL_INPUT_INVALID/);
    }
    expect(engine.evaluate(input({ attributes: { x: true } })).effect).toBe('allow');
  });
});

describe('remembering decisions', () => {
  it('does not remember what depends on the clock, by whichever road', async () => {
    for (const late of [
      'time.parse_rfc3339_ns(input.now) >= time.parse_rfc3339_ns("2026-06-01T00:00:00Z")',
      'time.now_ns() >= time.parse_rfc3339_ns("2026-06-01T00:00:00Z")',
    ]) {
      const engine = await engineOf({ a: `allow contains "m" if ${late}` });
      expect(engine.evaluate({ ...input(), now: '2026-05-31T23:59:59Z' }).effect).toBe('deny');
      expect(engine.evaluate({ ...input(), now: '2026-06-01T00:00:00Z' }).effect).toBe('allow');
      expect(engine.evaluate({ ...input(), now: '2026-05-31T23:59:59Z' }).effect).toBe('deny');
    }
  });

  it('gives the same decisions with and without', async () => {
    const packages = {
      a: 'allow contains "m" if input.subject.kind == "human"\n\ndeny contains "d" if input.command.verb == "drop"',
    };
    const [memo, plain] = [await engineOf(packages), await engineOf(packages, { memoEntries: 0 })];
    for (let round = 0; round < 3; round++) {
      for (const kind of ['human', 'agent'] as const) {
        for (const verb of ['select', 'drop']) {
          for (const complete of [true, false]) {
            const one = input({ verb, complete, reasons: complete ? [] : ['x'] }, kind);
            const { revision: _folder, ...expected } = plain.evaluate(one, 'id');
            expect(memo.evaluate(one, 'id')).toMatchObject(expected);
          }
        }
      }
    }
  });
});

describe('bundles', () => {
  it('an OPA bundle decides as its folder does', async () => {
    const path = await mkdtemp(join(folder, 'b'));
    await writeFile(
      join(path, 'p.rego'),
      'package policy.p\n\nallow contains "m" if input.command.verb in data.verbs\n',
    );
    await writeFile(join(path, 'data.json'), '{"verbs": ["select"]}');
    const fromFolder = await loadEngine(path, { compiler });
    const { result } = await compiler.build(await buildRequest(await readPolicyFolder(path), {}));
    const archive = join(folder, 'bundle.tar.gz');
    await writeFile(archive, result?.bundle ?? '');
    const bundle = await readBundle(archive);
    expect(bundle.reads).toEqual({ paths: result?.reads.paths, clock: false, compared: [] });
    const fromBundle = createEngine(bundle);
    expect(fromBundle.revision).toBe(fromFolder.revision);
    for (const verb of ['select', 'drop']) {
      expect(fromBundle.evaluate(input({ verb }), 'x')).toEqual(fromFolder.evaluate(input({ verb }), 'x'));
    }
  });

  it.each([
    ['no file', undefined, 'SP_BUNDLE_NOT_FOUND'],
    ['no archive', 'hello', 'SP_BUNDLE_INVALID'],
  ])('%s', async (_name, content, code) => {
    const path = join(folder, `${code}.tar.gz`);
    if (content !== undefined) await writeFile(path, content);
    await expect(readBundle(path)).rejects.toMatchObject({ code });
  });

  it('a module that is none is refused', () => {
    expect(() => createEngine({ revision: 'r', wasm: Buffer.from('no'), data: {} })).toThrow(
      expect.objectContaining({ code: 'SP_BUNDLE_INVALID' }) as Error,
    );
  });

  it('answers other entrypoints, and says which there are', async () => {
    const path = await mkdtemp(join(folder, 'e'));
    await writeFile(join(path, 'p.rego'), 'package policy.p\n\nallow contains "m"\n\nanswer := input.command.verb\n');
    const engine = await loadEngine(path, { compiler, entrypoints: ['policy/p/answer'] });
    expect(engine.query('policy/p/answer', input(), input().now)).toBe('select');
    expect(engine.query('policy/p/answer', {}, input().now)).toBeUndefined();
    expect(() => engine.query('policy/p/nobody', {}, input().now)).toThrow(
      expect.objectContaining({ code: 'SP_EVAL_NO_ENTRYPOINT' }) as Error,
    );
  });
});

describe('a policy folder under watch', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(folder, 'w'));
  });
  const write = (body: string) => writeFile(join(path, 'p.rego'), `package policy.p\n\n${body}\n`);

  it('swaps to what compiles, and keeps the old revision when it does not', async () => {
    await write('allow contains "one"');
    const swaps: string[] = [];
    const refusals: unknown[] = [];
    const source = await watchPolicies(path, () => loadEngine(path, { compiler }), {
      onSwap: ({ revision }) => swaps.push(revision),
      onRefused: (error) => refusals.push(error),
    });
    try {
      const first = source.current;
      await write('allow contains "two" if input.command.fucntions');
      await vi.waitFor(
        () => {
          expect(refusals).toHaveLength(1);
        },
        { timeout: 10_000 },
      );
      expect(refusals[0]).toBeInstanceOf(PolicyError);
      expect((refusals[0] as PolicyError).diagnostics).toMatchObject([
        { file: 'p.rego', row: 3, help: expect.stringContaining('functions') as string },
      ]);
      expect(source.current).toBe(first);

      await write('allow contains "three"');
      await vi.waitFor(
        () => {
          expect(swaps).toHaveLength(1);
        },
        { timeout: 10_000 },
      );
      expect(source.current.revision).toBe(swaps[0]);
      expect(source.current.evaluate(input()).reasons).toMatchObject([{ message: 'three' }]);
    } finally {
      await source.close();
    }
  });

  it('does not start without a policy that compiles', async () => {
    await write('allow if true');
    await expect(watchPolicies(path, () => loadEngine(path, { compiler }))).rejects.toBeInstanceOf(PolicyError);
  });
});
