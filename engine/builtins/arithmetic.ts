import { sortedItems } from './compare.ts';
import {
  add,
  type BigFloat,
  divide,
  equals,
  floatOfInteger,
  floatOfText,
  multiply,
  negate,
  textOfFloat,
  truncate,
} from './go/big-float.ts';
import { integer, numberOfText, textOfNumber, toBigInt } from './number.ts';
import { checkMagnitude } from './numbers.ts';
import { numberOperand } from './operands.ts';
import {
  type Builtin,
  type BuiltinContext,
  BuiltinError,
  isArray,
  isNumber,
  type RegoNumber,
  RegoSet,
  type RegoValue,
  typeName,
} from './value.ts';

/**
 * Arithmetic (OPA v1/topdown/arithmetic.go, aggregates.go): exact on integers, else as Go's big.Float. The policy module
 * calculates with decimals of 18 digits instead, where 10 / 3 * 3 == 10 is false; so it asks here for everything that
 * involves a number that is no small integer (native.ts).
 */

function floatOf(value: RegoNumber): BigFloat {
  return floatOfText(textOfNumber(checkMagnitude(value)));
}

function numberOf(value: BigFloat): RegoNumber {
  return numberOfText(textOfFloat(value));
}

function integerOf(value: RegoNumber): bigint | undefined {
  return toBigInt(checkMagnitude(value));
}

/** About what numbers of this length cost. */
function chargeFor(operands: readonly RegoValue[], context: BuiltinContext): void {
  for (const operand of operands) if (isNumber(operand)) context.charge(500 + textOfNumber(operand).length * 20);
}

function binary(exact: (a: bigint, b: bigint) => bigint, float: (a: BigFloat, b: BigFloat) => BigFloat): Builtin {
  return (operands, context) => {
    const [a, b] = [numberOperand(operands, 0), numberOperand(operands, 1)];
    chargeFor(operands, context);
    const [x, y] = [integerOf(a), integerOf(b)];
    if (x !== undefined && y !== undefined) return integer(exact(x, y));
    return numberOf(float(floatOf(a), floatOf(b)));
  };
}

function quotient(operands: readonly RegoValue[], context: BuiltinContext): RegoNumber {
  const [a, b] = [numberOperand(operands, 0), numberOperand(operands, 1)];
  chargeFor(operands, context);
  const small = (value: RegoNumber): boolean => typeof value === 'number' && (value | 0) === value;
  if (small(a) && small(b) && Number(b) !== 0 && Number(a) !== 0 && Number(a) % Number(b) === 0) {
    return Number(a) / Number(b);
  }
  const divisor = floatOf(b);
  if (divisor.mantissa === 0n) throw new BuiltinError('divide by zero');
  return numberOf(divide(floatOf(a), divisor));
}

function unary(float: (value: BigFloat) => BigFloat): Builtin {
  return (operands, context) => {
    const value = numberOperand(operands, 0);
    chargeFor(operands, context);
    return numberOf(float(floatOf(value)));
  };
}

const one = floatOfInteger(1n);
const half = floatOfText('0.5');

/** Half away from zero. */
function round(value: BigFloat): BigFloat {
  return floatOfInteger(truncate(add(value, value.negative ? negate(half) : half)));
}

/** OPA's own: it goes by the sign of what is left, so ceil(-0.5) is 1 and floor(-0.5) is 0. */
function ceil(value: BigFloat): BigFloat {
  const whole = floatOfInteger(truncate(value));
  return whole.negative || equals(value, whole) ? whole : add(whole, one);
}

function floor(value: BigFloat): BigFloat {
  const whole = floatOfInteger(truncate(value));
  return !whole.negative || equals(value, whole) ? whole : add(whole, negate(one));
}

/** Of an array or a set. */
function aggregate(
  exact: (numbers: readonly bigint[]) => bigint,
  float: (numbers: readonly BigFloat[]) => BigFloat,
): Builtin {
  return (operands, context) => {
    const [collection] = operands;
    const items = collection instanceof RegoSet ? sortedItems(collection) : collection;
    if (!isArray(items)) {
      throw new BuiltinError(`operand 1 must be one of {set, array} but got ${typeName(collection)}`);
    }
    chargeFor(items, context);
    const numbers = items.map((item) => {
      if (isNumber(item)) return item;
      throw new BuiltinError(`operand 1 must be array of numbers but got array containing ${typeName(item)}`);
    });
    const integers = numbers.map(integerOf);
    if (integers.every((value) => value !== undefined)) return integer(exact(integers));
    return numberOf(float(numbers.map(floatOf)));
  };
}

/** Go begins a product with a float64, whose 53 bits the result then keeps. */
const productPrecision = 53;

export const arithmeticBuiltins: readonly (readonly [string, Builtin])[] = [
  [
    'plus',
    binary(
      (a, b) => a + b,
      (a, b) => add(a, b),
    ),
  ],
  [
    'minus',
    binary(
      (a, b) => a - b,
      (a, b) => add(a, negate(b)),
    ),
  ],
  [
    'mul',
    binary(
      (a, b) => a * b,
      (a, b) => multiply(a, b),
    ),
  ],
  ['div', quotient],
  ['abs', unary((value) => ({ ...value, negative: false }))],
  ['round', unary(round)],
  ['ceil', unary(ceil)],
  ['floor', unary(floor)],
  [
    'sum',
    aggregate(
      (numbers) => numbers.reduce((sum, number) => sum + number, 0n),
      (numbers) => numbers.reduce((sum, number) => add(sum, number), floatOfInteger(0n)),
    ),
  ],
  [
    'product',
    aggregate(
      (numbers) => numbers.reduce((product, number) => product * number, 1n),
      (numbers) => numbers.reduce((product, number) => multiply(product, number, productPrecision), one),
    ),
  ],
];
