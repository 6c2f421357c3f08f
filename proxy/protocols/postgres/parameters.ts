import type { Parameter } from '../../../engine/contract.ts';
import { decodeText, type FieldReader } from './bytes.ts';

/**
 * Reads the parameter formats and values of a Bind or FunctionCall message: a count of format codes (none, one for all,
 * or one each), the codes, a count of values, the values.
 */
export function readParameters(fields: FieldReader): readonly Parameter[] {
  const formatCount = fields.uint16();
  const formats: number[] = [];
  for (let index = 0; index < formatCount && !fields.failed; index += 1) formats.push(fields.uint16());
  const count = fields.uint16();
  if (count === 0) return NONE;
  const parameters: Parameter[] = [];
  for (let index = 0; index < count && !fields.failed; index += 1) {
    const format = formatCount === 1 ? formats[0] : formats[index];
    parameters.push(readParameter(fields, format ?? 0));
  }
  return parameters;
}

const NONE: readonly Parameter[] = [];

function readParameter(fields: FieldReader, formatCode: number): Parameter {
  const length = fields.int32();
  const format = formatCode === 0 ? 'text' : 'binary';
  if (length === -1) return { format, is_null: true };
  const bytes = fields.slice(length);
  // Text that is no UTF-8 is nothing that a policy could compare; the target will refuse it.
  const text = format === 'text' ? decodeText(bytes, 0, bytes.length) : undefined;
  if (text !== undefined) return { format: 'text', is_null: false, text };
  return { format: 'binary', is_null: false, base64: bytes.toString('base64') };
}
