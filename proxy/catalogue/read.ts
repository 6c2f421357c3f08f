import { createHash, type Hash } from 'node:crypto';
import type { RunQuery } from './connection.ts';
import {
  append,
  put,
  type Annotation,
  type CatalogueContent,
  type FunctionRow,
  type OperatorRow,
  type RelationRow,
  type TypeRow,
} from './content.ts';
import {
  ANNOTATIONS,
  beginReading,
  END_READING,
  FINGERPRINT,
  functionsQuery,
  OPERATORS,
  QUALIFIED_NAMES,
  RELATIONS,
  SEARCH_PATH,
  TYPES,
} from './queries.ts';
import type { CatalogueLimits } from './settings.ts';

/**
 * Reads the target's catalogue, or nothing where `known` still holds.
 *
 * @returns undefined: nothing has changed
 * @throws Error when the target cannot be asked, or has more than `limits` let in
 */
export async function readContent(
  run: RunQuery,
  limits: CatalogueLimits,
  known?: CatalogueContent,
): Promise<CatalogueContent | undefined> {
  for (const statement of beginReading(limits.timeoutMs)) await run(statement);
  const [settings = []] = await run(SEARCH_PATH);
  const [path, version] = settings;
  await run(QUALIFIED_NAMES);
  const [[digest] = []] = await run(FINGERPRINT);
  if (typeof path !== 'string' || typeof digest !== 'string') throw new TypeError('The target gave no fingerprint.');
  const fingerprint = `${path} ${digest}`;
  const unchanged = known?.whole === true && known.fingerprint === fingerprint;
  const content = unchanged ? undefined : await new Reading(run, limits).all(path, Number(version), fingerprint);
  await run(END_READING);
  return content;
}

/** Rows that are fetched at once: between two portions others have their turn. */
const PORTION = 1_000;

type Row = readonly (string | null)[];

class Reading {
  readonly #run: RunQuery;
  readonly #limits: CatalogueLimits;
  readonly #hash: Hash = createHash('sha256');
  #characters = 0;

  constructor(run: RunQuery, limits: CatalogueLimits) {
    this.#run = run;
    this.#limits = limits;
  }

  async all(path: string, version: number, fingerprint: string): Promise<CatalogueContent> {
    this.#hash.update(path);
    const { relations, relationOids, whole } = await this.#relations();
    const functions = new Map<string, Map<string, FunctionRow[]>>();
    let functionsWhole = true;
    const { objects } = this.#limits;
    await this.#each(functionsQuery(version), objects - relations.size, (row) => {
      const one = functionRow(row);
      append(functions, one.schema, one.name, one);
      functionsWhole &&= row[13] !== 'true';
    });
    const types = new Map<number, TypeRow>();
    const typeOids = new Map<string, Map<string, number>>();
    await this.#each(TYPES, objects * 3, (row) => {
      const one = typeRow(row);
      types.set(one.oid, one);
      put(typeOids, one.schema, one.name, one.oid);
    });
    const operators = new Map<string, Map<string, OperatorRow[]>>();
    await this.#each(OPERATORS, objects * 3, ([schema, name, functionSchema, functionName]) => {
      const procedure = [functionSchema ?? '', functionName ?? ''] as const;
      append(operators, schema ?? '', name ?? '', { schema: schema ?? '', name: name ?? '', procedure });
    });
    const annotations: Annotation[] = [];
    await this.#each(ANNOTATIONS, objects * 3, ([relation, attribute, provider, text]) => {
      annotations.push({
        relation: Number(relation),
        attribute: Number(attribute),
        provider: provider ?? '',
        text: text ?? '',
      });
    });
    return {
      searchPath: stringsOf(path),
      relations,
      relationOids,
      functions,
      types,
      typeOids,
      operators,
      annotations,
      fingerprint,
      digest: this.#hash.digest('hex'),
      whole: whole && functionsWhole,
    };
  }

  async #relations(): Promise<Pick<CatalogueContent, 'relations' | 'relationOids' | 'whole'>> {
    const relations = new Map<number, RelationRow & { readonly children: number[] }>();
    const relationOids = new Map<string, Map<string, number>>();
    let whole = true;
    await this.#each(RELATIONS, this.#limits.objects, (row) => {
      const [oid, schema = '', name = '', kind = '', columns, parents, definition, blocked] = row;
      const held = blocked === 'true';
      whole &&= !held;
      // Without what its generated columns are made of, they would be taken for plain ones.
      if (held && kind !== 'v' && kind !== 'm') return;
      const one = {
        oid: Number(oid),
        schema: schema ?? '',
        name: name ?? '',
        kind: kind ?? '',
        columns: columns ?? '[]',
        parents: stringsOf(parents ?? '[]').map(Number),
        children: [],
        ...(typeof definition === 'string' ? { definition } : {}),
      };
      relations.set(one.oid, one);
      put(relationOids, one.schema, one.name, one.oid);
    });
    for (const { oid, parents } of relations.values()) {
      for (const parent of parents) relations.get(parent)?.children.push(oid);
    }
    return { relations, relationOids, whole };
  }

  /** @throws RangeError when there are more than `most` rows, or more text than the limits let in */
  async #each(query: string, most: number, take: (row: Row) => void): Promise<void> {
    await this.#run(`DECLARE sallyport_catalogue NO SCROLL CURSOR FOR ${query}`);
    let count = 0;
    for (;;) {
      const rows = await this.#run(`FETCH FORWARD ${PORTION} FROM sallyport_catalogue`);
      count += rows.length;
      if (count > most) throw new RangeError('It has more objects than the gateway is configured to read.');
      for (const row of rows) {
        this.#count(row);
        take(row);
      }
      if (rows.length < PORTION) break;
    }
    this.#hash.update(';');
    await this.#run('CLOSE sallyport_catalogue');
  }

  #count(row: Row): void {
    // Lengths stand before texts, so that other rows never make the same sequence.
    const text = row.map((value) => (value === null ? '-' : `${value.length}:${value}`)).join('');
    this.#hash.update(text);
    this.#characters += text.length;
    if (this.#characters > this.#limits.characters) {
      throw new RangeError('It has more text than the gateway is configured to read.');
    }
  }
}

function functionRow(row: Row): FunctionRow {
  const [schema, name, kind, language, volatility, source, types, modes, names, returns, set, setting, extension] = row;
  return {
    schema: schema ?? '',
    name: name ?? '',
    kind: kind ?? '',
    language: language ?? '',
    volatility: volatility ?? '',
    ...(typeof source === 'string' ? { source } : {}),
    argumentTypes: stringsOf(types ?? '[]').map(Number),
    argumentModes: typeof modes === 'string' ? stringsOf(modes) : undefined,
    argumentNames: typeof names === 'string' ? stringsOf(names) : undefined,
    returns: Number(returns),
    returnsSet: set === 'true',
    ...(typeof setting === 'string' ? { setting } : {}),
    ...(typeof extension === 'string' ? { extension } : {}),
  };
}

function typeRow([oid, schema, name, kind, category, element, base, relation]: Row): TypeRow {
  return {
    oid: Number(oid),
    schema: schema ?? '',
    name: name ?? '',
    kind: kind ?? '',
    category: category ?? '',
    element: Number(element),
    base: Number(base),
    relation: Number(relation),
  };
}

/** The members of a JSON list, as text. */
function stringsOf(json: string): string[] {
  const list: unknown = JSON.parse(json);
  return Array.isArray(list) ? list.map(String) : [];
}
