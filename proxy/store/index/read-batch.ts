import { open } from 'node:fs/promises';
import type { RecordingEvent } from '../../../engine/contract.ts';
import type { RecordingDuties, Duties } from './recording-duties.ts';
import { RecordingRows, type IndexRows } from './recording-rows.ts';

/** What one read of a recording found. */
export interface RecordingBatch {
  readonly session: string;
  readonly rows: IndexRows;
  /** What its decisions ask for; absent where they ask for nothing. */
  readonly duties?: Duties;
  /** Where the next read begins: behind the last line that was taken. */
  readonly position: number;
  readonly nextSeq: number;
  /** There is more to read now. */
  readonly more: boolean;
}

const LINE_FEED = 10;

/**
 * Reads whole lines of a recording from a position on. A line that is still being written, and a command whose decision
 * is, are left for the next read.
 *
 * @param recording makes what takes what the decisions ask for, anew for each attempt
 * @param bytes about how much is read; what is longer, and whole only then, is read whole all the same
 * @returns undefined when nothing new is whole
 * @throws the system's error; SyntaxError when a line is not JSON
 */
export async function readBatch(
  path: string,
  position: number,
  recording: () => RecordingDuties,
  bytes: number,
): Promise<RecordingBatch | undefined> {
  const file = await open(path, 'r');
  try {
    for (let size = bytes; ; size *= 4) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(size), 0, size, position);
      const batch = takeLines(buffer.subarray(0, bytesRead), position, recording());
      const more = bytesRead === size;
      if (batch !== undefined) return { ...batch, more };
      // A read that is full and holds nothing whole is too short for it.
      if (!more) return undefined;
    }
  } finally {
    await file.close();
  }
}

function takeLines(
  bytes: Buffer,
  position: number,
  recording: RecordingDuties,
): Omit<RecordingBatch, 'more'> | undefined {
  const reader = new RecordingRows();
  let taken: Pick<RecordingBatch, 'session' | 'position' | 'nextSeq'> | undefined;
  let at = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, at)) {
    const event = JSON.parse(bytes.toString('utf8', at, end)) as RecordingEvent;
    at = end + 1;
    reader.add(event);
    recording.add(event);
    if (reader.whole) taken = { session: event.session, position: position + at, nextSeq: event.seq + 1 };
  }
  if (taken === undefined) return undefined;
  const { duties } = recording;
  return { ...taken, rows: reader.rows, ...(duties === undefined ? {} : { duties }) };
}
