import { textOfNumber, toBigInt } from './number.ts';
import {
  BuiltinError,
  isArray,
  isNumber,
  isObject,
  type RegoNumber,
  type RegoObject,
  RegoSet,
  type RegoValue,
  typeName,
} from './value.ts';

/** Typed access to a builtin's operands; positions count from 0 here and from 1 in messages, as in OPA. */

function mismatch(operands: readonly RegoValue[], position: number, wanted: string): BuiltinError {
  return new BuiltinError(`operand ${position + 1} must be ${wanted} but got ${typeName(operands[position])}`);
}

export function stringOperand(operands: readonly RegoValue[], position: number): string {
  const value = operands[position];
  if (typeof value !== 'string') throw mismatch(operands, position, 'string');
  return value;
}

export function numberOperand(operands: readonly RegoValue[], position: number): RegoNumber {
  const value = operands[position];
  if (!isNumber(value)) throw mismatch(operands, position, 'number');
  return value;
}

export function arrayOperand(operands: readonly RegoValue[], position: number): readonly RegoValue[] {
  const value = operands[position];
  if (!isArray(value)) throw mismatch(operands, position, 'array');
  return value;
}

export function objectOperand(operands: readonly RegoValue[], position: number): RegoObject {
  const value = operands[position];
  if (!isObject(value)) throw mismatch(operands, position, 'object');
  return value;
}

/** The members of an array or a set. */
export function collectionOperand(operands: readonly RegoValue[], position: number): readonly RegoValue[] {
  const value = operands[position];
  if (value instanceof RegoSet) return value.items;
  if (isArray(value)) return value;
  throw mismatch(operands, position, 'one of {set, array}');
}

export function bigIntOperand(operands: readonly RegoValue[], position: number): bigint {
  const value = toBigInt(numberOperand(operands, position));
  if (value === undefined) throw mismatch(operands, position, 'integer number');
  return value;
}

/**
 * An integer that fits Go's int (64 bits) and is written as one, with zeros after a point at most: OPA does not take 1e3
 * where it takes 1000.0. As a number, clamped to the safe range.
 */
export function intOperand(operands: readonly RegoValue[], position: number): number {
  const value = numberOperand(operands, position);
  const match = /^(-?)([0-9]+(?:\.0*)?)$/.exec(textOfNumber(value));
  const digits = match?.[2] ?? '';
  const whole = BigInt(`${match?.[1] ?? ''}${digits.split('.')[0] || '0'}`);
  if (digits === '' || digits.length > 19 || BigInt.asIntN(64, whole) !== whole) {
    throw mismatch(operands, position, 'integer number');
  }
  return Number(whole);
}

/** Every member must be a string. */
export function strings(values: readonly RegoValue[], position: number): string[] {
  return values.map((value) => {
    if (typeof value === 'string') return value;
    throw new BuiltinError(
      `operand ${position + 1} must be array of strings but got array containing ${typeName(value)}`,
    );
  });
}
