import type { CommandRow, SessionRow } from './queries.ts';

/** A row of the index as JSON: times as RFC 3339, counts as numbers. */
export function commandView(row: CommandRow): Record<string, unknown> {
  return {
    ...row,
    time: row.time.toISOString(),
    rows: row.rows === null ? null : Number(row.rows),
    bytes: row.bytes === null ? null : Number(row.bytes),
  };
}

export function sessionView(row: SessionRow): Record<string, unknown> {
  return { ...row, started: row.started.toISOString(), ended: row.ended?.toISOString() ?? null };
}
