/**
 * The builtins of OPA 1.22.0 that no policy can call here, each with the reason. A call of one is a compile error.
 * README.md beside this file shows all builtins and who answers them; a test compares both with OPA's own list.
 */
const outside = 'reaches outside: a decision must not wait for the network';
const chance = 'gives something else each time: a decision must be the same in a replay';
const signing =
  'makes signatures, of which some need chance: a decision must be the same in a replay, and a fixed source of chance would give the key away';
const deprecated = 'deprecated: OPA itself refuses it in Rego v1';

export const leftOutBuiltins: Readonly<Record<string, string>> = {
  'http.send': outside,
  'net.lookup_ip_addr': outside,
  'opa.runtime': 'tells of the machine and its environment: a decision must be the same on every one',
  'rand.intn': chance,
  'uuid.rfc4122': chance,
  'io.jwt.encode_sign': signing,
  'io.jwt.encode_sign_raw': signing,
  'internal.test_case': "exists for OPA's tester alone, which writes the calls of it",
  all: deprecated,
  any: deprecated,
  cast_array: deprecated,
  cast_boolean: deprecated,
  cast_null: deprecated,
  cast_object: deprecated,
  cast_set: deprecated,
  cast_string: deprecated,
  'net.cidr_overlap': deprecated,
  re_match: deprecated,
  set_diff: deprecated,
};
