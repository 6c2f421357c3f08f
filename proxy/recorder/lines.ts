import { createReadStream } from 'node:fs';

export interface RecordedLine {
  /** From 1. */
  readonly row: number;
  /** Without its line feed. */
  readonly bytes: Buffer;
  /** false: the file ends before the line does. */
  readonly whole: boolean;
}

/**
 * Streams a recording's lines as bytes, one line in memory at a time.
 *
 * @throws the system's error when the file cannot be read
 */
export async function* readLines(path: string): AsyncGenerator<RecordedLine> {
  let row = 0;
  let pieces: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, end);
      row += 1;
      yield { row, bytes: pieces.length === 0 ? last : Buffer.concat([...pieces, last]), whole: true };
      pieces = [];
      from = end + 1;
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from));
  }
  if (pieces.length > 0) yield { row: row + 1, bytes: Buffer.concat(pieces), whole: false };
}
