/** One instance of the Go program, with the little of WASI (preview 1) that it may see. */
export interface ProgramInstance {
  /** What its clock shows: nanoseconds since the epoch. */
  now: bigint;
  /** Writes a request, runs the program and reads its answer. */
  ask(request: string): string;
  global(name: string): WebAssembly.Global;
  /** How much larger its memory is than at its start. */
  grownBytes(): number;
  /** What it wrote to its standard error, which it does when it dies. */
  printed(): string;
}

/** The program ended itself. */
export class ProgramExit extends Error {
  override readonly name = 'ProgramExit';
}

const success = 0;
/** WASI's errno for what is not there: files, the network, the environment, waiting. */
const notSupported = 58;

interface ProgramExports {
  readonly memory: WebAssembly.Memory;
  readonly allocate: (size: number) => number;
  readonly handle: () => bigint;
}

export function createInstance(module: WebAssembly.Module): ProgramInstance {
  let text = '';
  let seed = 1;
  const view = (): DataView => new DataView(exports.memory.buffer);

  const provided: Readonly<Record<string, (...operands: number[]) => number>> = {
    sched_yield: () => success,
    proc_exit: (code) => {
      throw new ProgramExit(`it ended with ${String(code)}`);
    },
    clock_time_get: (_clock, _precision, at = 0) => {
      view().setBigUint64(at, BigInt.asUintN(64, self.now), true);
      return success;
    },
    // The same numbers each time: a decision may not depend on chance, and no builtin here makes a secret.
    random_get: (at = 0, length = 0) => {
      const bytes = new Uint8Array(exports.memory.buffer, at, length);
      for (let index = 0; index < length; index += 1) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
        bytes[index] = seed >> 16;
      }
      return success;
    },
    fd_write: (_file, vectors = 0, count = 0, writtenAt = 0) => {
      let written = 0;
      for (let index = 0; index < count; index += 1) {
        const at = view().getUint32(vectors + index * 8, true);
        const length = view().getUint32(vectors + index * 8 + 4, true);
        if (text.length < 4096) text += Buffer.from(exports.memory.buffer, at, length).toString('utf8');
        written += length;
      }
      view().setUint32(writtenAt, written, true);
      return success;
    },
  };
  const imports: Record<string, (...operands: number[]) => number> = {};
  for (const { name } of WebAssembly.Module.imports(module)) imports[name] = provided[name] ?? (() => notSupported);
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  const exports = programExports(instance.exports);
  const start = exports.memory.buffer.byteLength;

  const self: ProgramInstance = {
    now: 0n,
    ask(request) {
      const bytes = Buffer.from(request, 'utf8');
      const at = exports.allocate(bytes.length);
      // Read after the call: a call can grow the memory, which replaces its buffer.
      new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
      const packed = BigInt.asUintN(64, exports.handle());
      return Buffer.from(exports.memory.buffer, Number(packed >> 32n), Number(packed & 0xffff_ffffn)).toString('utf8');
    },
    global(name) {
      const value = instance.exports[name];
      if (!(value instanceof WebAssembly.Global)) throw new Error(`the program does not export ${name}`);
      return value;
    },
    grownBytes: () => exports.memory.buffer.byteLength - start,
    printed: () => text,
  };
  return self;
}

function programExports(exports: WebAssembly.Exports): ProgramExports {
  const { memory, allocate, handle } = exports;
  if (!(memory instanceof WebAssembly.Memory) || typeof allocate !== 'function' || typeof handle !== 'function') {
    throw new Error('the program does not export memory, allocate and handle');
  }
  return {
    memory,
    allocate: allocate as ProgramExports['allocate'],
    handle: handle as unknown as ProgramExports['handle'],
  };
}
