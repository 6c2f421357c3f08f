import type { Readable } from 'node:stream';
import type { Diagnostic, JsonObject } from '../engine/contract.ts';
import { BatchWriter, type Streams } from './streams.ts';
import { isObject } from '../engine/is-object.ts';
import { messageOf } from '../engine/message-of.ts';

/** A line of JSON Lines that holds a JSON object, or the reason why it does not. Lines count from 1. */
export type JsonLine =
  { readonly row: number; readonly value: JsonObject } | { readonly row: number; readonly diagnostic: Diagnostic };

/** Longest line in bytes; a longer one is left out and said so, for memory must not grow with the input. */
export const MAXIMUM_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Reads JSON Lines, one object per line, in constant memory. A line that is not one is given with its diagnostic, so
 * that each line of the input has its answer; the last newline ends a line and begins none.
 */
export async function* readJsonLines(stream: Readable, maximumBytes = MAXIMUM_LINE_BYTES): AsyncGenerator<JsonLine[]> {
  let row = 0;
  // The beginning of a line whose end has not come; undefined: more than may be held, so only its end matters.
  let pending: Buffer[] | undefined = [];
  let pendingBytes = 0;
  const finish = (last: Buffer): JsonLine => {
    row += 1;
    const parts = pending;
    const bytes = pendingBytes + last.length;
    pending = [];
    pendingBytes = 0;
    if (parts === undefined || bytes > maximumBytes) return malformed(row, `it is longer than ${maximumBytes} bytes`);
    return parseLine(row, parts.length === 0 ? last : Buffer.concat([...parts, last]));
  };

  for await (const data of stream) {
    const chunk = Buffer.isBuffer(data) ? data : Buffer.from(String(data), 'utf8');
    const lines: JsonLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      lines.push(finish(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) {
      pendingBytes += chunk.length - start;
      if (pendingBytes > maximumBytes) pending = undefined;
      else pending?.push(chunk.subarray(start));
    }
    if (lines.length > 0) yield lines;
  }
  if (pendingBytes > 0) yield [finish(Buffer.alloc(0))];
}

/**
 * Answers each line with a line, in order and in constant memory, until the input ends or nobody reads any more.
 *
 * @param answer the value to print for a line
 */
export async function transformJsonLines(streams: Streams, answer: (line: JsonLine) => unknown): Promise<void> {
  const writer = new BatchWriter(streams.stdout);
  for await (const lines of readJsonLines(streams.stdin)) {
    for (const line of lines) {
      const full = writer.write(`${JSON.stringify(answer(line))}\n`);
      if (full !== undefined) await full;
    }
    // Whoever writes a line and waits for its answer must not wait for the batch to fill.
    await writer.flush();
    if (writer.closed) return;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseLine(row: number, bytes: Buffer): JsonLine {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return malformed(row, 'it is not valid UTF-8');
  }
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { row, value } : malformed(row, 'it is not a JSON object');
  } catch (error) {
    return malformed(row, messageOf(error));
  }
}

/** A line that cannot be read. `row` is the line's number. */
export function malformed(row: number, why: string): { row: number; diagnostic: Diagnostic } {
  return { row, diagnostic: { severity: 'error', code: 'malformed_line', message: `Line ${row}: ${why}.`, row } };
}
