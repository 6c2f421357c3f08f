import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { compileTimeBuiltins, nativeBuiltins } from '../../../engine/builtins/native.ts';
import { printValue } from '../../../engine/builtins/value-text.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { answer, families } from './support.ts';

/** The same calls in OPA's own engine, which runs inside Node as part of the policy compiler. */
const compiler = createPolicyCompiler({ timeoutMs: 120_000 });
afterAll(() => compiler.close());

/** What OPA prints for each call; null where it is undefined. */
async function opa(calls: readonly string[]): Promise<(string | null)[]> {
  const rules = calls.map((call, index) => {
    const open = call.indexOf('(');
    // Hidden from the type checker: calls with operands of a wrong type are cases, too.
    const operands = `object.get({"operands": [${call.slice(open + 1, -1)}]}, input.key, [])`;
    const names = Array.from({ length: operandCount(call) }, (_, position) => `operands[${position}]`);
    return `r${index} := sprintf("%v", [[${call.slice(0, open)}(${names.join(', ')})]]) if { operands := ${operands} }`;
  });
  const { result, diagnostics } = await compiler.evaluate({
    modules: { 'test.rego': `package test\n\n${rules.join('\n')}\n` },
    query: 'data.test',
    input: { key: 'operands' },
  });
  if (!result) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
  const values = new Map<string, unknown>(Object.entries(result.value ?? {}));
  return calls.map((_call, index) => {
    const printed = values.get(`r${index}`);
    return typeof printed === 'string' ? printed.slice(1, -1) : null;
  });
}

/** Commas outside of brackets and strings, plus one. */
function operandCount(call: string): number {
  let [depth, count, inString] = [0, 1, false];
  for (let index = 0; index < call.length; index += 1) {
    const character = call[index] ?? '';
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if ('[{('.includes(character)) depth += 1;
    else if (']})'.includes(character)) depth -= 1;
    else if (character === ',' && depth === 1) count += 1;
  }
  return count;
}

const seed = Number(process.env['SALLYPORT_SEED'] ?? 1);

describe('OPA itself', () => {
  it('answers the recorded cases as recorded', async () => {
    // A sample that moves over all of them: every 13th.
    const sample = families()
      .flatMap(({ cases }) => cases)
      .filter((_, index) => index % 13 === 0);
    expect(await opa(sample.map(([call]) => call))).toEqual(sample.map(([, value]) => value));
  });

  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '日', '😀', ' ', '.', '-', '1', '\n'), maxLength: 8 });
  const number = fc.oneof(
    fc.integer().map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  );
  const verb = fc
    .tuple(
      fc.subarray(['+', '-', '#', ' ', '0']),
      fc.option(fc.integer({ min: 0, max: 12 }), { nil: '' }),
      fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
      fc.constantFrom(...Array.from('vdsqxXobeEfFgGtcUO')),
    )
    .map(([flags, width, precision, letter]) => {
      return `%${flags.join('')}${width}${precision === undefined ? '' : `.${precision}`}${letter}`;
    });
  const piece = fc.constantFrom(
    'a',
    'b+',
    'é?',
    '(a|b)',
    '[^a]',
    '.',
    '\\d',
    '\\s*',
    '日',
    '^',
    '$',
    '\\b',
    '(?i)A',
    'a{1,2}',
  );
  const pattern = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map((ip) => `::ffff:${ip}`),
  );
  const network = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 33 })).map(([ip, prefix]) => `${ip}/${prefix}`),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 129 })).map(([ip, prefix]) => `${ip}/${prefix}`),
  );
  const version = fc
    .tuple(fc.nat(3), fc.nat(12), fc.nat(3), fc.constantFrom('', '-a', '-a.1', '-a.b', '-1', '-01', '+x', '-rc.2+y'))
    .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest}`);
  const unit = fc
    .tuple(
      fc.constantFrom('0', '1', '1.5', '.25', '7e2', '123456789', '-3', '0.1'),
      fc.constantFrom('', 'k', 'K', 'Ki', 'm', 'M', 'Mi', 'mb', 'GiB', 'T', 'pb', 'E'),
    )
    .map(([amount, name]) => amount + name);
  const time = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(String);
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Tokyo',
    'America/Sao_Paulo',
    'Australia/Sydney',
  );
  const layout = fc
    .array(
      fc.constantFrom(
        '2006',
        '01',
        '_2',
        'Jan',
        'Monday',
        '15',
        '03',
        '04',
        '05',
        '.000',
        '.999',
        'PM',
        '-07:00',
        'Z0700',
        '002',
        ' ',
        '/',
        'x',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  const json = JSON.stringify;

  const calls: Readonly<Record<string, fc.Arbitrary<string>>> = {
    'sprintf with numbers': fc.tuple(verb, number).map(([format, value]) => `sprintf(${json(format)}, [${value}])`),
    'sprintf with text': fc.tuple(verb, text).map(([format, value]) => `sprintf(${json(format)}, [${json(value)}])`),
    'sprintf with any format': fc
      .tuple(
        fc.string({ unit: fc.constantFrom('%', 'd', 's', '[', '1', '2', ']', '*', '.', ' ', 'x', 'é'), maxLength: 7 }),
        number,
      )
      .map(([format, value]) => `sprintf(${json(format)}, [${value}, "t"])`),
    'regex.find_n': fc.tuple(pattern, text).map(([p, t]) => `regex.find_n(${json(p)}, ${json(t)}, -1)`),
    'regex.split': fc.tuple(pattern, text).map(([p, t]) => `regex.split(${json(p)}, ${json(t)})`),
    'regex.replace': fc.tuple(pattern, text).map(([p, t]) => `regex.replace(${json(t)}, ${json(p)}, "<$0$1>")`),
    'net.cidr_contains': fc.tuple(network, address).map(([n, a]) => `net.cidr_contains("${n}", "${a}")`),
    'net.cidr_merge': fc.array(network, { minLength: 1, maxLength: 4 }).map((list) => `net.cidr_merge(${json(list)})`),
    'semver.compare': fc.tuple(version, version).map(([a, b]) => `semver.compare("${a}", "${b}")`),
    'units.parse': unit.map((value) => `units.parse("${value}")`),
    'units.parse_bytes': unit.map((value) => `units.parse_bytes("${value}")`),
    'time.format': fc.tuple(time, zone, layout).map(([n, z, l]) => `time.format([${n}, "${z}", ${json(l)}])`),
    'time.add_date': fc
      .tuple(time, zone, fc.integer({ min: -50, max: 50 }), fc.integer({ min: -500, max: 500 }))
      .map(([n, z, months, days]) => `time.add_date([${n}, "${z}"], 0, ${months}, ${days})`),
    'strings.split_n': fc
      .tuple(text, text, fc.integer({ min: -3, max: 3 }))
      .map(([t, d, n]) => `strings.split_n(${json(t)}, ${json(d)}, ${n})`),
    'urlquery.decode_object': fc.string({ maxLength: 10 }).map((t) => `urlquery.decode_object(${json(t)})`),
  };

  it.each(Object.entries(calls))('and the host agree on any %s', async (_name, arbitrary) => {
    // The same calls in every run; SALLYPORT_SEED tries others.
    const sample = fc.sample(arbitrary, { numRuns: 150, seed });
    const answers = await opa(sample);
    const wrong = sample
      .map((call, index) => ({ call, opa: answers[index], ours: answer(call) }))
      // Go's strings can hold bytes that are no UTF-8, which it prints as \xNN; here they are U+FFFD, as in any JSON.
      .filter(({ opa: theirs, ours }) => (theirs?.replace(/(?<!\\)\\x[89a-f][0-9a-f]/g, '\ufffd') ?? null) !== ours);
    expect(wrong).toEqual([]);
  });
});

describe('the compiler knows every supplied builtin', () => {
  it('by the same name', async () => {
    const known = await compiler.builtins();
    const native = known.filter((builtin) => builtin.native && !builtin.deprecated).map(({ name }) => name);
    expect([...nativeBuiltins, ...compileTimeBuiltins].sort()).toEqual(native.sort());
    expect(suppliedBuiltins.filter((name) => !known.some((builtin) => builtin.name === name))).toEqual([]);
  });

  it('and prints values as we do', () => {
    expect(printValue(['a', new Map([['k', 1]])])).toBe('["a", {"k": 1}]');
  });
});
