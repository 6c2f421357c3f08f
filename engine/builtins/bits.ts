import { integer } from './number.ts';
import { bigIntOperand } from './operands.ts';
import { type Builtin, BuiltinError } from './value.ts';

/**
 * `bits.*` (OPA v1/topdown/bits.go) of any integers. The policy module asks here for numbers that it does not hold as
 * small integers, of which it would refuse 1.0 and 1e3.
 */
function binary(combine: (a: bigint, b: bigint) => bigint): Builtin {
  return (operands) => integer(combine(bigIntOperand(operands, 0), bigIntOperand(operands, 1)));
}

function shift(move: (value: bigint, by: bigint) => bigint): Builtin {
  return (operands, context) => {
    const [value, by] = [bigIntOperand(operands, 0), bigIntOperand(operands, 1)];
    if (by < 0n) throw new BuiltinError('operand 2 must be an unsigned integer number but got a negative integer');
    // Charged before it is made.
    context.charge(Number(by));
    return integer(move(value, by));
  };
}

export const bitsBuiltins: readonly (readonly [string, Builtin])[] = [
  ['bits.and', binary((a, b) => a & b)],
  ['bits.or', binary((a, b) => a | b)],
  ['bits.xor', binary((a, b) => a ^ b)],
  ['bits.negate', (operands) => integer(~bigIntOperand(operands, 0))],
  ['bits.lsh', shift((value, by) => value << by)],
  ['bits.rsh', shift((value, by) => value >> by)],
];
