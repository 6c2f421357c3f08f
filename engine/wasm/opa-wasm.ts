import { createRequire } from 'node:module';
import type { LoadedPolicy } from '@open-policy-agent/opa-wasm';

/**
 * The seam to `@open-policy-agent/opa-wasm`. Its `LoadedPolicy` loads data, reads the entrypoints and lays out the
 * heap. Its `loadPolicy` and `evaluate` are not used in production, since they cannot be mended from outside (design
 * §5): their builtin table shadows the host's, builtins see JSON (no sets), an abort leaks stack, undefined and error
 * look alike, and numbers above 2^53 are lost. Tests compare with them, trap by trap.
 */

// The package's ES module has no named export of the class, though its types say so; its CommonJS module has.
const opaWasm: unknown = createRequire(import.meta.url)('@open-policy-agent/opa-wasm');

function hasLoadedPolicy(value: unknown): value is { LoadedPolicy: typeof LoadedPolicy } {
  return (
    typeof value === 'object' && value !== null && 'LoadedPolicy' in value && typeof value.LoadedPolicy === 'function'
  );
}

export interface LoadedData {
  /** Entrypoint ids by name. */
  readonly entrypoints: ReadonlyMap<string, number>;
  /** The address of the data document. */
  readonly address: number;
  /** Where an evaluation's heap may begin. */
  readonly heap: number;
}

/**
 * @param dataText the JSON text of the data document.
 * @throws whatever the module throws when the data does not fit.
 */
export function loadData(
  source: WebAssembly.WebAssemblyInstantiatedSource,
  memory: WebAssembly.Memory,
  dataText: Uint8Array<ArrayBuffer>,
): LoadedData {
  if (!hasLoadedPolicy(opaWasm)) throw new Error('@open-policy-agent/opa-wasm has no LoadedPolicy');
  const policy = new opaWasm.LoadedPolicy(source, memory, undefined);
  policy.setData(dataText.buffer);
  const entrypoints: unknown = policy.entrypoints;
  return {
    entrypoints: new Map(Object.entries(entrypoints ?? {}).map(([name, id]) => [name, Number(id)])),
    address: policy.dataAddr,
    heap: Number(policy.dataHeapPtr),
  };
}
