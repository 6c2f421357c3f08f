import { ByteReader, ModuleFormatError } from './bytes.ts';
import { i32 } from './instructions.ts';

/** Reads what the instrumentation needs to know of a module's sections (Core Specification 2.0, §5.5). */
export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
} as const;

export interface FunctionSignature {
  /** Its index in the type section. */
  readonly type: number;
  /** How many i32 parameters the function has; it returns one i32. */
  readonly parameters: number;
}

export interface ModuleFunctions {
  readonly importCount: number;
  /** How many functions there are, imported ones among them. */
  readonly count: number;
  readonly globalCount: number;
  /** Function names from the name section to function indices. @throws ModuleFormatError when there is no such section. */
  indexByName(): ReadonlyMap<string, number>;
  /** @throws ModuleFormatError when the function takes or returns anything but i32. */
  signature(index: number): FunctionSignature;
  /** The function index of the import `opa_builtinN`. */
  dispatcher(parameters: number): number;
}

const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export function splitSections(wasm: Uint8Array): Section[] {
  if (header.some((byte, index) => wasm[index] !== byte)) {
    throw new ModuleFormatError('these bytes are not a WebAssembly module of version 1');
  }
  const reader = new ByteReader(wasm, header.length);
  const sections: Section[] = [];
  while (!reader.done) sections.push({ id: reader.byte(), content: reader.vector() });
  return sections;
}

export function readFunctions(sections: readonly Section[]): ModuleFunctions {
  const signatures = readTypes(required(sections, sectionId.type));
  const imports = readImports(required(sections, sectionId.import));
  const functionTypes = [
    ...imports.functions.map(({ type }) => type),
    ...readIndices(required(sections, sectionId.function)),
  ];
  return {
    importCount: imports.functions.length,
    count: functionTypes.length,
    globalCount: new ByteReader(required(sections, sectionId.global)).u32(),
    indexByName: () => readFunctionNames(sections),
    signature(index) {
      const signature = signatures[functionTypes[index] ?? -1];
      if (!signature) throw new ModuleFormatError(`function ${index} does not have OPA's signature`);
      return signature;
    },
    dispatcher(parameters) {
      const index = imports.functions.findIndex(({ name }) => name === `opa_builtin${parameters}`);
      if (index < 0) throw new ModuleFormatError(`the module does not import opa_builtin${parameters}`);
      return index;
    },
  };
}

function required(sections: readonly Section[], id: number): Uint8Array {
  const section = sections.find((candidate) => candidate.id === id);
  if (!section) throw new ModuleFormatError(`the module has no section ${id}: it is not built by OPA`);
  return section.content;
}

/** One entry per type: its signature when it takes only i32 and returns one i32, else undefined. */
function readTypes(content: Uint8Array): (FunctionSignature | undefined)[] {
  const reader = new ByteReader(content);
  return Array.from({ length: reader.u32() }, (_, type) => {
    if (reader.byte() !== 0x60) throw new ModuleFormatError('the type section holds something other than functions');
    const parameters = reader.vector();
    const results = reader.vector();
    const plain = parameters.every((type) => type === i32) && results.length === 1 && results[0] === i32;
    return plain ? { type, parameters: parameters.length } : undefined;
  });
}

function readImports(content: Uint8Array): { functions: { name: string; type: number }[] } {
  const reader = new ByteReader(content);
  const functions: { name: string; type: number }[] = [];
  for (let count = reader.u32(); count > 0; count -= 1) {
    reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind === 0) {
      functions.push({ name, type: reader.u32() });
    } else if (kind === 2) {
      const limits = reader.byte();
      reader.u32();
      if ((limits & 1) !== 0) reader.u32();
    } else {
      // An imported global would shift the index of the stack pointer.
      throw new ModuleFormatError(
        `the import "${name}" is neither a function nor a memory: this module is not built by OPA`,
      );
    }
  }
  return { functions };
}

function readIndices(content: Uint8Array): number[] {
  const reader = new ByteReader(content);
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

function readFunctionNames(sections: readonly Section[]): Map<string, number> {
  const names = new Map<string, number>();
  for (const { id, content } of sections) {
    if (id !== sectionId.custom) continue;
    const reader = new ByteReader(content);
    if (reader.name() !== 'name') continue;
    while (!reader.done) {
      const subsection = reader.byte();
      const entries = new ByteReader(reader.vector());
      if (subsection !== 1) continue; // 1: function names
      for (let count = entries.u32(); count > 0; count -= 1) {
        const index = entries.u32();
        names.set(entries.name(), index);
      }
    }
    return names;
  }
  throw new ModuleFormatError('the module has no name section: build it without stripping it');
}
