import { stringOperand } from './operands.ts';
import { type Builtin, BuiltinError, type RegoValue } from './value.ts';

/**
 * `semver.*` (OPA internal/semver). Not the npm package `semver`: OPA allows one leading v and numbers up to 64 bits,
 * and ignores what a range would mean.
 */
interface Version {
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];
}

const identifiers = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;
const numeric = /^[0-9]+$/;

function parse(text: string): Version | undefined {
  let rest = text.startsWith('v') ? text.slice(1) : text;
  const plus = rest.indexOf('+');
  if (plus >= 0) {
    if (!identifiers.test(rest.slice(plus + 1))) return undefined;
    rest = rest.slice(0, plus);
  }
  const dash = rest.indexOf('-');
  let preRelease: string[] = [];
  if (dash >= 0) {
    const tail = rest.slice(dash + 1);
    preRelease = tail.split('.');
    if (!identifiers.test(tail) || preRelease.some((part) => numeric.test(part) && /^0./.test(part))) return undefined;
    rest = rest.slice(0, dash);
  }
  const numbers = rest.split('.');
  if (numbers.length !== 3 || !numbers.every((part) => /^(?:0|[1-9][0-9]*)$/.test(part))) return undefined;
  const values = numbers.map(BigInt);
  return values.every((value) => BigInt.asIntN(64, value) === value) ? { numbers: values, preRelease } : undefined;
}

function order(a: bigint | string, b: bigint | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Numbers come before words; more parts come after fewer. */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const [leftNumeric, rightNumeric] = [numeric.test(left), numeric.test(right)];
    if (leftNumeric !== rightNumeric) return leftNumeric ? -1 : 1;
    const result = leftNumeric ? order(clamp(left), clamp(right)) : order(left, right);
    if (result !== 0) return result;
  }
  return a.length < b.length ? -1 : 0;
}

/** Go's Atoi gives the largest int for what is beyond it. */
function clamp(text: string): bigint {
  const value = BigInt(text);
  const largest = 2n ** 63n - 1n;
  return value > largest ? largest : value;
}

function compare(operands: readonly RegoValue[]): number {
  const texts = [stringOperand(operands, 0), stringOperand(operands, 1)] as const;
  const [a, b] = [parse(texts[0]), parse(texts[1])];
  if (!a) throw new BuiltinError(`operand 1: string ${texts[0]} is not a valid SemVer`);
  if (!b) throw new BuiltinError(`operand 2: string ${texts[1]} is not a valid SemVer`);
  for (const [index, number] of a.numbers.entries()) {
    const result = order(number, b.numbers[index] ?? 0n);
    if (result !== 0) return result;
  }
  return comparePreReleases(a.preRelease, b.preRelease);
}

export const semverBuiltins: readonly (readonly [string, Builtin])[] = [
  ['semver.compare', compare],
  ['semver.is_valid', ([text]) => typeof text === 'string' && parse(text) !== undefined],
];
