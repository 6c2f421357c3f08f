/**
 * The builtins that OPA compiles into the module itself (OPA 1.22.0, internal/compiler/wasm/wasm.go), and those that
 * exist only while it compiles. A policy needs no host for them.
 */
export const nativeBuiltins: readonly string[] = [
  'abs',
  'and',
  'array.concat',
  'array.flatten',
  'array.reverse',
  'array.slice',
  'assign',
  'base64.decode',
  'base64.encode',
  'base64.is_valid',
  'base64url.decode',
  'base64url.encode',
  'bits.and',
  'bits.lsh',
  'bits.negate',
  'bits.or',
  'bits.rsh',
  'bits.xor',
  'ceil',
  'concat',
  'contains',
  'count',
  'div',
  'endswith',
  'eq',
  'equal',
  'floor',
  'format_int',
  'glob.match',
  'graph.reachable',
  'gt',
  'gte',
  'indexof',
  'internal.member_2',
  'internal.member_3',
  'internal.template_string',
  'intersection',
  'is_array',
  'is_boolean',
  'is_null',
  'is_number',
  'is_object',
  'is_set',
  'is_string',
  'json.filter',
  'json.is_valid',
  'json.marshal',
  'json.remove',
  'json.unmarshal',
  'lower',
  'lt',
  'lte',
  'max',
  'min',
  'minus',
  'mul',
  'neq',
  'net.cidr_contains',
  'net.cidr_intersects',
  'numbers.range',
  'object.filter',
  'object.get',
  'object.keys',
  'object.remove',
  'object.union',
  'object.union_n',
  'or',
  'plus',
  'product',
  'regex.find_all_string_submatch_n',
  'regex.is_valid',
  'regex.match',
  'rem',
  'replace',
  'round',
  'sort',
  'split',
  'startswith',
  'strings.replace_n',
  'strings.reverse',
  'substring',
  'sum',
  'to_number',
  'trim',
  'trim_left',
  'trim_prefix',
  'trim_right',
  'trim_space',
  'trim_suffix',
  'type_name',
  'union',
  'upper',
  'walk',
];

/** Rewritten or erased by the compiler, so that no call of them is left in the module. */
export const compileTimeBuiltins: readonly string[] = [
  'print',
  'internal.print',
  'rego.metadata.chain',
  'rego.metadata.rule',
];

/**
 * The calls of a native function that go to the host instead: those with a number that the module does not hold as a
 * 64-bit integer, with a set, with an empty text, with an empty array, with a pattern
 * of which RE2 in C++ thinks otherwise than Go's; all of them where nothing is said.
 */
export type OverrideCase = 'number' | 'set' | 'emptyText' | 'emptyArray' | 'pattern';

export interface NativeOverride {
  readonly builtin: string;
  readonly when?: readonly OverrideCase[];
}

/**
 * Native functions that differ from OPA's own semantics, by their C names, with the host builtin that replaces them
 * when a module is loaded (engine/wasm/module-rewrite.ts).
 */
export const nativeOverrides: ReadonlyMap<string, NativeOverride> = new Map<string, NativeOverride>([
  // An IPv4 address inside IPv6 is another one there.
  ['opa_cidr_contains', { builtin: 'net.cidr_contains' }],
  ['opa_cidr_intersects', { builtin: 'net.cidr_intersects' }],
  // Sets in hash order; numbers beyond 64 bits and beyond OPA's exponents; "007" and ".5".
  ['opa_json_marshal', { builtin: 'json.marshal' }],
  ['opa_json_unmarshal', { builtin: 'json.unmarshal' }],
  ['opa_json_is_valid', { builtin: 'json.is_valid' }],
  ['opa_to_number', { builtin: 'to_number' }],
  ['opa_strings_format_int', { builtin: 'format_int' }],
  // A regular expression there, in part.
  ['opa_glob_match', { builtin: 'glob.match' }],
  // In hash order there.
  ['opa_strings_concat', { builtin: 'concat', when: ['set'] }],
  // "1.5" and "YQ" pass for base64 there.
  ['opa_base64_is_valid', { builtin: 'base64.is_valid' }],
  ['opa_base64_decode', { builtin: 'base64.decode' }],
  ['opa_base64_url_decode', { builtin: 'base64url.decode' }],
  // Decimals of 18 digits there: see arithmetic.ts.
  ['opa_arith_plus', { builtin: 'plus', when: ['number'] }],
  ['opa_arith_minus', { builtin: 'minus', when: ['number'] }],
  ['opa_arith_multiply', { builtin: 'mul', when: ['number'] }],
  ['opa_arith_divide', { builtin: 'div' }],
  ['opa_arith_abs', { builtin: 'abs', when: ['number'] }],
  ['opa_arith_round', { builtin: 'round', when: ['number'] }],
  ['opa_arith_ceil', { builtin: 'ceil', when: ['number'] }],
  ['opa_arith_floor', { builtin: 'floor', when: ['number'] }],
  ['opa_agg_sum', { builtin: 'sum' }],
  ['opa_agg_product', { builtin: 'product' }],
  // 1.0 is no integer there.
  ['opa_bits_and', { builtin: 'bits.and', when: ['number'] }],
  ['opa_bits_or', { builtin: 'bits.or', when: ['number'] }],
  ['opa_bits_xor', { builtin: 'bits.xor', when: ['number'] }],
  ['opa_bits_negate', { builtin: 'bits.negate', when: ['number'] }],
  ['opa_bits_shiftleft', { builtin: 'bits.lsh', when: ['number'] }],
  ['opa_bits_shiftright', { builtin: 'bits.rsh', when: ['number'] }],
  ['opa_array_slice', { builtin: 'array.slice', when: ['number'] }],
  ['opa_strings_substring', { builtin: 'substring', when: ['number'] }],
  ['opa_regex_find_all_string_submatch', { builtin: 'regex.find_all_string_submatch_n', when: ['number', 'pattern'] }],
  // (?<name>…) is no pattern there, and \\C is one.
  ['opa_regex_match', { builtin: 'regex.match', when: ['pattern'] }],
  ['opa_regex_is_valid', { builtin: 'regex.is_valid', when: ['pattern'] }],
  // An empty text is at 0 there, and replacing it never ends.
  ['opa_strings_indexof', { builtin: 'indexof', when: ['emptyText'] }],
  ['opa_strings_replace', { builtin: 'replace', when: ['emptyText'] }],
  // Undefined there.
  ['builtin_object_union_n', { builtin: 'object.union_n', when: ['emptyArray'] }],
]);
