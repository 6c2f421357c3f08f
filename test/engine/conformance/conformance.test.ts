import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftOutBuiltins } from '../../../engine/builtins/left-out.ts';
import { CompilerWorker } from '../../../engine/compiler/compiler-worker.ts';
import { packageRoot } from '../../../engine/package-root.ts';
import { type ConformanceCase, readCases } from './cases.ts';
import { type Failure, missingBuiltins, runCases } from './run.ts';

/**
 * OPA's own conformance cases (see generate.go), compiled by OPA's compiler and evaluated as the gateway evaluates:
 * as WebAssembly, with our builtins. exceptions.json names every case that does not pass, or is out of scope, and why;
 * one that begins to pass or to fail is found by this test.
 */
interface Exceptions {
  /** Reasons by case. */
  readonly failing: Readonly<Record<string, string>>;
  readonly outOfScope: Readonly<Record<string, string>>;
}

const exceptions = JSON.parse(readFileSync(new URL('./exceptions.json', import.meta.url), 'utf8')) as Exceptions;
const { cases, total, opa } = readCases();
const inScope = cases.filter((one) => one.unwritable === undefined && missingBuiltins(one).length === 0);

/** Compiling takes most of the time: a thread for each core that a small machine has. */
const compilers = [0, 1].map(
  () =>
    new CompilerWorker({
      artifact: join(packageRoot(), 'engine', 'compiler', 'artifact', 'policy-compiler.wasm.br'),
      timeoutMs: 120_000,
      idleMs: 10_000,
    }),
);

const outcomes = new Map<ConformanceCase, Failure>();
beforeAll(async () => {
  const shares = compilers.map((compiler, share) => {
    return runCases(
      inScope.filter((_, index) => index % compilers.length === share),
      compiler,
    );
  });
  for (const share of await Promise.all(shares)) for (const [one, failure] of share) outcomes.set(one, failure);
}, 600_000);
afterAll(() => Promise.all(compilers.map((compiler) => compiler.close())));

const namesOf = (list: readonly ConformanceCase[]): string[] => list.flatMap(({ names }) => names).sort();

describe("OPA's conformance cases", () => {
  it('are those of the linked version, all of them', () => {
    const record = JSON.parse(
      readFileSync(join(packageRoot(), 'engine', 'compiler', 'artifact', 'policy-compiler.json'), 'utf8'),
    ) as { modules: Record<string, string> };
    expect(opa).toBe(record.modules['github.com/open-policy-agent/opa']);
    expect(namesOf(cases)).toHaveLength(total);
    expect(total).toBe(4419);
  });

  it('pass, but for those that exceptions.json names', () => {
    const unexpected = [...outcomes].filter(([{ names }, failure]) => {
      return names.some((name) => name in exceptions.failing) === (failure === undefined);
    });
    expect(unexpected.map(([{ names }, failure]) => `${names.join(', ')}: ${failure ?? 'passes now'}`)).toEqual([]);
    expect(Object.keys(exceptions.failing).filter((name) => !namesOf(inScope).includes(name))).toEqual([]);
  });

  it('pass in 99 of 100 in scope', () => {
    const passed = [...outcomes].filter(([, failure]) => failure === undefined).map(([one]) => one);
    expect(namesOf(passed).length / namesOf(inScope).length).toBeGreaterThan(0.99);
  });

  it('are in scope but for those that exceptions.json names: of builtins that are left out, or not writable in Rego v1', () => {
    const outside = cases.filter((one) => !inScope.includes(one));
    expect(namesOf(outside)).toEqual(Object.keys(exceptions.outOfScope).sort());
    const supplied = outside.flatMap(missingBuiltins).filter((name) => !(name in leftOutBuiltins));
    // `test.sleep` is declared by OPA's test program alone.
    expect(supplied.filter((name) => name !== 'test.sleep')).toEqual([]);
  });
});
