import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { nativeBuiltins } from '../../../engine/builtins/native.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { createPolicyInstance } from '../../../engine/wasm/policy-instance.ts';
import { closeCompiler, compile } from '../wasm/support.ts';

/**
 * The builtins that OPA compiles into the policy module, with the parts of them that the host replaces (native.ts): the
 * same calls in the module and in OPA's own engine. SALLYPORT_SEED tries others, SALLYPORT_RUNS more.
 */
const compiler = createPolicyCompiler({ timeoutMs: 120_000 });
afterAll(async () => {
  await compiler.close();
  await closeCompiler();
});

const seed = Number(process.env['SALLYPORT_SEED'] ?? 1);
const numRuns = Number(process.env['SALLYPORT_RUNS'] ?? 8);
const json = JSON.stringify;

const text = fc
  .constantFrom(
    '',
    'a',
    'aXbXc',
    'é',
    'ß',
    'İ',
    'Σ',
    '日本',
    '😀',
    ' a ',
    '\u00a0a\u3000',
    '1',
    '007',
    '1.5',
    '-3',
    '[1,2]',
  )
  .chain((one) =>
    fc.constantFrom(
      one,
      'YQ==',
      'YQ',
      '_-8=',
      'a/b/c',
      'a.b.c',
      '**',
      '{a,b}',
      '[a-c]*',
      'k',
      '\u212a',
      'aa',
      '10.0.0.0/8',
    ),
  )
  .map(json);
const number = fc.constantFrom(
  ...[
    '0',
    '1',
    '-1',
    '3',
    '7',
    '16',
    '255',
    '2147483648',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
  ],
  ...[
    '18446744073709551616',
    '123456789012345678901234567890',
    '1.5',
    '-0.5',
    '0.1',
    '0.2',
    '1e3',
    '1.0',
    '1e-7',
    '2.50',
    '1e21',
  ],
);
const { value, array, set, object } = fc.letrec<Record<'value' | 'array' | 'set' | 'object', string>>((tie) => ({
  value: fc.oneof(
    { weight: 4, arbitrary: fc.oneof(text, number, fc.constantFrom('null', 'true', 'false')) },
    tie('array'),
    tie('set'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
  set: fc.array(tie('value'), { maxLength: 4 }).map(setText),
  object: fc
    .uniqueArray(fc.tuple(fc.oneof(text, number), tie('value')), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => `{${entries.map(([key, item]) => `${key}: ${item}`).join(', ')}}`),
}));

function setText(items: readonly string[]): string {
  return items.length === 0 ? 'set()' : `{${items.join(', ')}}`;
}

/** Mostly values of the type that the builtin declares, as OPA prints types. */
function operand(name: string, type: string): fc.Arbitrary<string> {
  // A shift by 2^63 makes OPA itself panic.
  if (/^bits\.[lr]sh|^numbers\.range/.test(name))
    return fc.constantFrom('0', '1', '-1', '7', '64', '1.5', '5.0', '"a"');
  const plain = type.replace(/^\w+: /, '');
  const collection = (items: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(fc.array(items, { maxLength: 4 }), fc.boolean())
      .map(([list, asSet]) => (asSet ? setText(list) : `[${list.join(', ')}]`));
  const typed = ((): fc.Arbitrary<string> => {
    if (plain === 'string') return text;
    if (plain === 'number') return number;
    if (/(?:set|array)\[number\]/.test(plain)) return collection(number);
    if (/(?:set|array)\[string\]/.test(plain)) return collection(text);
    if (plain.startsWith('set')) return set;
    if (plain.startsWith('array')) return array;
    return plain.startsWith('object') ? object : value;
  })();
  return fc.oneof({ weight: 12, arbitrary: typed }, { weight: 1, arbitrary: value });
}

const globPiece = fc.constantFrom(
  'a',
  'b',
  '.',
  '*',
  '**',
  '?',
  '[ab]',
  '[!a]',
  '[a-c]',
  '{a,b*}',
  '(',
  ')',
  '+',
  '^',
  '$',
  '|',
  '\\*',
  '/',
);
const pattern = fc.constantFrom(
  'a+',
  '(?<n>a)',
  '\\C',
  '(a|b)',
  '^',
  '(?i)k',
  '\\d',
  '\\p{Greek}',
  'a{1,2}',
  '(',
  '\\Q.\\E',
);
const join = (pieces: readonly string[]): string => json(pieces.join(''));
const characters = fc.string({ unit: fc.constantFrom(...Array.from('aabb.(+^$|*k1é')), maxLength: 5 }).map(json);

/** What the declared types do not lead to. */
const special: Readonly<Record<string, fc.Arbitrary<readonly string[]>>> = {
  'glob.match': fc.tuple(
    fc.array(globPiece, { maxLength: 5 }).map(join),
    fc.constantFrom('null', '[]', '["/"]'),
    characters,
  ),
  'regex.match': fc.tuple(fc.array(pattern, { maxLength: 3 }).map(join), characters),
  'regex.is_valid': fc.tuple(fc.array(pattern, { maxLength: 3 }).map(join)),
  'regex.find_all_string_submatch_n': fc.tuple(
    fc.array(pattern, { maxLength: 3 }).map(join),
    characters,
    fc.constantFrom('-1', '1', '2.0'),
  ),
};

interface Call {
  readonly name: string;
  readonly operands: readonly string[];
}

/** No operands of their own, or no value that could be compared. */
const left = new Set(['assign', 'eq', 'internal.template_string', 'walk']);

async function calls(): Promise<Call[]> {
  const native = (await compiler.builtins()).filter(({ name }) => nativeBuiltins.includes(name) && !left.has(name));
  return native.flatMap(({ name, arguments: types }) => {
    const some = fc.sample(fc.tuple(...types.map((type) => operand(name, type))), { numRuns, seed });
    const more = special[name] === undefined ? [] : fc.sample(special[name], { numRuns: numRuns * 10, seed });
    return [...some, ...more].map((operands) => ({ name, operands }));
  });
}

/** Rules `r0`, `r1`, …; the operands are hidden from the type checker, so that those of a wrong type are cases, too. */
function rulesOf(list: readonly Call[]): string {
  const rules = list.map(({ name, operands }, index) => {
    const names = operands.map((_, position) => `operands[${position}]`).join(', ');
    const hidden = `object.get({"operands": [${operands.join(', ')}]}, input.key, [])`;
    return `r${index} := sprintf("%v", [[${name}(${names})]]) if { operands := ${hidden} }`;
  });
  return rules.join('\n');
}

/** Where both are right, each in a way of its own. */
function known({ name, operands }: Call, opa: string | undefined): boolean {
  // OPA answers 007, which is no JSON; bytes that are no UTF-8 are no text here.
  return (
    (name === 'to_number' && /^\[0\d|^\[\./.test(opa ?? '')) ||
    (/base64/.test(name) && operands.length === 1 && /\\x[89a-f]/.test(opa ?? ''))
  );
}

describe('native builtins', () => {
  it('answer in the policy module what they answer in OPA', async () => {
    const all = await calls();
    const wrong: string[] = [];
    for (let start = 0; start < all.length; start += 600) {
      const part = all.slice(start, start + 600);
      const rego = rulesOf(part);
      const wasm = await compile(
        rego,
        part.map((_, index) => `r${index}`),
      );
      const instance = createPolicyInstance({ wasm });
      const { result, diagnostics } = await compiler.evaluate({
        modules: { 'test.rego': `package test\n\n${rego}\n` },
        query: 'data.test',
        input: { key: 'operands' },
      });
      if (result === undefined) throw new Error(json(diagnostics.slice(0, 3)));
      const values = new Map<string, unknown>(Object.entries(result.value ?? {}));
      for (const [index, call] of part.entries()) {
        const opa = values.get(`r${index}`) as string | undefined;
        const ours = instance.evaluate({ key: 'operands' }, `test/r${index}`, { now: 0n });
        if (ours !== opa && !known(call, opa)) {
          wrong.push(`${call.name}(${call.operands.join(', ')}): ${String(ours)} instead of ${String(opa)}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(all.length).toBeGreaterThan(800);
  }, 120_000);
});
