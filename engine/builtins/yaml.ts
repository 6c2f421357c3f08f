import { parseAllDocuments, type ScalarTag, stringify } from 'yaml';
import { stringOperand } from './operands.ts';
import { type Builtin, type BuiltinContext, BuiltinError, type RegoValue } from './value.ts';
import { fromJson, toJson } from './value-text.ts';

/** `yaml.*` as OPA 1.22 has it (internal/yaml): go-yaml v3, YAML 1.2 with merge keys, the last of duplicate keys wins. */

/** go-yaml reads integers as Go writes them: 0x, 0o, 0b, a leading 0 for octal, and underscores between digits. */
const integerTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0[xX]_?[0-9a-fA-F][0-9a-fA-F_]*|0[oO]_?[0-7][0-7_]*|0[bB]_?[01][01_]*|0[0-7_]*|[1-9][0-9_]*)$/,
  resolve(text) {
    const plain = text.replaceAll('_', '');
    const negative = plain.startsWith('-');
    const digits = plain.replace(/^[-+]/, '').replace(/^0(?=[0-7])/, '0o');
    const value = BigInt(digits);
    return negative ? -value : value;
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
  return first?.toJS({ maxAliasCount: 100 });
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
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, finite(item)]));
  }
  return value;
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

function marshal(operands: readonly RegoValue[]): string {
  return stringify(toJson(operands[0] ?? null), { lineWidth: 0, indent: 2, indentSeq: true, version: '1.2' });
}

export const yamlBuiltins: readonly (readonly [string, Builtin])[] = [
  ['yaml.unmarshal', unmarshal],
  ['yaml.is_valid', isValid],
  ['yaml.marshal', marshal],
];
