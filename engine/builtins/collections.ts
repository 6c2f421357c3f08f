import { equalValues, objectGet, setOf } from './compare.ts';
import { integer } from './number.ts';
import { arrayOperand, bigIntOperand, collectionOperand, intOperand, objectOperand } from './operands.ts';
import {
  type Builtin,
  type BuiltinContext,
  BuiltinError,
  isArray,
  isObject,
  type RegoObject,
  RegoSet,
  type RegoValue,
} from './value.ts';

/** `object.subset`, `graph.reachable_paths` and `numbers.range_step`: the collection builtins that OPA leaves to the host. */

function isSubset(container: RegoValue, part: RegoValue, context: BuiltinContext): boolean | undefined {
  if (isObject(container) && isObject(part)) return objectSubset(container, part, context);
  if (container instanceof RegoSet && part instanceof RegoSet) return includesAll(container.items, part.items, context);
  if (isArray(container) && isArray(part)) return arraySubset(container, part, context);
  return undefined;
}

/** Recursive in values, unlike for sets and arrays, whose members have no counterpart. */
function objectSubset(container: RegoObject, part: RegoObject, context: BuiltinContext): boolean {
  for (const [key, value] of part) {
    context.charge(100);
    const other = objectGet(container, key);
    if (other === undefined) return false;
    if (!equalValues(other, value) && isSubset(other, value, context) !== true) return false;
  }
  return true;
}

function includesAll(container: readonly RegoValue[], part: readonly RegoValue[], context: BuiltinContext): boolean {
  context.charge(container.length * part.length * 20);
  return part.every((item) => container.some((candidate) => equalValues(candidate, item)));
}

/**
 * OPA's search as it is: after a partial match it goes on one place after where that began, but it does not look again
 * at an array that is shorter.
 */
function arraySubset(container: readonly RegoValue[], part: readonly RegoValue[], context: BuiltinContext): boolean {
  context.charge(container.length * part.length * 20);
  for (let start = 0; start + part.length <= container.length; start += 1) {
    if (part.every((item, index) => equalValues(item, container[start + index] ?? null))) return true;
  }
  return false;
}

function subset(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const [container = null, part = null] = operands;
  const result = isSubset(container, part, context);
  if (result !== undefined) return result;
  if (isArray(container) && part instanceof RegoSet) {
    // OPA stops at the first match that completes the set, so the empty set needs an array that is not empty.
    return container.length > 0 && includesAll(container, part.items, context);
  }
  throw new BuiltinError('both arguments object.subset must be of the same type or array and set');
}

function edgesOf(graph: RegoObject, node: RegoValue): readonly RegoValue[] | undefined {
  const edges = objectGet(graph, node);
  if (edges === undefined) return undefined;
  if (edges instanceof RegoSet) return edges.items;
  return isArray(edges) ? edges : [];
}

/** Every path from the roots on until it ends, leaves the graph, or would meet itself. */
function reachablePaths(operands: readonly RegoValue[], context: BuiltinContext): RegoSet {
  const graph = objectOperand(operands, 0);
  const paths: RegoValue[] = [];
  const visit = (node: RegoValue, path: readonly RegoValue[]): void => {
    context.charge(200 + path.length * 20);
    const edges = edgesOf(graph, node);
    if (edges === undefined) {
      paths.push(path);
      return;
    }
    const longer = [...path, node];
    if (edges.length === 0) paths.push(longer);
    for (const neighbor of edges) {
      if (longer.some((seen) => equalValues(seen, neighbor))) paths.push(longer);
      else visit(neighbor, longer);
    }
  };
  for (const root of collectionOperand(operands, 1)) {
    const edges = edgesOf(graph, root);
    if (edges === undefined) continue;
    if (edges.length === 0) paths.push([root]);
    // OPA does not look for the root itself here: a loop of one node is the path [root, root].
    for (const neighbor of edges) visit(neighbor, [root]);
  }
  return setOf(paths);
}

function rangeStep(operands: readonly RegoValue[], context: BuiltinContext): RegoValue[] {
  const [from, to, step] = [bigIntOperand(operands, 0), bigIntOperand(operands, 1), bigIntOperand(operands, 2)];
  if (step <= 0n) throw new BuiltinError('numbers.range_step: step must be a positive integer');
  const distance = to > from ? to - from : from - to;
  // Charged before it is made: a long range must not take memory first.
  context.charge(Number(distance / step) * 50);
  const signed = to >= from ? step : -step;
  return Array.from({ length: Number(distance / step) + 1 }, (_, index) => integer(from + BigInt(index) * signed));
}

/** Indices beyond the array are its ends. */
function slice(operands: readonly RegoValue[]): readonly RegoValue[] {
  const array = arrayOperand(operands, 0);
  const within = (value: number): number => Math.min(Math.max(value, 0), array.length);
  const [start, stop] = [within(intOperand(operands, 1)), within(intOperand(operands, 2))];
  return array.slice(Math.min(start, stop), stop);
}

/** Of no objects; the policy module unites any others itself (native.ts). */
function unionOfNone(operands: readonly RegoValue[]): RegoObject {
  if (arrayOperand(operands, 0).length > 0) throw new Error('object.union_n was called with objects');
  return new Map();
}

export const collectionBuiltins: readonly (readonly [string, Builtin])[] = [
  ['object.subset', subset],
  ['graph.reachable_paths', reachablePaths],
  ['numbers.range_step', rangeStep],
  ['array.slice', slice],
  ['object.union_n', unionOfNone],
];
