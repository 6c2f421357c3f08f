import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, ModuleFormatError } from '../../../engine/wasm/bytes.ts';
import { fuelExport, maximumFuel, rewriteModule, stackPointerExport } from '../../../engine/wasm/module-rewrite.ts';
import { createPolicyInstance } from '../../../engine/wasm/policy-instance.ts';
import { closeCompiler, codeOf, compile, loadPolicySync, now } from './support.ts';

const policy = `
allow if { some group in input.groups; regex.match("^ops-[a-z]+$", group) }
matches contains name if { some name in input.names; glob.match("*.example.com", ["."], name) }
total := sum([count(name) | some name in input.names])
inside if net.cidr_contains("10.0.0.0/8", input.ip)
`;

let wasm: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  wasm = new Uint8Array(await compile(policy, ['allow', 'matches', 'total', 'inside']));
});
afterAll(closeCompiler);

const inputs = fc.record({
  groups: fc.array(fc.constantFrom('ops-x', 'dev', 'ops-', 'ops-9')),
  names: fc.array(fc.constantFrom('a.example.com', 'a.b.example.com', 'example.com', 'é')),
  ip: fc.ipV4(),
});

function fuelOf(instance: unknown): { value: number } {
  const exports: unknown = instance instanceof WebAssembly.Instance ? instance.exports[fuelExport] : undefined;
  if (!(exports instanceof WebAssembly.Global)) throw new Error('no fuel');
  return exports as { value: number };
}

describe('the instrumented module', () => {
  it('is valid, and exports the stack pointer and the fuel', () => {
    const names = WebAssembly.Module.exports(new WebAssembly.Module(rewriteModule(wasm).bytes)).map(({ name }) => name);
    const before = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
    expect(names).toEqual([...before, stackPointerExport, fuelExport]);
  });

  it('answers what the module answers, in opa-wasm too', () => {
    const before = loadPolicySync(wasm);
    const after = loadPolicySync(rewriteModule(wasm).bytes);
    fc.assert(
      fc.property(inputs, fc.constantFrom('allow', 'matches', 'total', 'inside'), (input, name) => {
        expect(after.evaluate(input, `test/${name}`)).toEqual(before.evaluate(input, `test/${name}`));
      }),
      { numRuns: 200 },
    );
  });

  it('takes the same fuel for the same evaluation, whatever ran before', () => {
    const policyOf = loadPolicySync(rewriteModule(wasm).bytes);
    const fuel = fuelOf(policyOf.wasmInstance);
    const used = (input: unknown): number => {
      fuel.value = maximumFuel;
      policyOf.evaluate(input, 'test/matches');
      return maximumFuel - fuel.value;
    };
    // RE2 initializes itself once.
    used({ groups: ['ops-x'], names: ['a.example.com'], ip: '10.0.0.1' });
    fc.assert(
      fc.property(inputs, inputs, (first, second) => {
        const alone = used(first);
        used(second);
        expect(used(first)).toBe(alone);
        expect(alone).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('ends exactly when the fuel does', () => {
    const input = { groups: [], names: ['a.example.com'], ip: '10.0.0.1' };
    const ends = (fuel: number): boolean => {
      const instance = createPolicyInstance({ wasm, limits: { fuel } });
      return codeOf(() => instance.evaluate(input, 'test/matches', { now })) === undefined;
    };
    let [low, high] = [1, 10_000_000];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ends(middle)) high = middle;
      else low = middle;
    }
    expect(ends(high - 1)).toBe(false);
    expect(ends(high)).toBe(true);
    expect(ends(high + 1)).toBe(true);
  });

  it('replaces native functions by name, and says which', () => {
    const overrides = [
      { native: 'opa_cidr_contains', id: -1 },
      { native: 'opa_no_such_function', id: -2 },
    ];
    expect(rewriteModule(wasm, overrides).overridden).toEqual(['opa_cidr_contains']);
  });
});

describe('what is no policy module is refused, not guessed at', () => {
  it.each([
    ['no module', new Uint8Array([1, 2, 3])],
    ['an empty module', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
  ])('%s', (_name, bytes) => {
    expect(() => rewriteModule(bytes)).toThrow(ModuleFormatError);
    expect(codeOf(() => createPolicyInstance({ wasm: bytes }))).toBe('SP_BUNDLE_INVALID');
  });

  it('a module that is cut off, at any byte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: wasm.length - 1 }), (length) => {
        expect(codeOf(() => createPolicyInstance({ wasm: wasm.subarray(0, length) }))).toBe('SP_BUNDLE_INVALID');
      }),
      { numRuns: 40 },
    );
  });
});

describe('LEB128', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        const writer = new ByteWriter(1);
        writer.u32(value);
        const reader = new ByteReader(writer.finish());
        expect(reader.u32()).toBe(value);
        expect(reader.done).toBe(true);
      }),
    );
  });

  it.each([
    [0, [0]],
    [-1, [0x7f]],
    [63, [0x3f]],
    [64, [0xc0, 0]],
    [-65, [0xbf, 0x7f]],
    [0x7fff_ffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
  ])('writes the signed %i', (value, bytes) => {
    const writer = new ByteWriter();
    writer.s32(value);
    expect([...writer.finish()]).toEqual(bytes);
  });
});
