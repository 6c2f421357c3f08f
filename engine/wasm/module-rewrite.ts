import type { OverrideCase } from '../builtins/native.ts';
import { ByteReader, ByteWriter, ModuleFormatError } from './bytes.ts';
import { emptyBlock, i32, opcode, readInstruction } from './instructions.ts';
import { callOfHost, type Replacement } from './host-call.ts';
import { readFunctions, sectionId, splitSections } from './sections.ts';

/**
 * Instruments a policy compiled by OPA, before it is compiled by V8:
 *
 * - **Stack pointer.** Exports global 0 (LLVM's `__stack_pointer`, 64 KiB of stack) as `sallyport_stack_pointer`. A
 *   JavaScript throw through WASM frames never restores it, so an abort leaks its stack; the host saves and restores.
 * - **Fuel.** Adds a mutable i32 global, exported as `sallyport_fuel`: every function entry and every turn of a loop
 *   takes one unit and traps at zero. WebAssembly has no other way to run for long, so evaluation always ends, after
 *   the same number of steps on any machine and under any load. (RE2 initializes itself in the first evaluation that
 *   needs it; that one takes some ten steps more.)
 * - **Overrides.** Functions that OPA compiles natively but that differ from OPA's own semantics (by their name in the
 *   name section) become calls of a host builtin, under the negative ids given to them, or do so for some operands.
 *
 * Nothing else changes: function indices, types, data and memory stay as they were; a function that is still called for
 * some operands has a second index, after all others.
 */
export interface Override {
  /** The name of OPA's native function, for example `opa_cidr_contains`. */
  readonly native: string;
  /** The builtin id that the host receives: negative, since OPA's own ids start at 0. */
  readonly id: number;
  /** Which calls go to the host; the others stay with the native function. All of them where nothing is said. */
  readonly when?: readonly OverrideCase[] | undefined;
}

export interface RewrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The overrides whose native function is part of this module, in the order given. */
  readonly overridden: readonly string[];
}

export const stackPointerExport = 'sallyport_stack_pointer';
export const fuelExport = 'sallyport_fuel';

/** What the fuel global holds when the module starts, and the most that one evaluation can have. */
export const maximumFuel = 0x7fff_ffff;

/**
 * @param wasm the bytes of a `policy.wasm` as OPA 1.x builds it (with its name section, where there are overrides), or
 * of a program of Go's, whose first global is its stack pointer, too.
 * @param maximumPages the most that a memory of the module's own may grow to, in pages of 64 KiB.
 * @throws ModuleFormatError when the bytes are no such module.
 */
export function rewriteModule(
  wasm: Uint8Array,
  overrides: readonly Override[] = [],
  maximumPages?: number,
): RewrittenModule {
  const sections = splitSections(wasm);
  const functions = readFunctions(sections);
  const fuelGlobal = functions.globalCount;
  const replaced = new Map<number, Replacement>();
  const overridden: string[] = [];
  /** Functions that move to the end, since another body takes their place. */
  const kept: number[] = [];
  const indexByName = overrides.length === 0 ? undefined : functions.indexByName();
  for (const { native, id, when } of overrides) {
    const index = indexByName?.get(native);
    if (index === undefined) continue;
    const signature = functions.signature(index);
    const host = { id, dispatcher: functions.dispatcher(signature.parameters), signature };
    replaced.set(
      index,
      when === undefined ? host : { ...host, guard: { when, original: functions.count + kept.length } },
    );
    if (when !== undefined) kept.push(index);
    overridden.push(native);
  }

  const output = new ByteWriter(wasm.length * 2);
  output.raw(wasm.subarray(0, 8));
  for (const { id, content } of sections) {
    output.byte(id);
    switch (id) {
      case sectionId.function:
        output.vector(
          appendFunctions(
            content,
            kept.map((index) => functions.signature(index).type),
          ),
        );
        break;
      case sectionId.memory:
        output.vector(maximumPages === undefined ? content : limitMemory(content, maximumPages));
        break;
      case sectionId.global:
        output.vector(appendFuelGlobal(content));
        break;
      case sectionId.export:
        output.vector(appendExports(content, fuelGlobal));
        break;
      case sectionId.code:
        output.vector(
          rewriteCode(content, fuelGlobal, {
            replacements: new Map([...replaced].map(([index, body]) => [index - functions.importCount, body])),
            kept: kept.map((index) => index - functions.importCount),
          }),
        );
        break;
      default:
        output.vector(content);
    }
  }
  return { bytes: output.finish(), overridden };
}

function limitMemory(content: Uint8Array, maximumPages: number): Uint8Array {
  const reader = new ByteReader(content);
  const count = reader.u32();
  const flags = reader.byte();
  if (count !== 1 || flags > 1) throw new ModuleFormatError('the module has other memories than this engine can limit');
  const writer = new ByteWriter(16);
  writer.u32(1);
  writer.byte(1); // with a maximum
  writer.u32(reader.u32());
  writer.u32(maximumPages);
  return writer.finish();
}

function appendFuelGlobal(content: Uint8Array): Uint8Array {
  const reader = new ByteReader(content);
  const count = reader.u32();
  const first = content.subarray(reader.position, reader.position + 2);
  if (first[0] !== i32 || first[1] !== 1) {
    throw new ModuleFormatError('the first global is not the stack pointer: this module is not built by OPA');
  }
  const writer = new ByteWriter(content.length + 16);
  writer.u32(count + 1);
  writer.raw(content.subarray(reader.position));
  writer.byte(i32);
  writer.byte(1); // mutable
  writer.byte(opcode.i32Const);
  writer.s32(maximumFuel);
  writer.byte(opcode.end);
  return writer.finish();
}

function appendExports(content: Uint8Array, fuelGlobal: number): Uint8Array {
  const reader = new ByteReader(content);
  const count = reader.u32();
  const writer = new ByteWriter(content.length + 64);
  writer.u32(count + 2);
  writer.raw(content.subarray(reader.position));
  for (const [name, index] of [
    [stackPointerExport, 0],
    [fuelExport, fuelGlobal],
  ] as const) {
    writer.name(name);
    writer.byte(3); // a global
    writer.u32(index);
  }
  return writer.finish();
}

function appendFunctions(content: Uint8Array, types: readonly number[]): Uint8Array {
  if (types.length === 0) return content;
  const reader = new ByteReader(content);
  const writer = new ByteWriter(content.length + types.length * 2 + 8);
  writer.u32(reader.u32() + types.length);
  writer.raw(content.subarray(reader.position));
  for (const type of types) writer.u32(type);
  return writer.finish();
}

interface CodeChanges {
  /** By the function's position in the section. */
  readonly replacements: ReadonlyMap<number, Replacement>;
  /** Positions of the functions whose bodies are appended, in this order. */
  readonly kept: readonly number[];
}

function rewriteCode(content: Uint8Array, fuelGlobal: number, { replacements, kept }: CodeChanges): Uint8Array {
  const charge = chargeOfOne(fuelGlobal);
  const reader = new ByteReader(content);
  const writer = new ByteWriter(content.length * 2);
  const count = reader.u32();
  writer.u32(count + kept.length);
  const moved = new Map<number, Uint8Array>();
  for (let position = 0; position < count; position += 1) {
    const body = reader.vector();
    const replacement = replacements.get(position);
    if (replacement?.guard !== undefined) moved.set(position, meterBody(body, charge));
    writer.vector(replacement === undefined ? meterBody(body, charge) : callOfHost(replacement));
  }
  for (const position of kept) writer.vector(moved.get(position) ?? new Uint8Array());
  return writer.finish();
}

/** Charges at the function's entry and at the head of each loop, which every turn passes. */
function meterBody(body: Uint8Array, charge: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  for (let groups = reader.u32(); groups > 0; groups -= 1) {
    reader.u32();
    reader.byte();
  }
  const writer = new ByteWriter(body.length + 256);
  writer.raw(body.subarray(0, reader.position));
  writer.raw(charge);
  let copied = reader.position;
  while (!reader.done) {
    if (readInstruction(reader) !== opcode.loop) continue;
    writer.raw(body.subarray(copied, reader.position));
    writer.raw(charge);
    copied = reader.position;
  }
  writer.raw(body.subarray(copied));
  return writer.finish();
}

/** `if (fuel === 0) trap; fuel -= 1` */
function chargeOfOne(fuelGlobal: number): Uint8Array {
  const writer = new ByteWriter(32);
  writer.byte(opcode.globalGet);
  writer.u32(fuelGlobal);
  writer.byte(opcode.i32Eqz);
  writer.byte(opcode.if);
  writer.byte(emptyBlock);
  writer.byte(opcode.unreachable);
  writer.byte(opcode.end);
  writer.byte(opcode.globalGet);
  writer.u32(fuelGlobal);
  writer.byte(opcode.i32Const);
  writer.s32(1);
  writer.byte(opcode.i32Sub);
  writer.byte(opcode.globalSet);
  writer.u32(fuelGlobal);
  return writer.finish();
}
