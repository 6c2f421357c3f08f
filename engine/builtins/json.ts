import { compareStrings, sortedItems } from './compare.ts';
import { jsonPatch } from './json-patch.ts';
import { textOfNumber } from './number.ts';
import { checkMagnitude } from './numbers.ts';
import { objectOperand, stringOperand } from './operands.ts';
import {
  type Builtin,
  type BuiltinContext,
  BuiltinError,
  isArray,
  isNumber,
  isObject,
  RegoSet,
  type RegoValue,
} from './value.ts';
import { keyText, parseValue, printValue, wellFormed } from './value-text.ts';

/** `json.*` as OPA has it through Go's encoding/json. */

interface Indentation {
  readonly prefix: string;
  readonly indent: string;
}

/** Go's json.Marshal: keys sorted, and <, > and & escaped, so that the text is safe inside HTML. */
export function marshal(value: RegoValue, indentation: Indentation | undefined, depth = 0): string {
  if (typeof value === 'string') return marshalString(value);
  if (isNumber(value)) return textOfNumber(value);
  if (isArray(value))
    return brackets(
      '[',
      value.map((item) => marshal(item, indentation, depth + 1)),
      ']',
      indentation,
      depth,
    );
  if (value instanceof RegoSet) return marshal(sortedItems(value), indentation, depth);
  if (isObject(value)) {
    const members = Array.from(value, ([key, item]) => [keyText(key), item] as const)
      .sort(([a], [b]) => compareStrings(a, b))
      .map(([key, item]) => `${marshalString(key)}:${indentation ? ' ' : ''}${marshal(item, indentation, depth + 1)}`);
    return brackets('{', members, '}', indentation, depth);
  }
  return String(value);
}

function brackets(
  open: string,
  members: string[],
  close: string,
  indentation: Indentation | undefined,
  depth: number,
): string {
  if (members.length === 0) return open + close;
  if (!indentation) return open + members.join(',') + close;
  const line = (level: number): string => `\n${indentation.prefix}${indentation.indent.repeat(level)}`;
  return open + line(depth + 1) + members.join(`,${line(depth + 1)}`) + line(depth) + close;
}

function marshalString(text: string): string {
  return JSON.stringify(wellFormed(text)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function marshalWithOptions(operands: readonly RegoValue[]): string {
  let { prefix, indent } = { prefix: '', indent: '\t' };
  let pretty: boolean | undefined;
  let implied = false;
  for (const [key, value] of objectOperand(operands, 1)) {
    if (key === 'pretty' && typeof value === 'boolean') pretty = value;
    else if (key === 'prefix' && typeof value === 'string') [prefix, implied] = [value, true];
    else if (key === 'indent' && typeof value === 'string') [indent, implied] = [value, true];
    else throw new BuiltinError(`object contained unknown or mistyped key ${printValue(key)}`);
  }
  const value = operands[0] ?? null;
  // Go does not prefix the first line; OPA does.
  return (pretty ?? implied) ? prefix + marshal(value, { prefix, indent }) : marshal(value, undefined);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Numbers keep all their digits, as in OPA. */
function unmarshal(operands: readonly RegoValue[], context: BuiltinContext): RegoValue {
  const text = stringOperand(operands, 0);
  context.charge(text.length * 20);
  if (!isJson(text)) throw new BuiltinError('json: invalid text');
  return checkNumbers(parseValue(text));
}

function checkNumbers(value: RegoValue): RegoValue {
  if (isNumber(value)) return checkMagnitude(value);
  if (isArray(value)) value.forEach(checkNumbers);
  else if (isObject(value)) for (const item of value.values()) checkNumbers(item);
  return value;
}

export const jsonBuiltins: readonly (readonly [string, Builtin])[] = [
  ['json.marshal', ([value]) => marshal(value ?? null, undefined)],
  ['json.unmarshal', unmarshal],
  ['json.is_valid', ([text]) => typeof text === 'string' && isJson(text)],
  ['json.marshal_with_options', marshalWithOptions],
  ['json.patch', jsonPatch],
];
