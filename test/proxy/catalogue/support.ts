import type { PGlite } from '@electric-sql/pglite';
import type { RunQuery } from '../../../proxy/catalogue/connection.ts';

/** Statements on PGlite, one at a time. */
export function runOn(database: PGlite): RunQuery {
  return async (text) => {
    const { rows } = await database.query<(string | null)[]>(text, [], { rowMode: 'array' });
    return rows;
  };
}
