import { equalValues, objectGet, setOf } from './compare.ts';
import { arrayIndex, parsePath } from './json-pointer.ts';
import { arrayOperand } from './operands.ts';
import {
  type BuiltinContext,
  BuiltinError,
  isArray,
  isObject,
  type RegoObject,
  RegoSet,
  type RegoValue,
} from './value.ts';
import { printValue } from './value-text.ts';

/** `json.patch`: RFC 6902, also into sets (OPA v1/topdown/json.go, internal/edittree). */
export function jsonPatch(operands: readonly RegoValue[], context: BuiltinContext): RegoValue | undefined {
  let document: RegoValue | undefined = operands[0];
  for (const operation of arrayOperand(operands, 1)) {
    context.charge(1000);
    if (!isObject(operation)) throw new BuiltinError('must be an array of JSON-Patch objects');
    document = apply(document, operation);
  }
  return document;
}

function apply(document: RegoValue | undefined, operation: RegoObject): RegoValue | undefined {
  const path = parsePath(attribute(operation, 'path'));
  const name = attribute(operation, 'op');
  switch (name) {
    case 'add':
      return insertAt(document, path, attribute(operation, 'value'));
    case 'remove':
      return deleteAt(document, path);
    case 'replace': {
      const rest = deleteAt(document, path);
      return insertAt(rest, path, attribute(operation, 'value'));
    }
    case 'move': {
      const from = parsePath(attribute(operation, 'from'));
      const value = read(document, from);
      return insertAt(deleteAt(document, from), path, value);
    }
    case 'copy':
      return insertAt(document, path, read(document, parsePath(attribute(operation, 'from'))));
    case 'test':
      if (!equalValues(read(document, path), attribute(operation, 'value'))) {
        throw new BuiltinError('value from EditTree != patch value');
      }
      return document;
    default:
      throw new BuiltinError(`unrecognized op: ${printValue(name)}`);
  }
}

function attribute(operation: RegoObject, name: string): RegoValue {
  const value = operation.get(name);
  if (value === undefined) throw new BuiltinError(`missing required attribute '${name}'`);
  return value;
}

function child(parent: RegoValue | undefined, segment: RegoValue): RegoValue {
  let found: RegoValue | undefined;
  if (isArray(parent)) found = parent[arrayIndex(segment, parent.length)];
  else if (isObject(parent)) found = objectGet(parent, segment);
  else if (parent instanceof RegoSet) found = parent.items.find((item) => equalValues(item, segment));
  if (found === undefined) throw new BuiltinError('path does not exist');
  return found;
}

function read(document: RegoValue | undefined, path: readonly RegoValue[]): RegoValue {
  let value = document;
  for (const segment of path) value = child(value, segment);
  if (value === undefined) throw new BuiltinError('path does not exist');
  return value;
}

/** The document with the value at `path` replaced by what `edit` makes of its parent. */
function editParent(
  document: RegoValue | undefined,
  path: readonly RegoValue[],
  edit: (parent: RegoValue, last: RegoValue) => RegoValue,
): RegoValue {
  const [segment, ...rest] = path;
  if (document === undefined || segment === undefined) throw new BuiltinError('path does not exist');
  if (rest.length === 0) return edit(document, segment);
  const changed = editParent(child(document, segment), rest, edit);
  if (isArray(document)) return document.with(arrayIndex(segment, document.length), changed);
  if (isObject(document)) return withEntry(document, segment, changed);
  if (document instanceof RegoSet) return setOf([...without(document, segment), changed]);
  throw new BuiltinError('expected composite type');
}

function insertAt(document: RegoValue | undefined, path: readonly RegoValue[], value: RegoValue): RegoValue {
  if (path.length === 0) return value;
  return editParent(document, path, (parent, last) => {
    if (isArray(parent)) {
      const index = arrayIndex(last, parent.length);
      if (index < 0 || index > parent.length) throw new BuiltinError('index for array insertion out of bounds');
      return parent.toSpliced(index, 0, value);
    }
    if (isObject(parent)) return withEntry(parent, last, value);
    if (parent instanceof RegoSet) {
      if (!equalValues(last, value)) throw new BuiltinError('set key does not equal value to be inserted');
      return setOf([...parent.items, value]);
    }
    throw new BuiltinError('expected composite type');
  });
}

function deleteAt(document: RegoValue | undefined, path: readonly RegoValue[]): RegoValue | undefined {
  if (path.length === 0) return undefined;
  return editParent(document, path, (parent, last) => {
    child(parent, last); // only what exists can be removed
    if (isArray(parent)) return parent.toSpliced(arrayIndex(last, parent.length), 1);
    if (isObject(parent)) return new Map([...parent].filter(([key]) => !equalValues(key, last)));
    return parent instanceof RegoSet ? new RegoSet(without(parent, last)) : parent;
  });
}

function without(set: RegoSet, item: RegoValue): RegoValue[] {
  return set.items.filter((candidate) => !equalValues(candidate, item));
}

function withEntry(object: RegoObject, key: RegoValue, value: RegoValue): RegoObject {
  const existing = typeof key === 'string' ? key : ([...object.keys()].find((other) => equalValues(other, key)) ?? key);
  return new Map(object).set(existing, value);
}
