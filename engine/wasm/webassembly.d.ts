/**
 * The part of the WebAssembly JavaScript API (https://webassembly.github.io/spec/js-api/) that Sallyport uses.
 * TypeScript declares it only together with the browser's whole `dom` library, which no server code should see.
 */
declare namespace WebAssembly {
  type ImportValue =
    ((...operands: number[]) => number | undefined) | ((...operands: number[]) => void) | Memory | Global;
  type Imports = Record<string, Record<string, ImportValue>>;
  type ExportValue = object;
  type Exports = Record<string, ExportValue>;

  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- that is the shape of the platform's class
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
    static exports(module: Module): { name: string; kind: string }[];
    static imports(module: Module): { module: string; name: string; kind: string }[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  interface WebAssemblyInstantiatedSource {
    instance: Instance;
    module: Module;
  }

  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer;
    /** @returns the number of pages before. */
    grow(pages: number): number;
  }

  class Global {
    constructor(descriptor: { value: string; mutable?: boolean }, value?: number | bigint);
    value: unknown;
  }

  class RuntimeError extends Error {}
  class CompileError extends Error {}
  class LinkError extends Error {}

  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
