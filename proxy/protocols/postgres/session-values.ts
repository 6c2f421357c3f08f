import type { Command } from '../../../engine/contract.ts';
import type { ColumnSource, CommandLineage, OutputColumn, OutputColumns } from '../../../engine/lineage.ts';
import { readAttributes } from './attributes.ts';

/** A cursor that is open, or may be: of DECLARE, or a named portal. */
export interface OpenCursor {
  readonly name: string;
  readonly columns: OutputColumns;
  /** It outlives its transaction. */
  readonly hold: boolean;
  /** Id of the batch that opens it. */
  readonly batch: number;
}

/** What stands for the columns of a temporary relation of which nobody knows what they hold. */
const ANYTHING: readonly OutputColumn[] = [{ name: '', kind: 'unknown', sources: [], type: '', reason: 'temporary' }];

/**
 * What a session itself has made that values come out of: cursors and temporary relations. Immutable: a change gives a new
 * object. It counts what was sent to the target, whether or not it succeeds: what may be in a place counts as in it.
 */
export class SessionValues {
  static readonly none = new SessionValues([], new Map());

  readonly open: readonly OpenCursor[];
  /** By name, what the columns of temporary relations hold. */
  readonly temporary: ReadonlyMap<string, readonly OutputColumn[]>;
  #cursors: ReadonlyMap<string, OutputColumns> | undefined;

  private constructor(open: readonly OpenCursor[], temporary: ReadonlyMap<string, readonly OutputColumn[]>) {
    this.open = open;
    this.temporary = temporary;
  }

  /** By name; a name that stands for several gives what any of them gives. */
  get cursors(): ReadonlyMap<string, OutputColumns> {
    if (this.#cursors === undefined) {
      const cursors = new Map<string, OutputColumns>();
      for (const { name, columns } of this.open) {
        const known = cursors.get(name);
        cursors.set(name, known === undefined ? columns : either(known, columns));
      }
      this.#cursors = cursors;
    }
    return this.#cursors;
  }

  /**
   * After a command was sent to the target.
   *
   * @param lineage absent where nobody followed its values
   * @param temporaryFirst what is made under a name alone is temporary, for so the session's search_path says
   */
  after(command: Command, lineage: CommandLineage | undefined, batch: number, temporaryFirst: boolean): SessionValues {
    const { attributes, targets } = command;
    let { open, temporary } = this;
    const cursor = attributes['cursor'] === undefined ? undefined : readAttributes(command).cursor;
    if (cursor?.action === 'declare') {
      const columns = lineage?.cursor?.columns ?? { unknown: 'not_followed' };
      const { name, hold } = cursor;
      open = [...open, { name: lineage?.cursor?.name ?? name, columns, hold, batch }];
    }
    if (temporary === ANY_NAME) return open === this.open ? this : new SessionValues(open, temporary);
    const filled = (lineage?.flows ?? []).filter(({ into }) => into === 'temporary');
    if (filled.length > 0) {
      temporary = withRelations(
        temporary,
        filled.map(({ path, columns, creates }) => [path.at(-1) ?? '', columns, creates]),
      );
    }
    const unknown = unknownRelations(command, temporaryFirst, temporary);
    if (unknown.length > 0) temporary = new Map([...temporary, ...unknown.map((name) => [name, ANYTHING] as const)]);
    const altered = temporary.size > 0 && targets.some(({ path }) => path.some((part) => temporary.has(part)));
    if (altered && renames(command)) temporary = ANY_NAME;
    return open === this.open && temporary === this.temporary ? this : new SessionValues(open, temporary);
  }

  withCursor(cursor: OpenCursor): SessionValues {
    return new SessionValues([...this.open, cursor], this.temporary);
  }

  withoutCursors(gone: readonly OpenCursor[]): SessionValues {
    const open = this.open.filter((one) => !gone.includes(one));
    return open.length === this.open.length ? this : new SessionValues(open, this.temporary);
  }

  /** @param names of temporary relations that are dropped for good; absent: all of them */
  withoutTemporary(names?: readonly string[]): SessionValues {
    if (this.temporary === ANY_NAME && names !== undefined) return this;
    const left = names === undefined ? [] : [...this.temporary].filter(([name]) => !names.includes(name));
    return left.length === this.temporary.size ? this : new SessionValues(this.open, new Map(left));
  }
}

/** Any relation may be a temporary one, for one was given another name. */
class AnyName extends Map<string, readonly OutputColumn[]> {
  override get size(): number {
    return 1;
  }
  override get(): readonly OutputColumn[] {
    return ANYTHING;
  }
  override has(): boolean {
    return true;
  }
}
const ANY_NAME = new AnyName();

/**
 * Names of relations of which nothing is known any more: temporary ones that are made without a word on what is in them
 * (views, tables before their values were followed), and those whose columns, rules or children change.
 */
function unknownRelations(
  { attributes, effects, targets }: Command,
  temporaryFirst: boolean,
  known: SessionValues['temporary'],
): string[] {
  if (effects.includes('create')) {
    const isTemporary = ({ path }: Command['targets'][number]): boolean =>
      attributes['temporary'] === true || isTemporarySchema(path[0]) || (temporaryFirst && path.length === 1);
    const made = targets.filter((target) => target.access === 'create' && isTemporary(target));
    const unknown = made.flatMap(({ path }) => path.at(-1) ?? []).filter((name) => !known.has(name));
    if (unknown.length > 0) return unknown;
  }
  // An index changes nothing of what is in its table.
  if (known.size === 0 || attributes['object'] === 'index') return [];
  if (!targets.some(({ access, path }) => access === 'alter' && path.some((part) => known.has(part)))) return [];
  return targets.flatMap(({ kind, path }) => (kind === 'column' ? path.at(-2) : path.at(-1)) ?? []);
}

function renames({ attributes }: Command): boolean {
  return attributes['statement'] === 'rename' && attributes['object'] !== 'column';
}

export function isTemporarySchema(schema: string | undefined): boolean {
  return schema === 'pg_temp' || schema?.startsWith('pg_temp_') === true;
}

type Filled = readonly [name: string, columns: readonly OutputColumn[], creates: boolean];

/** A relation's columns hold what they held, and what flows in. */
function withRelations(relations: SessionValues['temporary'], filled: readonly Filled[]): SessionValues['temporary'] {
  let all = relations;
  for (const [name, columns, creates] of filled) {
    const known = relations.get(name);
    // Made again with other columns, after a rollback say: which of the two is there, and so the columns' order, nobody knows.
    const another = creates && known !== undefined && !sameNames(known, columns);
    const now = known === undefined ? columns : another ? ANYTHING : merged(known, columns);
    if (now !== known) all = new Map(all).set(name, now);
  }
  return all;
}

function sameNames(one: readonly OutputColumn[], other: readonly OutputColumn[]): boolean {
  return one.length === other.length && one.every(({ name }, index) => name === other[index]?.name);
}

function merged(known: readonly OutputColumn[], more: readonly OutputColumn[]): readonly OutputColumn[] {
  if (known === ANYTHING) return known;
  const columns = new Map(known.map((column) => [column.name, column]));
  let changed = false;
  for (const column of more) {
    const held = columns.get(column.name);
    const now = held === undefined ? column : oneOf(held, column);
    if (now === held) continue;
    columns.set(column.name, now);
    changed = true;
  }
  return changed ? [...columns.values()] : known;
}

function either(one: OutputColumns, other: OutputColumns): OutputColumns {
  if ('unknown' in one || 'unknown' in other || one.length !== other.length) return { unknown: 'several_cursors' };
  return one.map((column, index) => oneOf(column, other[index] ?? column));
}

/** A column that holds what either holds. */
function oneOf(one: OutputColumn, other: OutputColumn): OutputColumn {
  if (one === other) return one;
  const sources = new Map<string, ColumnSource>();
  for (const source of [...one.sources, ...other.sources]) sources.set(JSON.stringify(source), source);
  // What flows in again is there already.
  if (
    one.kind !== 'direct' &&
    sources.size === one.sources.length &&
    (other.kind !== 'unknown' || one.kind === 'unknown')
  ) {
    return one;
  }
  const unknown = [one, other].find(({ kind }) => kind === 'unknown');
  const sameOrigin =
    one.origin?.relation === other.origin?.relation && one.origin?.attribute === other.origin?.attribute;
  const direct = one.kind === 'direct' && other.kind === 'direct' && sameOrigin;
  return {
    name: one.name,
    kind: unknown !== undefined ? 'unknown' : direct ? 'direct' : 'derived',
    sources: [...sources.values()],
    ...(sameOrigin && one.origin !== undefined && { origin: one.origin }),
    type: one.type === other.type ? one.type : '',
    ...(unknown?.reason !== undefined && { reason: unknown.reason }),
  };
}
