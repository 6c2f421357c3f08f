import type { RunQuery } from '../../proxy/catalogue/connection.ts';
import { createDetectors, DETECTORS, hintsOf, type DetectorName } from '../../proxy/masking/detectors/index.ts';
import { quoteIdentifier } from '../../proxy/protocols/postgres/identifier-list.ts';

/** What is looked at in one table. */
export interface SampledTable {
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  readonly columns: readonly string[];
}

/** How often a detector found something in the values of a column that were looked at. */
export interface ColumnFindings {
  readonly column: string;
  /** Values that were looked at and are not NULL. */
  readonly sampled: number;
  readonly matched: ReadonlyMap<DetectorName, number>;
}

export interface SampleOptions {
  /** Most rows of a table. */
  readonly rows: number;
  /** Longest time for one table, in milliseconds. */
  readonly timeoutMs: number;
}

/** Characters of a value that are looked at. */
const LONGEST_VALUE = 2_000;
/** Rows that are in memory at once. */
const PORTION = 100;

const detectors = createDetectors(DETECTORS);

/**
 * Looks for known kinds of values in some rows of a table, in a transaction that cannot write. Values go no further than this.
 *
 * @throws Error when the target does not let them be read; the transaction is then rolled back
 */
export async function sampleTable(
  run: RunQuery,
  table: SampledTable,
  options: SampleOptions,
): Promise<ColumnFindings[]> {
  const columns = table.columns.map((column) => ({
    column,
    hints: hintsOf(column),
    sampled: 0,
    matched: new Map<DetectorName, number>(),
  }));
  if (columns.length === 0) return [];
  await run('BEGIN READ ONLY');
  try {
    await run(`SET LOCAL statement_timeout = ${options.timeoutMs}`);
    await run(`SET LOCAL lock_timeout = ${options.timeoutMs}`);
    await run(`DECLARE sallyport_sample NO SCROLL CURSOR FOR ${await selection(run, table, options.rows)}`);
    for (;;) {
      const rows = await run(`FETCH FORWARD ${PORTION} FROM sallyport_sample`);
      for (const row of rows) {
        for (const [index, column] of columns.entries()) {
          const value = row[index];
          if (typeof value !== 'string') continue;
          column.sampled += 1;
          const bytes = Buffer.from(value, 'utf8');
          const kinds = new Set(detectors.find(bytes, 0, bytes.length, column.hints).map(({ detector }) => detector));
          for (const kind of kinds) column.matched.set(kind, (column.matched.get(kind) ?? 0) + 1);
        }
      }
      if (rows.length < PORTION) break;
    }
    await run('COMMIT');
  } catch (error) {
    await run('ROLLBACK');
    throw error;
  }
  return columns.map(({ column, sampled, matched }) => ({ column, sampled, matched }));
}

/** A large table is sampled by its pages; so few that it is cheap, so many that the rows come from all over it. */
async function selection(run: RunQuery, { schema, name, kind, columns }: SampledTable, rows: number): Promise<string> {
  const relation = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
  const values = columns.map(
    (column) => `pg_catalog.left(${quoteIdentifier(column)}::pg_catalog.text, ${LONGEST_VALUE})`,
  );
  const [[estimate] = []] = await run(
    `SELECT reltuples::pg_catalog.int8::pg_catalog.text FROM pg_catalog.pg_class WHERE oid = ${literal(relation)}::pg_catalog.regclass`,
  );
  const expected = Number(estimate ?? 0);
  // Foreign tables have no pages here.
  const paged = kind !== 'f';
  const share = (100 * 3 * rows) / expected;
  const sample = paged && expected > 10 * rows ? ` TABLESAMPLE SYSTEM (${Math.max(share, 0.0001)})` : '';
  return `SELECT ${values.join(', ')} FROM ${relation}${sample} LIMIT ${rows}`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
