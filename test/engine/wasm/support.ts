import { createRequire } from 'node:module';
import type { loadPolicySync as LoadPolicySync } from '@open-policy-agent/opa-wasm';
import { suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { SallyportError } from '../../../engine/errors.ts';

const compiler = createPolicyCompiler();

/** Compiles one module in `package test` with OPA's own compiler. */
export async function compile(
  rego: string,
  entrypoints: readonly string[],
  builtins = suppliedBuiltins,
): Promise<Uint8Array> {
  const { result, diagnostics } = await compiler.build({
    modules: { 'test.rego': `package test\n\n${rego}\n` },
    entrypoints: entrypoints.map((name) => `test/${name}`),
    revision: 'test',
    builtins,
  });
  if (!result) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return result.wasm;
}

export async function closeCompiler(): Promise<void> {
  await compiler.close();
}

/** The stable code of what a call throws; undefined when it returns. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof SallyportError ? error.code : String(error);
  }
}

export const now = 1_700_000_000_123_456_789n;

const opaWasm: unknown = createRequire(import.meta.url)('@open-policy-agent/opa-wasm');

function isOpaWasm(value: unknown): value is { loadPolicySync: typeof LoadPolicySync } {
  return typeof value === 'object' && value !== null && 'loadPolicySync' in value;
}

/** opa-wasm as it is, to compare with. Its types name an export that only its CommonJS module has. */
export const loadPolicySync: typeof LoadPolicySync = (...options) => {
  if (!isOpaWasm(opaWasm)) throw new Error('@open-policy-agent/opa-wasm has changed');
  return opaWasm.loadPolicySync(...options);
};
