import { join } from 'node:path';
import { packBatches, type FileBatch, type PackedRows } from './packed-rows.ts';
import { readBatch } from './read-batch.ts';
import { RecordingDuties } from './recording-duties.ts';

/** A recording to read on from a position. */
export interface ReadRequest {
  /** Relative to the recordings, with `/`. */
  readonly file: string;
  readonly position: number;
  /** About how much of it. */
  readonly bytes: number;
}

/** How far one recording was read. */
export interface ReadPosition {
  readonly file: string;
  readonly position: number;
  readonly ended: boolean;
  /** There is more to read now. */
  readonly more: boolean;
  /** It cannot be read on: what is wrong with it. */
  readonly problem?: string;
}

export interface ReadAnswer {
  /** Absent when nothing new was whole. */
  readonly rows?: PackedRows;
  /** How many commands the rows hold. */
  readonly commands: number;
  readonly positions: readonly ReadPosition[];
}

/** Reads recordings for the index: in a thread of its own in a gateway, in the same one elsewhere. */
export interface IndexReader {
  read(requests: readonly ReadRequest[]): Promise<ReadAnswer>;
  close(): Promise<void>;
}

/**
 * Reads on in some recordings, once each. Never rejects: a recording that cannot be read says so.
 *
 * @param channels names of the channels that are configured
 */
export async function readFiles(
  directory: string,
  gateway: string,
  channels: ReadonlySet<string>,
  requests: readonly ReadRequest[],
): Promise<ReadAnswer> {
  const batches: FileBatch[] = [];
  const positions: ReadPosition[] = [];
  for (const { file, position, bytes } of requests) {
    try {
      const duties = (): RecordingDuties => new RecordingDuties(gateway, channels);
      const batch = await readBatch(join(directory, file), position, duties, bytes);
      if (batch === undefined) {
        positions.push({ file, position, ended: false, more: false });
        continue;
      }
      batches.push({ ...batch, file });
      positions.push({ file, position: batch.position, ended: batch.rows.end !== undefined, more: batch.more });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      positions.push({ file, position, ended: false, more: false, problem });
    }
  }
  const commands = batches.reduce((sum, { rows }) => sum + rows.commands.length, 0);
  return { ...(batches.length === 0 ? {} : { rows: packBatches(gateway, batches) }), commands, positions };
}

const NO_CHANNELS: ReadonlySet<string> = new Set();

export function createLocalReader(directory: string, gateway: string, channels = NO_CHANNELS): IndexReader {
  return { read: (requests) => readFiles(directory, gateway, channels, requests), close: () => Promise.resolve() };
}
