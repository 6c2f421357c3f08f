import type { OverrideCase } from '../builtins/native.ts';
import { ByteWriter } from './bytes.ts';
import { emptyBlock, i32, opcode } from './instructions.ts';
import type { FunctionSignature } from './sections.ts';

/** What takes the place of a native function. */
export interface Replacement {
  readonly signature: FunctionSignature;
  /** The builtin id that the host receives. */
  readonly id: number;
  /** The function index of the import `opa_builtinN`. */
  readonly dispatcher: number;
  /** Which calls go to the host, and the function index that the others go to. */
  readonly guard?: { readonly when: readonly OverrideCase[]; readonly original: number };
}

/** Values in memory, as OPA lays them out (wasm/src/value.h): the type is the first byte. */
const layout = {
  number: 3,
  text: 4,
  array: 5,
  set: 7,
  internedText: 8,
  /** Of a number: 1 for an integer of 64 bits, 2 for any other, which is kept as its digits. */
  representationOffset: 1,
  digits: 2,
  textLengthOffset: 4,
  textOffset: 8,
  arrayLengthOffset: 8,
} as const;

/** The body `return opa_builtinN(id, 0, …parameters)`, before it `if (!guard) return original(…parameters)`. */
export function callOfHost({ signature, id, dispatcher, guard }: Replacement): Uint8Array {
  const writer = new ByteWriter(64);
  // Three locals of i32, for the guard.
  writer.u32(1);
  writer.u32(3);
  writer.byte(i32);
  if (guard !== undefined) {
    writeGuard(writer, guard.when, signature.parameters);
    writer.byte(opcode.i32Eqz);
    writer.byte(opcode.if);
    writer.byte(emptyBlock);
    writeParameters(writer, signature.parameters);
    writer.byte(opcode.call);
    writer.u32(guard.original);
    writer.byte(opcode.return);
    writer.byte(opcode.end);
  }
  writeConstant(writer, id);
  writeConstant(writer, 0);
  writeParameters(writer, signature.parameters);
  writer.byte(opcode.call);
  writer.u32(dispatcher);
  writer.byte(opcode.end);
  return writer.finish();
}

/** Leaves 1 when any of the cases is given, else 0. */
function writeGuard(writer: ByteWriter, cases: readonly OverrideCase[], parameters: number): void {
  for (const [index, one] of cases.entries()) {
    if (one === 'pattern') writePatternGuard(writer, parameters);
    else writeEachGuard(writer, one, parameters);
    if (index > 0) writer.byte(opcode.i32Or);
  }
}

/** Leaves 1 when any parameter is of that kind, else 0. */
function writeEachGuard(writer: ByteWriter, one: Exclude<OverrideCase, 'pattern'>, parameters: number): void {
  for (let parameter = 0; parameter < parameters; parameter += 1) {
    if (one === 'number') {
      writeFieldIs(writer, parameter, opcode.i32Load8u, 0, layout.number);
      writeFieldIs(writer, parameter, opcode.i32Load8u, layout.representationOffset, layout.digits);
      writer.byte(opcode.i32And);
    } else if (one === 'set') {
      writeFieldIs(writer, parameter, opcode.i32Load8u, 0, layout.set);
    } else if (one === 'emptyText') {
      writeIsText(writer, parameter);
      writeFieldIs(writer, parameter, opcode.i32Load, layout.textLengthOffset, 0);
      writer.byte(opcode.i32And);
    } else {
      writeFieldIs(writer, parameter, opcode.i32Load8u, 0, layout.array);
      writeFieldIs(writer, parameter, opcode.i32Load, layout.arrayLengthOffset, 0);
      writer.byte(opcode.i32And);
    }
    if (parameter > 0) writer.byte(opcode.i32Or);
  }
}

/**
 * Leaves 1 when the first parameter is a text with `?<` or `\\C` in it, else 0:
 *
 *     if (isText) for (cursor = text, end = text + length - 1; cursor < end; cursor += 1)
 *       if (two bytes at cursor are those) { found = 1; break }
 */
function writePatternGuard(writer: ByteWriter, parameters: number): void {
  const [cursor, end, found] = [parameters, parameters + 1, parameters + 2];
  writeIsText(writer, 0);
  writer.byte(opcode.if);
  writer.byte(emptyBlock);
  writeLoad(writer, 0, opcode.i32Load, layout.textOffset);
  writeLocal(writer, opcode.localSet, cursor);
  writeLocal(writer, opcode.localGet, cursor);
  writeLoad(writer, 0, opcode.i32Load, layout.textLengthOffset);
  writer.byte(opcode.i32Add);
  writeConstant(writer, -1);
  writer.byte(opcode.i32Add);
  writeLocal(writer, opcode.localSet, end);
  writer.byte(opcode.block);
  writer.byte(emptyBlock);
  writer.byte(opcode.loop);
  writer.byte(emptyBlock);
  writeLocal(writer, opcode.localGet, cursor);
  writeLocal(writer, opcode.localGet, end);
  writer.byte(opcode.i32GeU);
  writeBranch(writer, opcode.brIf, 1);
  writeFieldIs(writer, cursor, opcode.i32Load16u, 0, twoBytes('?<'));
  writeFieldIs(writer, cursor, opcode.i32Load16u, 0, twoBytes('\\C'));
  writer.byte(opcode.i32Or);
  writer.byte(opcode.if);
  writer.byte(emptyBlock);
  writeConstant(writer, 1);
  writeLocal(writer, opcode.localSet, found);
  writeBranch(writer, opcode.br, 2);
  writer.byte(opcode.end);
  writeLocal(writer, opcode.localGet, cursor);
  writeConstant(writer, 1);
  writer.byte(opcode.i32Add);
  writeLocal(writer, opcode.localSet, cursor);
  writeBranch(writer, opcode.br, 0);
  writer.byte(opcode.end);
  writer.byte(opcode.end);
  writer.byte(opcode.end);
  writeLocal(writer, opcode.localGet, found);
}

/** As a load of 16 bits gives them: the lower byte first. */
function twoBytes(text: string): number {
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
}

function writeIsText(writer: ByteWriter, parameter: number): void {
  writeFieldIs(writer, parameter, opcode.i32Load8u, 0, layout.text);
  writeFieldIs(writer, parameter, opcode.i32Load8u, 0, layout.internedText);
  writer.byte(opcode.i32Or);
}

function writeFieldIs(writer: ByteWriter, local: number, load: number, offset: number, value: number): void {
  writeLoad(writer, local, load, offset);
  writeConstant(writer, value);
  writer.byte(opcode.i32Eq);
}

function writeLoad(writer: ByteWriter, local: number, load: number, offset: number): void {
  writeLocal(writer, opcode.localGet, local);
  writer.byte(load);
  writer.u32(0); // alignment, a hint
  writer.u32(offset);
}

function writeLocal(writer: ByteWriter, instruction: number, local: number): void {
  writer.byte(instruction);
  writer.u32(local);
}

function writeBranch(writer: ByteWriter, instruction: number, label: number): void {
  writer.byte(instruction);
  writer.u32(label);
}

function writeParameters(writer: ByteWriter, parameters: number): void {
  for (let parameter = 0; parameter < parameters; parameter += 1) {
    writer.byte(opcode.localGet);
    writer.u32(parameter);
  }
}

function writeConstant(writer: ByteWriter, value: number): void {
  writer.byte(opcode.i32Const);
  writer.s32(value);
}
