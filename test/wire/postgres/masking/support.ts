import type { CopyFormat } from '../../../../engine/lineage.ts';
import { MaskCounts } from '../../../../proxy/masking/counts.ts';
import type { MaskPlan, MaskWay } from '../../../../proxy/masking/plan.ts';
import { KeyedHash } from '../../../../proxy/masking/ways/keyed-hash.ts';
import { ByteWriter, RowMasker, type ResultField } from '../../../../proxy/protocols/postgres/masking/index.ts';

export const key = new KeyedHash(Buffer.alloc(32, 7));

export function planOf(columns: readonly (MaskWay | undefined)[] | undefined, more: Partial<MaskPlan> = {}): MaskPlan {
  return {
    columns,
    otherwise: 'null',
    origins: (columns ?? []).map(() => undefined),
    detect: [],
    withholdTexts: false,
    ...more,
  };
}

export function field(name: string, type: number, more: Partial<ResultField> = {}): ResultField {
  return { name, type, relation: 0, attribute: 0, format: 'text', ...more };
}

export type Value = string | Uint8Array | undefined;

/** A whole DataRow message. */
export function dataRow(values: readonly Value[]): Buffer {
  const parts = values.map((value) => {
    const bytes = value === undefined ? Buffer.alloc(0) : Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === undefined ? -1 : bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const body = Buffer.concat([Buffer.from([0, 0, 0, 0, values.length >> 8, values.length & 255]), ...parts]);
  body.writeInt32BE(body.length, 0);
  return Buffer.concat([Buffer.from('D'), body]);
}

/** Values of a DataRow message, as they stand in it. */
export function valuesOf(row: Buffer): (Buffer | undefined)[] {
  if (row[0] !== 0x44 || row.readInt32BE(1) !== row.length - 1) throw new Error('not one whole row');
  const values: (Buffer | undefined)[] = [];
  let at = 7;
  for (let i = 0; i < row.readInt16BE(5); i++) {
    const length = row.readInt32BE(at);
    values.push(length < 0 ? undefined : row.subarray(at + 4, at + 4 + length));
    at += 4 + Math.max(length, 0);
  }
  if (at !== row.length) throw new Error('bytes behind the last value');
  return values;
}

/** Masks rows as they come, all in one chunk. */
export function maskRows(
  fields: readonly ResultField[] | undefined,
  plan: MaskPlan,
  rows: readonly (readonly Value[])[],
  counts = new MaskCounts(),
): (Buffer | undefined)[][] {
  const masker = new RowMasker({ fields, plan, key, counts });
  const out = new ByteWriter(16);
  const chunk = Buffer.concat(rows.map(dataRow));
  const stopped = masker.rows(chunk, 0, chunk.length, out);
  if (stopped !== chunk.length) throw new Error(`stopped at ${stopped}`);
  return messagesOf(out.take()).map(valuesOf);
}

/** Cuts bytes into messages. */
export function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) throw new Error('a message is cut');
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return messages;
}

export function copyFormat(format: CopyFormat['format'], more: Partial<CopyFormat> = {}): CopyFormat {
  const csv = format === 'csv';
  return {
    format,
    delimiter: csv ? ',' : '\t',
    null: csv ? '' : '\\N',
    quote: '"',
    escape: '"',
    header: false,
    ...more,
  };
}
