import { SallyportError } from '../../errors.ts';
import {
  type Builtin,
  type BuiltinContext,
  BuiltinError,
  isArray,
  isObject,
  RegoSet,
  type RegoValue,
} from '../value.ts';
import { formatValue, parseValue } from '../value-text.ts';
import { opaProgram, OutOfFuel } from './program.ts';

/** The builtins that OPA's own Go code answers: exactly OPA's meaning, at about a hundred times the cost of the others. */
export const opaBuiltinNames: readonly string[] = [
  'crypto.parse_private_keys',
  'crypto.x509.parse_and_verify_certificates',
  'crypto.x509.parse_and_verify_certificates_with_options',
  'crypto.x509.parse_certificate_request',
  'crypto.x509.parse_certificates',
  'crypto.x509.parse_keypair',
  'crypto.x509.parse_rsa_private_key',
  'graphql.is_valid',
  'graphql.parse',
  'graphql.parse_and_verify',
  'graphql.parse_query',
  'graphql.parse_schema',
  'graphql.schema_is_valid',
  'io.jwt.decode',
  'io.jwt.decode_verify',
  'io.jwt.verify_eddsa',
  'io.jwt.verify_es256',
  'io.jwt.verify_es384',
  'io.jwt.verify_es512',
  'io.jwt.verify_hs256',
  'io.jwt.verify_hs384',
  'io.jwt.verify_hs512',
  'io.jwt.verify_ps256',
  'io.jwt.verify_ps384',
  'io.jwt.verify_ps512',
  'io.jwt.verify_rs256',
  'io.jwt.verify_rs384',
  'io.jwt.verify_rs512',
  'json.match_schema',
  'json.verify_schema',
  'providers.aws.sign_req',
  'regex.globs_match',
  'rego.parse_module',
  'strings.render_template',
  'yaml.marshal',
];

/** What the copies of a call cost, in fuel; a step of the Go program costs as much as one of a policy. */
const callCost = 20_000;

function call(name: string, operands: readonly RegoValue[], context: BuiltinContext): RegoValue | undefined {
  const request = JSON.stringify({
    name,
    now: context.now.toString(),
    operands: operands.map((operand) => ({ [isJson(operand) ? 'json' : 'rego']: formatValue(operand) })),
  });
  context.charge(callCost + request.length);
  const { answer, used } = metered(request, context);
  context.charge(used);
  const result = parseValue(answer);
  if (!isObject(result)) throw new Error('the program did not answer with an object');
  const fault = result.get('fault');
  if (typeof fault === 'string') throw new SallyportError('SP_EVAL_FAILED', `${name} stopped: ${fault}.`);
  const error = result.get('error');
  if (typeof error === 'string') throw new BuiltinError(error);
  return result.get('value');
}

function metered(request: string, context: BuiltinContext): { answer: string; used: number } {
  const fuel = context.fuel();
  try {
    return opaProgram().call(request, context.now, fuel);
  } catch (error) {
    if (error instanceof OutOfFuel) context.charge(fuel);
    throw error;
  }
}

/** Whether JSON has a word for all of it. */
function isJson(value: RegoValue): boolean {
  if (value instanceof RegoSet) return false;
  if (isArray(value)) return value.every(isJson);
  if (isObject(value)) return [...value].every(([key, item]) => typeof key === 'string' && isJson(item));
  return true;
}

export const opaBuiltins: readonly (readonly [string, Builtin])[] = opaBuiltinNames.map((name) => [
  name,
  (operands, context) => call(name, operands, context),
]);

const known = new Set(opaBuiltinNames);

/** Loads the program where one of the builtins needs it, so that the first decision does not wait for it. */
export function prepareOpaBuiltins(required: Iterable<string>): void {
  for (const name of required) {
    if (!known.has(name)) continue;
    opaProgram();
    return;
  }
}
