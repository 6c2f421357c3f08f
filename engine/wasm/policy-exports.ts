import { fuelExport, stackPointerExport } from './module-rewrite.ts';

/** The exports of an instrumented policy module: OPA's WASM ABI 1.2 and later, and the two globals of the rewrite. */
export interface PolicyExports {
  readonly fuel: WebAssembly.Global;
  readonly stackPointer: WebAssembly.Global;
  readonly opa_malloc: (size: number) => number;
  /** The end of the heap. */
  readonly opa_heap_ptr_get: () => number;
  readonly opa_value_dump: (address: number) => number;
  readonly opa_value_parse: (address: number, length: number) => number;
  readonly builtins: () => number;
  readonly opa_eval: (
    reserved: 0,
    entrypoint: number,
    data: number,
    input: number,
    inputLength: number,
    heap: number,
    format: 0 | 1,
  ) => number;
}

/** `opa_eval`'s formats of the answer: JSON, or Rego's text form. */
export const valueFormat = 1;

/** @throws Error naming what the module lacks. */
export function policyExports(exports: WebAssembly.Exports): PolicyExports {
  const [major, minor] = [global(exports, 'opa_wasm_abi_version'), global(exports, 'opa_wasm_abi_minor_version')];
  if (major.value !== 1 || Number(minor.value) < 2) {
    throw new Error(
      `the policy module has ABI ${Number(major.value)}.${Number(minor.value)}; this engine needs 1.2 or a later 1.x`,
    );
  }
  const malloc = callable(exports, 'opa_malloc');
  const dump = callable(exports, 'opa_value_dump');
  const parse = callable(exports, 'opa_value_parse');
  const evaluate = callable(exports, 'opa_eval');
  const builtins = callable(exports, 'builtins');
  return {
    fuel: global(exports, fuelExport),
    stackPointer: global(exports, stackPointerExport),
    opa_malloc: malloc,
    opa_heap_ptr_get: callable(exports, 'opa_heap_ptr_get'),
    opa_value_dump: dump,
    opa_value_parse: parse,
    opa_eval: evaluate,
    builtins,
  };
}

type WasmFunction = (...operands: number[]) => number;

function callable(exports: WebAssembly.Exports, name: string): WasmFunction {
  const value = exports[name];
  if (!isFunction(value)) throw new Error(`the policy module does not export ${name}`);
  return value;
}

function isFunction(value: WebAssembly.ExportValue | undefined): value is WebAssembly.ExportValue & WasmFunction {
  return typeof value === 'function';
}

function global(exports: WebAssembly.Exports, name: string): WebAssembly.Global {
  const value = exports[name];
  if (!(value instanceof WebAssembly.Global)) throw new Error(`the policy module does not export ${name}`);
  return value;
}
