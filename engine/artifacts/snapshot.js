// Freezes a Go program (GOOS=wasip1, a reactor) after it has set itself up: the module that comes out starts with the
// memory and the globals that the first one had, so that what takes seconds at start-up is paid for once, when the
// artifact is built. (The idea is Wizer's.) The program must hold nothing outside: no files, no timers, no threads.
//
// The same program and request give the same bytes: what the program could see of the outside is fixed here.
import { ConsoleStdout, WASI } from '@bjorn3/browser_wasi_shim';

const pageSize = 65_536;
const section = { memory: 5, global: 6, export: 7, start: 8, dataCount: 12, data: 11 };
const opcode = { i32Const: 0x41, i64Const: 0x42, end: 0x0b };
const i32 = 0x7f;
const i64 = 0x7e;

/** Zero bytes between two pieces of data that cost less than another piece. */
const gap = 64;

/**
 * @param {Bytes} program the module
 * @param {string} request what the program is asked after `_initialize`
 * @param {readonly string[]} environment its environment, as `NAME=value`
 * @returns {Promise<{ bytes: Buffer, answer: string }>} the frozen module, and what the program answered
 */
export async function freeze(program, request, environment) {
  const sections = readSections(program);
  const globals = readGlobals(contentOf(sections, section.global));
  const names = globals.map((_, index) => `frozen_global_${index}`);
  const open = writeModule(
    sections.map((one) => (one.id === section.export ? { ...one, content: exportGlobals(one.content, names) } : one)),
  );
  const { exports, answer } = await run(open, request, environment);
  const memory = new Uint8Array(memoryOf(exports).buffer);
  const values = names.map((name) => /** @type {{ value: number | bigint }} */ (exports[name]).value);
  const data = encodeData(memory);
  const frozen = sections
    .filter(({ id }) => id !== section.start && id !== section.dataCount)
    .map((one) => {
      if (one.id === section.memory) return { ...one, content: encodeMemory(one.content, memory.length / pageSize) };
      if (one.id === section.global) return { ...one, content: encodeGlobals(globals, values) };
      if (one.id === section.data) return { ...one, content: data };
      return one;
    });
  return { bytes: writeModule(frozen), answer };
}

/**
 * @param {Bytes} program
 * @param {string} request
 * @param {readonly string[]} environment
 */
async function run(program, request, environment) {
  /** @type {string[]} */
  const printed = [];
  const output = ConsoleStdout.lineBuffered((line) => printed.push(line));
  const wasi = new WASI([], [...environment], [output, output, output], { debug: false });
  const fixed = fixedWorld(() => memoryOf(exports));
  const imports = /** @type {WebAssembly.Imports} */ (
    /** @type {unknown} */ ({ wasi_snapshot_preview1: { ...wasi.wasiImport, ...fixed } })
  );
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(program), imports);
  try {
    wasi.initialize({ exports: /** @type {any} */ (exports) });
    return { exports, answer: ask(exports, request) };
  } catch (error) {
    throw new Error(`the program stopped while it set itself up:\n${printed.join('\n')}`, { cause: error });
  }
}

/**
 * A clock that only counts how often it was read, and chance that is none.
 *
 * @param {() => { buffer: ArrayBuffer }} memory
 */
function fixedWorld(memory) {
  let ticks = 0n;
  let seed = 1;
  return {
    clock_time_get: (/** @type {number} */ _clock, /** @type {bigint} */ _precision, /** @type {number} */ at) => {
      ticks += 1000n;
      new DataView(memory().buffer).setBigUint64(at, 1_700_000_000_000_000_000n + ticks, true);
      return 0;
    },
    random_get: (/** @type {number} */ at, /** @type {number} */ length) => {
      const bytes = new Uint8Array(memory().buffer, at, length);
      for (let index = 0; index < length; index += 1) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
        bytes[index] = seed >> 16;
      }
      return 0;
    },
  };
}

/** @param {WebAssembly.Exports} exports */
function memoryOf(exports) {
  return /** @type {{ buffer: ArrayBuffer }} */ (exports['memory']);
}

/** @param {WebAssembly.Exports} exports @param {string} request */
function ask(exports, request) {
  const bytes = new TextEncoder().encode(request);
  const memory = memoryOf(exports);
  const allocate = /** @type {(size: number) => number} */ (exports['allocate']);
  const handle = /** @type {() => bigint} */ (exports['handle']);
  const at = allocate(bytes.length);
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  const packed = BigInt.asUintN(64, handle());
  return new TextDecoder().decode(new Uint8Array(memory.buffer, Number(packed >> 32n), Number(packed & 0xffff_ffffn)));
}

// The binary format (Core Specification 2.0, §5): as much of it as Go's linker writes.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{ id: number, content: Bytes }} Section */
/** @typedef {{ type: number, mutable: number, init: Bytes }} Global */

class Reader {
  /** @param {Bytes} bytes @param {number} [at] */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get done() {
    return this.at >= this.bytes.length;
  }

  byte() {
    const value = this.bytes[this.at];
    if (value === undefined) throw new Error('the module ends too early');
    this.at += 1;
    return value;
  }

  /** An unsigned number in LEB128. */
  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** @param {number} length */
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** @param {number} value @returns {number[]} */
function u32(value) {
  /** @type {number[]} */
  const out = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) out.push((value % 128) | 0x80);
  out.push(value);
  return out;
}

/** @param {bigint} value @returns {number[]} */
function signed(value) {
  /** @type {number[]} */
  const out = [];
  for (;;) {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    if ((value === 0n && low < 0x40) || (value === -1n && low >= 0x40)) return [...out, low];
    out.push(low | 0x80);
  }
}

/** @param {Bytes} program @returns {Section[]} */
function readSections(program) {
  const reader = new Reader(program, 8);
  /** @type {Section[]} */
  const sections = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, content: reader.take(reader.u32()) });
  }
  return sections;
}

/** @param {readonly Section[]} sections @param {number} id */
function contentOf(sections, id) {
  const found = sections.find((one) => one.id === id);
  if (found === undefined) throw new Error(`the module has no section ${id}`);
  return found.content;
}

/** @param {readonly Section[]} sections */
function writeModule(sections) {
  const parts = [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)];
  for (const { id, content } of sections) parts.push(Uint8Array.of(id, ...u32(content.length)), content);
  return Buffer.concat(parts);
}

/** @param {Bytes} content @returns {Global[]} */
function readGlobals(content) {
  const reader = new Reader(content);
  return Array.from({ length: reader.u32() }, () => {
    const type = reader.byte();
    const mutable = reader.byte();
    const start = reader.at;
    const constant = reader.byte();
    if ((type !== i32 || constant !== opcode.i32Const) && (type !== i64 || constant !== opcode.i64Const)) {
      throw new Error('a global is of another kind than those that Go makes');
    }
    while (reader.byte() >= 0x80);
    if (reader.byte() !== opcode.end) throw new Error("a global's value is not a constant");
    return { type, mutable, init: content.subarray(start, reader.at) };
  });
}

/** @param {readonly Global[]} globals @param {readonly (number | bigint)[]} values */
function encodeGlobals(globals, values) {
  const parts = [...u32(globals.length)];
  for (const [index, { type, mutable }] of globals.entries()) {
    const value = BigInt(values[index] ?? 0);
    parts.push(type, mutable, type === i32 ? opcode.i32Const : opcode.i64Const, ...signed(value), opcode.end);
  }
  return Uint8Array.from(parts);
}

/** @param {Bytes} content @param {readonly string[]} names */
function exportGlobals(content, names) {
  const reader = new Reader(content);
  const count = reader.u32();
  const added = names.flatMap((name, index) => [...u32(name.length), ...Buffer.from(name), 3, ...u32(index)]);
  return Buffer.concat([
    Uint8Array.from(u32(count + names.length)),
    content.subarray(reader.at),
    Uint8Array.from(added),
  ]);
}

/** @param {Bytes} content @param {number} pages */
function encodeMemory(content, pages) {
  const reader = new Reader(content);
  const count = reader.u32();
  const flags = reader.byte();
  reader.u32();
  if (count !== 1 || flags > 1) throw new Error('the memory is of another kind than the one that Go makes');
  return Uint8Array.from([...u32(1), flags, ...u32(pages), ...content.subarray(reader.at)]);
}

/** @param {Bytes} memory */
function encodeData(memory) {
  /** @type {[start: number, end: number][]} */
  const runs = [];
  const words = new BigUint64Array(memory.buffer, 0, memory.length / 8);
  let last = -Infinity;
  for (let index = 0; index < words.length; index += 1) {
    if (words[index] === 0n) continue;
    const run = runs.at(-1);
    if (run === undefined || index * 8 - last > gap) runs.push([index * 8, index * 8 + 8]);
    else run[1] = index * 8 + 8;
    last = index * 8 + 8;
  }
  const parts = [Uint8Array.from(u32(runs.length))];
  for (const [start, end] of runs) {
    parts.push(Uint8Array.from([0, opcode.i32Const, ...signed(BigInt(start)), opcode.end, ...u32(end - start)]));
    parts.push(memory.subarray(start, end));
  }
  return Buffer.concat(parts);
}
