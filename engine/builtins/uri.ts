import { parseUrl, splitHostPort, UrlError } from './go/url.ts';
import { stringOperand } from './operands.ts';
import { type Builtin, type BuiltinContext, BuiltinError, type RegoObject, type RegoValue } from './value.ts';

/** `uri.parse` and `uri.is_valid` (OPA v1/topdown/uri.go), through Go's url.Parse. */

function parse(operands: readonly RegoValue[], context: BuiltinContext): RegoObject {
  const text = stringOperand(operands, 0);
  context.charge(1000 + text.length * 50);
  try {
    const url = parseUrl(text);
    const parts = {
      scheme: url.scheme,
      ...splitHostPort(url.host),
      path: url.path,
      // Always beside a path, so that policies can normalize it in a way of their own.
      raw_path: url.path === '' ? '' : url.rawPath || url.path,
      raw_query: url.rawQuery,
      fragment: url.fragment,
    };
    return new Map(Object.entries(parts).filter(([, part]) => part !== ''));
  } catch (error) {
    if (error instanceof UrlError) throw new BuiltinError(`parse ${JSON.stringify(text)}: ${error.message}`);
    throw error;
  }
}

function isValid(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const [text] = operands;
  if (typeof text !== 'string' || text === '') return false;
  context.charge(1000 + text.length * 50);
  try {
    parseUrl(text);
    return true;
  } catch (error) {
    if (error instanceof UrlError) return false;
    throw error;
  }
}

export const uriBuiltins: readonly (readonly [string, Builtin])[] = [
  ['uri.parse', parse],
  ['uri.is_valid', isValid],
];
