import { arithmeticBuiltins } from './arithmetic.ts';
import { bitsBuiltins } from './bits.ts';
import { collectionBuiltins } from './collections.ts';
import { cryptoBuiltins } from './crypto.ts';
import { encodingBuiltins } from './encoding.ts';
import { globBuiltins } from './glob.ts';
import { jsonBuiltins } from './json.ts';
import { compileTimeBuiltins, nativeBuiltins } from './native.ts';
import { netBuiltins } from './net.ts';
import { numberBuiltins } from './numbers.ts';
import { opaBuiltins } from './opa/opa-builtins.ts';
import { regexBuiltins } from './regex.ts';
import { semverBuiltins } from './semver.ts';
import { sprintfBuiltins } from './sprintf.ts';
import { stringBuiltins } from './strings.ts';
import { timeBuiltins } from './time.ts';
import { traceBuiltins } from './trace.ts';
import { unitBuiltins } from './units.ts';
import { uriBuiltins } from './uri.ts';
import { uuidBuiltins } from './uuid.ts';
import type { BuiltinTable } from './value.ts';
import { yamlBuiltins } from './yaml.ts';

/** The builtins that Sallyport supplies to policies, each equal to OPA 1.22.0's own. */
export const hostBuiltins: BuiltinTable = new Map([
  ...sprintfBuiltins,
  ...regexBuiltins,
  ...globBuiltins,
  ...stringBuiltins,
  ...timeBuiltins,
  ...numberBuiltins,
  ...arithmeticBuiltins,
  ...bitsBuiltins,
  ...jsonBuiltins,
  ...yamlBuiltins,
  ...netBuiltins,
  ...semverBuiltins,
  ...unitBuiltins,
  ...encodingBuiltins,
  ...cryptoBuiltins,
  ...collectionBuiltins,
  ...uuidBuiltins,
  ...uriBuiltins,
  ...traceBuiltins,
  ...opaBuiltins,
]);

/**
 * Every builtin that a policy may use, sorted: the compiler is given this list as its capabilities, so that a call of
 * any other is a compile error. left-out.ts has the others.
 */
export const suppliedBuiltins: readonly string[] = [
  ...new Set([...nativeBuiltins, ...compileTimeBuiltins, ...hostBuiltins.keys()]),
].sort();
