import { parseAllDocuments, type ScalarTag } from 'yaml';
import { stringOperand } from './operands.ts';
import { type Builtin, type BuiltinContext, BuiltinError, type RegoValue } from './value.ts';
import { fromJson } from './value-text.ts';

/** `yaml.unmarshal` and `yaml.is_valid` as OPA 1.22 has it (internal/yaml): go-yaml v3, YAML 1.2 with merge keys, the last of duplicate keys wins. */

/** go-yaml reads integers as Go writes them: 0x, 0o, 0b, a leading 0 for octal, and underscores between digits. */
const integerTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0[xX]_?[0-9a-fA-F][0-9a-fA-F_]*|0[oO]_?[0-7][0-7_]*|0[bB]_?[01][01_]*|0[0-7_]*|[1-9][0-9_]*)$/,
  resolve(text) {
    const plain = text.replaceAll('_', '');
    const negative = plain.startsWith('-');
    const digits = plain.replace(/^[-+]/, '').replace(/^0(?=[0-7])/, '0o');
    const value = negative ? -BigInt(digits) : BigInt(digits);
    // Beyond 64 bits an integer is a float.
    return value > 0xffff_ffff_ffff_ffffn || value < -(2n ** 63n) ? Number(value) : value;
  },
};

function parse(text: string): unknown {
  const documents = parseAllDocuments(text, {
    version: '1.2',
    merge: true,
    uniqueKeys: false,
    intAsBigInt: false,
    customTags: (tags) => [integerTag, ...tags.filter((tag) => typeof tag === 'string' || tag.tag !== integerTag.tag)],
  });
  if (!Array.isArray(documents)) return null;
  const [first] = documents;
  const error = documents.flatMap((document) => document.errors)[0];
  if (error) throw new BuiltinError(`yaml: ${error.message}`);
  return first?.toJS({ maxAliasCount: 100, mapAsMap: true });
}

function unmarshal(operands: readonly RegoValue[], context: BuiltinContext): RegoValue {
  const text = stringOperand(operands, 0);
  context.charge(text.length * 500);
  try {
    return fromJson(finite(parse(text) ?? null));
  } catch (error) {
    if (error instanceof BuiltinError) throw error;
    // The library throws plain errors for aliases that multiply and for what it can't read.
    throw new BuiltinError(`yaml: ${error instanceof Error ? error.message : 'invalid'}`);
  }
}

/** JSON has no .inf and no .nan: Go's encoder refuses them. */
function finite(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new BuiltinError('json: unsupported value');
  if (Array.isArray(value)) return value.map(finite);
  if (value instanceof Map) {
    return Object.fromEntries(Array.from(value, ([key, item]: [unknown, unknown]) => [keyOf(key), finite(item)]));
  }
  return value;
}

/** JSON keys are strings: a key may be a scalar other than null. */
function keyOf(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  throw new BuiltinError('yaml: unsupported map key');
}

function isValid(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  if (typeof operands[0] !== 'string') return false;
  try {
    unmarshal(operands, context);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

export const yamlBuiltins: readonly (readonly [string, Builtin])[] = [
  ['yaml.unmarshal', unmarshal],
  ['yaml.is_valid', isValid],
];
