import { type ByteReader, ModuleFormatError } from './bytes.ts';

/**
 * Walks function bodies, one instruction at a time (Core Specification 2.0, §5.4). Knows the WebAssembly MVP with the
 * sign-extension, saturating-conversion and bulk memory instructions: what OPA's compiler and Go's emit. Any other opcode is refused, since
 * a wrong guess about an instruction's length would make the rest of the body mean something else.
 */

export const opcode = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i32Load8u: 0x2d,
  i32Load16u: 0x2f,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
} as const;

/** The block type of a block without parameters and results, and the i32 value type. */
export const emptyBlock = 0x40;
export const i32 = 0x7f;

/** memory.init, data.drop, memory.copy and memory.fill, which Go emits: how many immediates follow. */
const bulkImmediates: Readonly<Record<number, number>> = { 8: 2, 9: 1, 10: 2, 11: 1 };

function skipImmediates(reader: ByteReader, code: number): void {
  if (code === opcode.block || code === opcode.loop || code === opcode.if) {
    reader.skipLeb(); // block type
  } else if (code === opcode.br || code === opcode.brIf || code === opcode.call) {
    reader.skipLeb(); // label or function
  } else if (code === 0x0e) {
    for (let labels = reader.u32() + 1; labels > 0; labels -= 1) reader.skipLeb(); // br_table
  } else if (code === 0x11) {
    reader.skipLeb(); // call_indirect: type
    reader.skipLeb(); // and table
  } else if (code >= 0x20 && code <= 0x24) {
    reader.skipLeb(); // local or global
  } else if (code >= 0x28 && code <= 0x3e) {
    reader.skipLeb(); // load or store: alignment
    reader.skipLeb(); // and offset
  } else if (code === 0x3f || code === 0x40) {
    reader.skip(1); // memory.size, memory.grow
  } else if (code === opcode.i32Const || code === 0x42) {
    reader.skipLeb();
  } else if (code === 0x43) {
    reader.skip(4); // f32.const
  } else if (code === 0x44) {
    reader.skip(8); // f64.const
  } else if (code === 0xfc) {
    const sub = reader.u32();
    const immediates = sub <= 7 ? 0 : bulkImmediates[sub];
    if (immediates === undefined) {
      throw new ModuleFormatError(`instruction 0xfc ${sub} is not one that this engine can meter`);
    }
    for (let left = immediates; left > 0; left -= 1) reader.skipLeb();
  } else if (!isPlain(code)) {
    throw new ModuleFormatError(`instruction 0x${code.toString(16)} is not one that this engine can meter`);
  }
}

/** Instructions without immediates. */
function isPlain(code: number): boolean {
  return (
    code === opcode.unreachable ||
    code === 0x01 || // nop
    code === 0x05 || // else
    code === opcode.end ||
    code === opcode.return ||
    code === 0x1a || // drop
    code === 0x1b || // select
    (code >= 0x45 && code <= 0xc4) // comparison, arithmetic, conversion, sign extension
  );
}

/** Reads one whole instruction and returns its opcode. */
export function readInstruction(reader: ByteReader): number {
  const code = reader.byte();
  skipImmediates(reader, code);
  return code;
}
