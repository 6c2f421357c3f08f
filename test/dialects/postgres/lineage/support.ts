import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { createPostgresDialect } from '../../../../dialects/sql/postgres/index.ts';
import type { Catalogue } from '../../../../engine/catalogue.ts';
import type {
  CommandLineage,
  LineageContext,
  OutputColumn,
  OutputColumns,
  StatementLineage,
} from '../../../../engine/lineage.ts';
import { readCatalogue } from '../../../../proxy/catalogue/read-catalogue.ts';
import { labels, RESOURCE } from '../../../corpus/masking/labels.ts';
import { runOn } from '../../../proxy/catalogue/support.ts';

export const dialect = await createPostgresDialect();

const schema = readFileSync(new URL('../../../corpus/masking/schema.sql', import.meta.url), 'utf8');

/** The corpus' schema, once with labelled columns in `public` and once without any in `plain`. */
export async function openCorpus(): Promise<{ readonly database: PGlite; readonly catalogue: Catalogue }> {
  const database = await PGlite.create();
  await database.exec(schema);
  await database.exec(
    `CREATE SCHEMA plain; SET search_path = plain; ${schema.replaceAll('zq7', 'abc')}; RESET search_path;`,
  );
  const catalogue = await readCatalogue(runOn(database), { resource: RESOURCE, labels });
  return { database, catalogue };
}

/** What a session keeps in mind of its statements, as the gateway does. */
export class Session {
  readonly #catalogue: Catalogue;
  readonly #searchPath: readonly string[] | undefined;
  readonly #prepared: Record<string, string> = {};
  #cursors = new Map<string, OutputColumns>();
  #temporary = new Map<string, readonly OutputColumn[]>();

  constructor(catalogue: Catalogue, searchPath?: readonly string[]) {
    this.#catalogue = catalogue;
    this.#searchPath = searchPath;
  }

  get context(): LineageContext {
    return {
      catalogue: this.#catalogue,
      ...(this.#searchPath === undefined ? {} : { searchPath: this.#searchPath }),
      cursors: this.#cursors,
      temporary: this.#temporary,
    };
  }

  /** Follows a statement, and what it changes of the session. */
  follow(text: string): StatementLineage {
    const settings = { prepared: { ...this.#prepared } };
    const followed = follow({ text, settings }, this.context);
    followed.parsed.commands.forEach(({ attributes }, index) => {
      const { prepared } = attributes;
      if (isRecord(prepared) && typeof prepared['text'] === 'string' && typeof prepared['name'] === 'string') {
        this.#prepared[prepared['name']] = prepared['text'];
      }
      const lineage = followed.commands[index];
      if (lineage !== undefined) this.#keep(lineage, attributes);
    });
    return followed;
  }

  #keep({ cursor, flows }: CommandLineage, attributes: Readonly<Record<string, unknown>>): void {
    if (cursor !== undefined) this.#cursors = new Map([...this.#cursors, [cursor.name, cursor.columns]]);
    const temporary = new Map(this.#temporary);
    if (attributes['statement'] === 'create_table' && attributes['temporary'] === true) {
      for (const name of ['t', 'u']) if (!temporary.has(name)) temporary.set(name, declared[name] ?? []);
    }
    for (const { into, path, columns, creates } of flows) {
      const name = path.at(-1) ?? '';
      if (into !== 'temporary') continue;
      const before = creates ? [] : (temporary.get(name) ?? []);
      const changed = before.map((column) => columns.find((other) => other.name === column.name) ?? column);
      temporary.set(name, creates ? columns : changed);
    }
    this.#temporary = temporary;
  }
}

/** Columns of the temporary tables that the corpus declares by hand. */
const declared: Readonly<Record<string, readonly OutputColumn[]>> = {
  t: ['n', 'v'].map((name) => ({ name, kind: 'derived', sources: [], type: 'text' })),
};

export function follow(
  statement: { readonly text: string; readonly settings?: object },
  context: LineageContext,
): StatementLineage {
  const { lineage } = dialect;
  if (lineage === undefined) throw new Error('The dialect follows no lineage.');
  return lineage({ text: statement.text, settings: { ...statement.settings } }, context);
}

/** Whether a column may show what is labelled. */
export function isSuspect(column: OutputColumn): boolean {
  return column.kind === 'unknown' || column.sources.some((source) => source.labels.length > 0);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
