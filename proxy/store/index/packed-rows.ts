import { SESSION_REFUSED } from '../../recorder/events.ts';
import type { RecordingBatch } from './read-batch.ts';
import type { Duties } from './recording-duties.ts';

/** A read of one recording, with the name that the index knows the recording by. */
export interface FileBatch extends RecordingBatch {
  /** Relative to the gateway's recordings, with `/`. */
  readonly file: string;
}

/** Sets of rows as JSON texts, made where the recordings are read, so that the gateway's own thread only hands them on. */
export interface PackedRows {
  readonly sessions: string;
  readonly commands: string;
  readonly results: string;
  readonly counts: string;
  readonly positions: string;
  /** What decisions ask for: there is seldom any, so it is not packed. Absent: nothing. */
  readonly duties?: Duties;
}

export function packBatches(gateway: string, batches: readonly FileBatch[]): PackedRows {
  const owing = batches.flatMap(({ duties }) => (duties === undefined ? [] : [duties]));
  return {
    ...(owing.length === 0
      ? {}
      : {
          duties: {
            notifications: owing.flatMap(({ notifications }) => notifications),
            quarantines: owing.flatMap(({ quarantines }) => quarantines),
          },
        }),
    sessions: toJson(
      batches.flatMap(({ rows, file }) => (rows.session === undefined ? [] : [{ ...rows.session, gateway, file }])),
    ),
    commands: toJson(batches.flatMap(({ rows }) => rows.commands.map((row) => ({ ...row, gateway })))),
    results: toJson(batches.flatMap(({ rows }) => rows.results)),
    counts: toJson(batches.map(countOf)),
    positions: toJson(
      batches.map(({ file, session, position, nextSeq, rows }) => ({
        gateway,
        file,
        session,
        position,
        next_seq: nextSeq,
        ended: rows.end !== undefined,
      })),
    ),
  };
}

/**
 * What an event changes in its session's row. While a session runs its commands are counted here; its end event has the gate's own
 * count.
 */
function countOf({ session, rows: { commands, end, opening } }: FileBatch): object {
  return {
    ...opening,
    // An obligation that could not be fulfilled keeps a session out as well.
    ...(end?.reason === SESSION_REFUSED && { decision: 'deny' }),
    id: session,
    commands: end?.commands ?? commands.length,
    denied: end?.denied ?? commands.filter(({ decision }) => decision !== 'allow').length,
    ended: end?.time ?? null,
    end_reason: end?.reason ?? null,
  };
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; a client's text may. */
function toJson(rows: readonly object[]): string {
  const json = JSON.stringify(rows);
  if (!json.includes('\\u')) return json;
  // One escape at a time, so that an escaped backslash is never taken for the beginning of another.
  return json.replace(/\\(?:u[0-9a-f]{4}|.)/g, (escape) => (/^\\u(?:0000|d[89a-f])/.test(escape) ? '\\ufffd' : escape));
}
