import type { PGlite } from '@electric-sql/pglite';

/** What a server answered to one simple query. */
export interface Answer {
  readonly names: readonly string[];
  /** Table and attribute that RowDescription gives for each column; zeros for none. */
  readonly origins: readonly (readonly [table: number, attribute: number])[];
  /** Values by row, as their bytes in hexadecimal; null for NULL. Of COPY: its lines. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** SQLSTATE and message, where it failed. */
  readonly error?: string;
}

/** Sends one simple query to PGlite and reads its answer off the wire. */
export async function query(database: PGlite, text: string): Promise<Answer> {
  const body = Buffer.from(`${text}\0`);
  const message = Buffer.alloc(5);
  message.write('Q');
  message.writeInt32BE(body.length + 4, 1);
  const bytes = Buffer.from(await database.execProtocolRaw(Buffer.concat([message, body])));
  const answer = {
    names: [] as string[],
    origins: [] as (readonly [number, number])[],
    rows: [] as (readonly (string | null)[])[],
  };
  let error: string | undefined;
  for (let offset = 0; offset + 5 <= bytes.length;) {
    const kind = String.fromCharCode(bytes.readUInt8(offset));
    const end = offset + 1 + bytes.readInt32BE(offset + 1);
    const content = bytes.subarray(offset + 5, end);
    if (kind === 'T') Object.assign(answer, described(content));
    else if (kind === 'D') answer.rows.push(dataRow(content));
    else if (kind === 'd') answer.rows.push([content.toString('hex')]);
    else if (kind === 'E') error = errorText(content);
    offset = end;
  }
  return error === undefined ? answer : { ...answer, error };
}

function described(content: Buffer): Pick<Answer, 'names' | 'origins'> & { rows: [] } {
  const names: string[] = [];
  const origins: (readonly [number, number])[] = [];
  let offset = 2;
  for (let left = content.readInt16BE(0); left > 0; left--) {
    const end = content.indexOf(0, offset);
    names.push(content.toString('utf8', offset, end));
    origins.push([content.readUInt32BE(end + 1), content.readInt16BE(end + 5)]);
    offset = end + 19;
  }
  return { names, origins, rows: [] };
}

function dataRow(content: Buffer): readonly (string | null)[] {
  const values: (string | null)[] = [];
  let offset = 2;
  for (let left = content.readInt16BE(0); left > 0; left--) {
    const length = content.readInt32BE(offset);
    values.push(length < 0 ? null : content.toString('hex', offset + 4, offset + 4 + length));
    offset += 4 + Math.max(0, length);
  }
  return values;
}

function errorText(content: Buffer): string {
  const fields = content.toString('utf8').split('\0');
  return ['C', 'M'].map((letter) => fields.find((field) => field.startsWith(letter))?.slice(1) ?? '').join(' ');
}
