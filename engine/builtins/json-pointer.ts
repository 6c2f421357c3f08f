import { toBigInt } from './number.ts';
import { BuiltinError, isArray, isNumber, type RegoValue, typeName } from './value.ts';

/** A path into a document: a JSON pointer (leading slashes are optional, as in OPA), or an array of segments. */
export function parsePath(path: RegoValue | undefined): readonly RegoValue[] {
  if (isArray(path)) return path;
  if (typeof path !== 'string') {
    throw new BuiltinError(
      `operand 2 must be one of {set, array} containing string paths or array of path segments but got ${typeName(path)}`,
    );
  }
  if (path === '') return [];
  const segments = path.replace(/^\/+/, '').split('/');
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The array index that a segment names; "-" is the end of the array. */
export function arrayIndex(segment: RegoValue, length: number): number {
  if (segment === '-') return length;
  const value = isNumber(segment) ? toBigInt(segment) : plainIndex(segment);
  if (value === undefined) throw new BuiltinError('invalid type for indexing');
  return Number(value);
}

function plainIndex(segment: RegoValue): bigint | undefined {
  if (typeof segment !== 'string' || !/^(?:0|[1-9][0-9]*)$/.test(segment)) return undefined;
  return BigInt(segment);
}
