import { FieldReader } from '../bytes.ts';

/** One column of a result, as RowDescription tells it. */
export interface ResultField {
  readonly name: string;
  /** OID of the relation and attribute number that it comes from as it is; 0 where it is computed. */
  readonly relation: number;
  readonly attribute: number;
  /** OID of the type. */
  readonly type: number;
  readonly format: 'text' | 'binary';
}

/**
 * Reads `bytes[start, end)`, a whole RowDescription message, type and length included.
 * @returns undefined if it is not well formed
 */
export function readRowDescription(bytes: Buffer, start: number, end: number): readonly ResultField[] | undefined {
  const reader = new FieldReader(bytes, start + 5, end);
  const count = reader.uint16();
  const fields: ResultField[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    reader.skipText();
    // A name is only compared and guessed from: one in another encoding does no harm.
    const name = bytes.toString('utf8', reader.textStart, reader.textEnd);
    const relation = reader.int32() >>> 0;
    const attribute = (reader.uint16() << 16) >> 16;
    const type = reader.int32() >>> 0;
    reader.skip(6);
    fields.push({ name, relation, attribute, type, format: reader.uint16() === 0 ? 'text' : 'binary' });
  }
  return reader.complete ? fields : undefined;
}

/**
 * What a statement's description becomes by the result formats of a Bind: none (all text), one (for all), or one each.
 * Of formats that do not fit, the target will say so itself.
 */
export function withFormats(fields: readonly ResultField[], formats: readonly number[]): readonly ResultField[] {
  return fields.map((field, index) => ({
    ...field,
    format: (formats.length === 1 ? formats[0] : formats[index]) === 1 ? 'binary' : 'text',
  }));
}
