import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hostBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { createPolicyInstance, type PolicyInstance } from '../../../engine/wasm/policy-instance.ts';
import { closeCompiler, codeOf, compile, loadPolicySync, now } from './support.ts';

/** The traps of opa-wasm 1.10.0 (design §5): each is shown with it, and shown mended. */

const policy = `
conflict := 1 if input.conflict
conflict := 2 if input.conflict
ok := input.x == 1
echo := input.value
null_input if input == null
false_input if input == false
given if input == input
undefined_rule if input.nothing.at.all
text := sprintf("%v %05d %s", [{2, 1}, 42, "x"])
parts := regex.split("a|b", "1a2b3")
yaml_on := yaml.unmarshal("a: on")
number := to_number("007")
sum := input.value + 1
contained if net.cidr_contains("10.0.0.0/8", input.ip)
expanded := net.cidr_expand("10.0.0.0/30")
unordered := {"b", "a", "c", 10, 9, {"z"}}
keys := {1: "x", "a": "y"}
runaway := count([1 | some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a * b == 3])
hungry := [numbers.range(1, 1000000) | some a in numbers.range(1, 1000)]
parsed := json.unmarshal(input.text)
clock := time.now_ns()
rows := count(data.rows)
`;

const entrypoints = [...policy.matchAll(/^([a-z_]+)(?: :=| if)/gm)].map(([, name = '']) => name);

let wasm: Uint8Array;
let ours: PolicyInstance;
const evaluate = (input: unknown, entrypoint: string): unknown => ours.evaluate(input, `test/${entrypoint}`, { now });

beforeAll(async () => {
  wasm = await compile(policy, [...new Set(entrypoints)]);
  ours = createPolicyInstance({ wasm });
});
afterAll(closeCompiler);

function plain(): (input: unknown, entrypoint: string) => unknown {
  const builtins = Object.fromEntries(ours.builtins.map((name) => [name, () => null]));
  const loaded = loadPolicySync(new Uint8Array(wasm), { initial: 5 }, builtins);
  return (input, entrypoint) => {
    const results: unknown = loaded.evaluate(input, `test/${entrypoint}`);
    return results;
  };
}

function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch {
    return 'thrown';
  }
}

describe('an abort leaks the stack', () => {
  it('so opa-wasm cannot evaluate anything after some thousand of them', () => {
    const theirs = plain();
    for (let count = 0; count < 5_000; count += 1) attempt(() => theirs({ conflict: true }, 'conflict'));
    expect(attempt(() => theirs({ x: 1 }, 'ok'))).not.toEqual([{ result: true }]);
  });

  it('ours evaluates as before after 10,000 mixed ones', () => {
    const instance = createPolicyInstance({ wasm, limits: { fuel: 20_000 } });
    const codes = new Set<string | undefined>();
    const inputs = [
      { input: { conflict: true }, entrypoint: 'conflict' },
      { input: {}, entrypoint: 'runaway' },
      { input: { text: '['.repeat(600) }, entrypoint: 'parsed' },
      { input: { value: '\ud800' }, entrypoint: 'echo' },
      { input: {}, entrypoint: 'missing' },
    ];
    for (let count = 0; count < 10_000; count += 1) {
      const { input, entrypoint } = inputs[count % inputs.length] ?? { input: {}, entrypoint: '' };
      codes.add(codeOf(() => instance.evaluate(input, `test/${entrypoint}`, { now })));
    }
    expect(codes).toEqual(
      new Set([
        'SP_EVAL_CONFLICT',
        'SP_EVAL_FUEL_EXHAUSTED',
        undefined,
        'SP_EVAL_INPUT_INVALID',
        'SP_EVAL_NO_ENTRYPOINT',
      ]),
    );
    expect(instance.evaluate({ x: 1 }, 'test/ok', { now })).toBe(true);
  });
});

describe('what an evaluation answers', () => {
  it('undefined is not an empty list: opa-wasm answers [], ours undefined', () => {
    expect(plain()({}, 'undefined_rule')).toEqual([]);
    expect(evaluate({}, 'undefined_rule')).toBeUndefined();
    expect(evaluate({ value: [] }, 'echo')).toEqual([]);
    expect(evaluate({ value: null }, 'echo')).toBeNull();
  });

  it.each([
    [null, 'null_input'],
    [false, 'false_input'],
    [0, 'given'],
    ['', 'given'],
  ])('%j is an input: opa-wasm takes it for none', (input, entrypoint) => {
    expect(plain()(input, entrypoint)).toEqual([]);
    expect(evaluate(input, entrypoint)).toBe(true);
    expect(evaluate(undefined, entrypoint)).toBeUndefined();
  });

  it('text that is no JSON is refused: opa-wasm evaluates it as no input, or as what it begins with', () => {
    const bytes = new TextEncoder().encode('{"x": 1} and more');
    expect(plain()(bytes.buffer, 'ok')).toEqual([{ result: true }]);
    for (const text of ['{"x": 1} and more', '', '{', '{1, 2}', 'nul']) {
      expect(codeOf(() => ours.evaluateText(text, 'test/ok', { now }))).toBe('SP_EVAL_INPUT_INVALID');
    }
    expect(ours.evaluateText(' {"x": 1} ', 'test/ok', { now })).toBe(true);
  });

  it('integers beyond 2^53 keep their digits', () => {
    const theirs = plain()(new TextEncoder().encode('{"value": 9007199254740993}').buffer, 'echo');
    expect(theirs).toEqual([{ result: Number('9007199254740993') }]);
    expect(ours.evaluateText('{"value": 9007199254740993}', 'test/echo', { now })).toBe(9_007_199_254_740_993n);
    expect(ours.evaluateText('{"value": 9007199254740993}', 'test/sum', { now })).toBe(9_007_199_254_740_994n);
    expect(ours.evaluateText('{"value": 1e2}', 'test/echo', { now })).toBe(100);
  });

  it('to_number("007") is 7: opa-wasm cannot read its own answer', () => {
    expect(attempt(() => plain()({}, 'number'))).toBe('thrown');
    expect(evaluate({}, 'number')).toBe(7);
  });

  it('sets come in Rego order, as from OPA, not in hash order', () => {
    expect(evaluate({}, 'unordered')).toEqual([9, 10, 'a', 'b', 'c', ['z']]);
    expect(JSON.stringify(evaluate({}, 'keys'))).toBe('{"1":"x","a":"y"}');
  });
});

describe('builtins', () => {
  it('cannot be overridden in opa-wasm, whose own differ from OPA', () => {
    expect(plain()({}, 'text')).not.toEqual([{ result: '{1, 2} 00042 x' }]);
    expect(evaluate({}, 'text')).toBe('{1, 2} 00042 x');
    expect(evaluate({}, 'parts')).toEqual(['1', '2', '3']);
    expect(evaluate({}, 'yaml_on')).toEqual({ a: 'on' });
  });

  it('see and give sets, which opa-wasm turns into arrays', () => {
    expect(evaluate({}, 'expanded')).toEqual(['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3']);
  });

  it('that are missing are found at load, all of them: opa-wasm finds out when a rule needs one', () => {
    expect(() => loadPolicySync(new Uint8Array(wasm))).not.toThrow();
    expect(() => createPolicyInstance({ wasm, builtins: new Map([['sprintf', () => '']]) })).toThrow(
      /not supplied: .*net\.cidr_expand, .*regex\.split/,
    );
  });

  it('that are asynchronous end the evaluation: opa-wasm takes the promise for an object, which is true', () => {
    const later = { asynchronous: () => Promise.resolve('') };
    const untyped = new Map<string, () => never>();
    for (const name of hostBuiltins.keys()) {
      untyped.set(name, later.asynchronous as unknown as () => never);
    }
    const instance = createPolicyInstance({ wasm, builtins: untyped });
    expect(codeOf(() => instance.evaluate({}, 'test/text', { now }))).toBe('SP_EVAL_FAILED');
  });

  it('tell why their expression is undefined, to whoever listens', () => {
    const onBuiltinError = vi.fn();
    const instance = createPolicyInstance({ wasm, onBuiltinError });
    expect(instance.evaluate({ ip: 'nope' }, 'test/contained', { now })).toBeUndefined();
    expect(onBuiltinError).toHaveBeenCalledWith('net.cidr_contains', expect.stringContaining('nope'));
  });

  it('take ::ffff:10.0.0.1 for 10.0.0.1, as OPA does and its WASM module does not', () => {
    expect(plain()({ ip: '::ffff:10.0.0.1' }, 'contained')).toEqual([]);
    expect(evaluate({ ip: '::ffff:10.0.0.1' }, 'contained')).toBe(true);
    expect(evaluate({ ip: '10.0.0.1' }, 'contained')).toBe(true);
    expect(evaluate({ ip: '11.0.0.1' }, 'contained')).toBeUndefined();
  });

  it('read the clock from the request', () => {
    expect(evaluate({}, 'clock')).toBe(now);
  });
});

describe('bounds', () => {
  it('a runaway policy ends, every time', () => {
    for (let run = 0; run < 2; run += 1) expect(codeOf(() => evaluate({}, 'runaway'))).toBe('SP_EVAL_FUEL_EXHAUSTED');
    expect(evaluate({ x: 1 }, 'ok')).toBe(true);
  });

  it('a hungry policy ends, and its memory is given back', () => {
    const instance = createPolicyInstance({
      wasm,
      limits: { memoryBytes: 16 * 1024 * 1024, retainedBytes: 1024 * 1024 },
    });
    for (let run = 0; run < 5; run += 1) {
      expect(codeOf(() => instance.evaluate({}, 'test/hungry', { now }))).toBe('SP_EVAL_MEMORY_EXHAUSTED');
      expect(instance.evaluate({ x: 1 }, 'test/ok', { now })).toBe(true);
    }
  });

  it('data that does not fit is refused at load', () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}` }));
    const limits = { memoryBytes: 4 * 1024 * 1024 };
    expect(codeOf(() => createPolicyInstance({ wasm, data: { rows }, limits }))).toBe('SP_EVAL_MEMORY_EXHAUSTED');
    const roomy = createPolicyInstance({ wasm, data: { rows } });
    expect(roomy.evaluate({}, 'test/rows', { now })).toBe(20_000);
    codeOf(() => roomy.evaluate({}, 'test/runaway', { now }));
    expect(roomy.evaluate({}, 'test/rows', { now })).toBe(20_000);
  });

  it('inputs are bounded in depth and size', () => {
    const nested = (depth: number): unknown => {
      let value: unknown = 1;
      for (let level = 0; level < depth; level += 1) value = [value];
      return value;
    };
    expect(codeOf(() => evaluate({ value: nested(63) }, 'echo'))).toBeUndefined();
    expect(codeOf(() => evaluate({ value: nested(64) }, 'echo'))).toBe('SP_EVAL_INPUT_TOO_DEEP');
    expect(codeOf(() => evaluate({ value: nested(100_000) }, 'echo'))).toBe('SP_EVAL_INPUT_TOO_DEEP');
    expect(codeOf(() => evaluate({ value: 'x'.repeat(1024 * 1024) }, 'echo'))).toBe('SP_EVAL_INPUT_TOO_LARGE');
    expect(codeOf(() => ours.evaluateText('[['.repeat(600_000), 'test/echo', { now }))).toBe('SP_EVAL_INPUT_TOO_LARGE');
    expect(evaluate({ value: '[[[[{{{{'.repeat(100) }, 'echo')).toHaveLength(800);
  });

  it('a text that hides a deep document ends the evaluation instead of the process stack', () => {
    expect(codeOf(() => evaluate({ text: `${'['.repeat(10_000)}${']'.repeat(10_000)}` }, 'parsed'))).toBe(
      'SP_EVAL_FAILED',
    );
    expect(evaluate({ text: '[[1.50]]' }, 'parsed')).toEqual([[1.5]]);
  });

  it.each(['\ud800', 'x\udc00y', '\udc00\ud800'])('a lone surrogate is refused: %j', (value) => {
    expect(codeOf(() => evaluate({ value }, 'echo'))).toBe('SP_EVAL_INPUT_INVALID');
    expect(codeOf(() => ours.evaluateText(`{"value": "${value}"}`, 'test/echo', { now }))).toBe(
      'SP_EVAL_INPUT_INVALID',
    );
    expect(evaluate({ value: '\ud83d\ude00 \\ud800 é \u0000' }, 'echo')).toBe('\ud83d\ude00 \\ud800 é \u0000');
  });

  it.each([{ fuel: 0 }, { fuel: 2 ** 31 }, { inputDepth: 1.5 }, { memoryBytes: 1 }, { inputBytes: Number.NaN }])(
    'a limit that cannot be enforced is refused: %j',
    (limits) => {
      expect(() => createPolicyInstance({ wasm, limits })).toThrow(RangeError);
    },
  );
});
