import { describe, expect, it } from 'vitest';
import { hostBuiltins, suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { BuiltinError } from '../../../engine/builtins/value.ts';
import { readCases } from '../conformance/cases.ts';
import { answer, context, families } from './support.ts';

describe('every host builtin answers what OPA answers', () => {
  it.each(families())('$family', ({ cases }) => {
    const wrong = cases
      .map(([call, opa]) => ({ call, opa, ours: answer(call) }))
      .filter(({ opa, ours }) => opa !== ours);
    expect(wrong).toEqual([]);
    expect(cases.length).toBeGreaterThan(20);
  });

  it("and every one of them is covered, by these cases or by OPA's own", () => {
    const covered = new Set(families().flatMap(({ cases }) => cases.map(([call]) => call.slice(0, call.indexOf('(')))));
    for (const { builtins } of readCases().cases) for (const name of builtins) covered.add(name);
    // native.test.ts has the operators, opa-builtins.test.ts the other two.
    const elsewhere = [
      'plus',
      'minus',
      'mul',
      'div',
      'trace',
      'crypto.x509.parse_and_verify_certificates_with_options',
    ];
    expect([...hostBuiltins.keys()].filter((name) => !covered.has(name))).toEqual(elsewhere);
  });
});

describe('known differences from OPA', () => {
  it.each<[string, string | null, string]>([
    ['to_number("007")', '7', 'OPA answers 007, which is no JSON'],
    ['to_number(".5")', '0.5', 'OPA answers .5, which is no JSON'],
    ['urlquery.decode("%E9")', '"\ufffd"', 'OPA keeps the byte, which is no UTF-8'],
    ['time.date([0, "Local"])', null, 'a decision may not depend on where the gateway runs'],
    ['time.format([0, "Europe/Berlin", "MST"])', null, 'ICU has no abbreviations like CET'],
    ['sprintf("%p", [18446744073709551616])', '"%!p(big.Int=18446744073709551616)"', 'OPA prints an address in memory'],
    ['semver.compare("1.0.0-99999999999999999999", "1.0.0-99999999999999999998")', '0', 'OPA never ends'],
  ])('%s is %s: %s', (call, ours) => {
    expect(answer(call)).toBe(ours);
  });
});

describe('the list of supplied builtins', () => {
  it('is sorted and without doubles', () => {
    expect(suppliedBuiltins).toEqual([...new Set(suppliedBuiltins)].sort());
  });

  it.each(['http.send', 'net.lookup_ip_addr', 'opa.runtime', 'rand.intn', 'uuid.rfc4122', 'io.jwt.encode_sign'])(
    'leaves out %s, which reaches outside or is random',
    (name) => {
      expect(suppliedBuiltins).not.toContain(name);
    },
  );
});

describe('host builtins and what they cost', () => {
  it('give the same time for a whole evaluation, from the context', () => {
    expect(hostBuiltins.get('time.now_ns')?.([], context)).toBe(1_700_000_000_000_000_000n);
  });

  it.each([
    'net.cidr_expand("0.0.0.0/0")',
    'net.cidr_expand("::/0")',
    'numbers.range_step(0, 1000000000000, 1)',
    'sprintf("%1000000d%1000000d%1000000d", [1, 2, 3])',
  ])('%s is charged before it takes memory', (call) => {
    const limited = {
      ...context,
      charge: (units: number) => {
        if (units > 500_000) throw new RangeError('too much');
      },
    };
    expect(() => answer(call, limited)).toThrow('too much');
  });

  it('charge the same whatever ran before, so that a replay ends at the same step', () => {
    const charges = (): number[] => {
      const units: number[] = [];
      answer('regex.replace("aab", "(a+)b?", "<$1>")', { ...context, charge: (unit) => units.push(unit) });
      return units;
    };
    expect(charges()).toEqual(charges());
  });

  it('match in linear time what makes a backtracking engine run for years', () => {
    const text = `${'a'.repeat(5_000)}!`;
    expect(answer(`regex.find_n("(a|aa)+$", ${JSON.stringify(text)}, -1)`)).toBe('[]');
    expect(answer(`regex.split("(x+x+)+y", ${JSON.stringify('x'.repeat(5_000))})`)).toBe(`["${'x'.repeat(5_000)}"]`);
  });

  it('tell errors of the call from all others', () => {
    expect(() => hostBuiltins.get('sprintf')?.([1, []], context)).toThrow(BuiltinError);
  });
});
