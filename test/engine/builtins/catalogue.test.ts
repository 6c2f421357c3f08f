import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { hostBuiltins, suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { leftOutBuiltins } from '../../../engine/builtins/left-out.ts';
import { compileTimeBuiltins, nativeBuiltins, nativeOverrides } from '../../../engine/builtins/native.ts';
import { opaBuiltinNames } from '../../../engine/builtins/opa/opa-builtins.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';

const compiler = createPolicyCompiler();
afterAll(() => compiler.close());

const page = readFileSync(new URL('../../../engine/builtins/README.md', import.meta.url), 'utf8');

/** The builtins that a section of the page names in lists of their own. */
function named(heading: string): string[] {
  const section = page.split('\n## ').find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lists = section.split('\n').filter((line) => /^(?:- )?`/.test(line));
  return lists.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)).sort();
}

describe("OPA's builtins", () => {
  it('are each supplied or left out for a reason, and none is both', async () => {
    const all = (await compiler.builtins()).map(({ name }) => name).sort();
    expect([...suppliedBuiltins, ...Object.keys(leftOutBuiltins)].sort()).toEqual(all);
  });

  it('that are left out are few: deprecated, or not a function of their operands', async () => {
    const left = (await compiler.builtins()).filter(({ name }) => name in leftOutBuiltins);
    const pure = left.filter(({ deprecated, nondeterministic }) => !deprecated && !nondeterministic);
    expect(pure.map(({ name }) => name)).toEqual(['internal.test_case']);
  });

  it('stand on the page, each with who answers it', () => {
    const inScript = [...hostBuiltins.keys()].filter((name) => !opaBuiltinNames.includes(name));
    expect(named('In the policy module')).toEqual(nativeBuiltins.filter((name) => !inScript.includes(name)).sort());
    expect(named('While the policy is compiled')).toEqual([...compileTimeBuiltins].sort());
    expect(named('In JavaScript')).toEqual(inScript.sort());
    expect(named("In OPA's own Go code")).toEqual([...opaBuiltinNames].sort());
    expect(named('Left out')).toEqual(Object.keys(leftOutBuiltins).sort());
  });

  it('that stand in for functions of the module are supplied', () => {
    expect([...nativeOverrides.values()].filter(({ builtin }) => !hostBuiltins.has(builtin))).toEqual([]);
  });
});
