import type { Dialect } from '../../engine/dialect.ts';
import {
  append,
  put,
  type CatalogueContent,
  type FunctionRow,
  type RelationRow,
} from '../../proxy/catalogue/content.ts';
import { FormerNames } from '../../proxy/catalogue/former-names.ts';
import { assignLabels } from '../../proxy/catalogue/labels/assign.ts';
import { TargetCatalogue } from '../../proxy/catalogue/target-catalogue.ts';
import { TypeTable } from './type-table.ts';
import type { FullColumn, WrittenCatalogue, WrittenColumn, WrittenFunction, WrittenView } from './types.ts';

const CATALOG = 'pg_catalog';
/** Below are the target's own. */
const FIRST_OID = 100_000;

/**
 * Makes of a written catalogue what the gateway reads of a target (proxy/catalogue). Columns of views that are not
 * written are those that the dialect says their definitions give.
 *
 * @returns also what is wrong with it, a sentence each
 */
export function writtenContent(
  written: WrittenCatalogue,
  dialect: Pick<Dialect, 'lineage'>,
): { readonly content: CatalogueContent; readonly problems: readonly string[] } {
  const maker = new ContentMaker(written.search_path ?? ['public'], dialect);
  for (const [name, columns] of Object.entries(written.tables ?? {})) maker.addRelation('r', name, columns);
  for (const [name, one] of Object.entries(written.functions ?? {})) maker.addFunction(name, one);
  for (const [name, view] of Object.entries(written.views ?? {})) maker.addView(name, view);
  return { content: maker.content, problems: maker.problems };
}

class ContentMaker {
  readonly problems: string[] = [];
  readonly #dialect: Pick<Dialect, 'lineage'>;
  readonly #types = new TypeTable();
  readonly #relations = new Map<number, RelationRow>();
  readonly #relationOids = new Map<string, Map<string, number>>();
  readonly #functions = new Map<string, Map<string, FunctionRow[]>>();
  readonly #annotations: CatalogueContent['annotations'][number][] = [];
  readonly #searchPath: readonly string[];

  constructor(searchPath: readonly string[], dialect: Pick<Dialect, 'lineage'>) {
    this.#searchPath = searchPath;
    this.#dialect = dialect;
  }

  get content(): CatalogueContent {
    return {
      searchPath: [CATALOG, ...this.#searchPath],
      relations: this.#relations,
      relationOids: this.#relationOids,
      functions: this.#functions,
      types: this.#types.types,
      typeOids: this.#types.oids,
      operators: new Map(),
      annotations: this.#annotations,
      fingerprint: '',
      digest: '',
      whole: true,
    };
  }

  addRelation(
    kind: 'r' | 'v',
    written: string,
    columns: Readonly<Record<string, WrittenColumn>>,
    definition?: string,
  ): void {
    const [schema, name] = this.#qualified(written);
    const oid = FIRST_OID + this.#relations.size;
    const rows = Object.entries(columns).map(([column, given], index) => {
      const full: FullColumn = typeof given === 'string' ? { type: given } : given;
      const attribute = index + 1;
      if (full.labels !== undefined) {
        const text = `@labels(${full.labels.join(', ')})`;
        this.#annotations.push({ relation: oid, attribute, provider: '', text });
      }
      return [attribute, column, this.#types.oidOf(full.type), full.generated ?? null];
    });
    this.#types.addRowType(schema, name, oid);
    put(this.#relationOids, schema, name, oid);
    this.#relations.set(oid, {
      oid,
      schema,
      name,
      kind,
      columns: JSON.stringify(rows),
      parents: [],
      children: [],
      ...(definition === undefined ? {} : { definition }),
    });
  }

  addView(name: string, view: WrittenView): void {
    const { definition, columns } = typeof view === 'string' ? { definition: view } : view;
    const told = columns ?? this.#columnsOf(name, definition);
    if (told !== undefined) this.addRelation('v', name, told, definition);
  }

  addFunction(written: string, one: WrittenFunction): void {
    const [schema, name] = this.#qualified(written);
    append(this.#functions, schema, name, {
      schema,
      name,
      kind: 'f',
      language: one.language ?? 'sql',
      volatility: (one.volatility ?? 'volatile').charAt(0),
      ...(one.source === undefined ? {} : { source: one.source }),
      argumentTypes: (one.arguments ?? []).map((type) => this.#types.oidOf(type)),
      argumentModes: undefined,
      argumentNames: undefined,
      returns: this.#types.oidOf(one.returns),
      returnsSet: one.set ?? false,
    });
  }

  #columnsOf(name: string, text: string): Readonly<Record<string, WrittenColumn>> | undefined {
    const context = {
      catalogue: new TargetCatalogue(
        '',
        this.content,
        assignLabels(this.content, [], FormerNames.none),
        FormerNames.none,
      ),
      // As the target prints a definition: every name in it has its schema.
      searchPath: [CATALOG],
      cursors: new Map(),
      temporary: new Map(),
    };
    const columns = this.#dialect.lineage?.({ text }, context).commands[0]?.columns ?? [];
    const why = 'unknown' in columns ? columns.unknown : columns.find(({ kind }) => kind === 'unknown')?.reason;
    if ('unknown' in columns || columns.length === 0 || why !== undefined) {
      this.problems.push(
        `what the view ${name} gives cannot be told (${why ?? 'no_columns'}): write every name in its definition with its schema, or its columns beside it`,
      );
      return undefined;
    }
    return Object.fromEntries(columns.map((column) => [column.name, column.type === '' ? 'text' : column.type]));
  }

  #qualified(written: string): readonly [schema: string, name: string] {
    const at = written.indexOf('.');
    return at < 0 ? [this.#searchPath[0] ?? 'public', written] : [written.slice(0, at), written.slice(at + 1)];
  }
}
