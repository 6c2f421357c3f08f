import type { A_Const, Node, RangeVar } from '@pgsql/types';
import type { Access, Effect, Target } from '../../../../engine/contract.ts';
import type { CommandBuilder } from './command-builder.ts';
import { childFields, withoutCasts } from './nodes.ts';
import { resolveColumn, type CteScope, type Scope } from './scope.ts';
import type { Services, Settings } from './services.ts';

/** Levels of nesting in the tree that are followed; real queries stay below 100. */
const MAX_DEPTH = 1_500;

/**
 * - `run`: what is seen happens now.
 * - `plan`: it is only planned (EXPLAIN without ANALYZE): nothing is written, but stable functions may be called.
 * - `define`: it is stored for later (a view, a rule, a policy): its effects count, its verb does not.
 */
export type Mode = 'run' | 'plan' | 'define';

/** Which part of a query is being read, for `attributes.columns`. */
export type Zone = 'projection' | 'predicate' | 'other';

export type Visitor = (node: never, mapping: Mapping) => void;
export type Visitors = ReadonlyMap<string, Visitor>;

/** One walk over one text's tree: what is known on the way, and the builder that gathers what is found. */
export class Mapping {
  mode: Mode = 'run';
  zone: Zone = 'other';
  scope: Scope | undefined = undefined;
  ctes: CteScope | undefined = undefined;
  /** True while the outer statement itself is read, through EXPLAIN, PREPARE and the like; false inside CTEs and subqueries. */
  primary = true;
  /** A statement that changes data was met: its WHERE counts before that of a SELECT. */
  changesSeen = false;
  /** Depth of texts within texts: DO bodies, dynamic SQL. */
  readonly nesting: number;
  /** Byte offsets of the literals whose values the command depends on. */
  readonly literalsRead: number[] = [];
  /** A literal was read that has no location: the command depends on its text as a whole. */
  dependsOnText = false;
  /** Byte offsets at which a secret's literal stands or after which it follows. */
  readonly secretsAt: number[] = [];
  /** The current raw statement's own text. */
  statementText = '';
  /** Names of a body's variables and parameters: what they qualify is no column. */
  variables: ReadonlySet<string> | undefined = undefined;
  /** A text inside a literal holds a secret, whose place in the outer text is not known. */
  holdsNestedSecret = false;
  readonly services: Services;
  readonly settings: Settings;
  /** The text that the tree's locations count in. */
  readonly text: string;
  readonly command: CommandBuilder;
  readonly #visitors: Visitors;
  #depth = 0;

  constructor(parent: MappingParent, text: string, command: CommandBuilder, nesting: number) {
    this.services = parent.services;
    this.settings = parent.settings;
    this.#visitors = parent.visitors;
    this.text = text;
    this.command = command;
    this.nesting = nesting;
  }

  get visitors(): Visitors {
    return this.#visitors;
  }

  visit(node: Node | undefined): void {
    if (node === undefined) return;
    const entries: Readonly<Record<string, unknown>> = node;
    for (const tag in entries) this.visitStruct(tag, entries[tag]);
  }

  visitAll(nodes: readonly Node[] | undefined): void {
    if (nodes !== undefined) for (const node of nodes) this.visit(node);
  }

  /** Visits a struct that stands without its tag, as `whereClause`'s kin do. */
  visitStruct(tag: string, struct: unknown): void {
    if (struct === undefined) return;
    if (this.#depth >= MAX_DEPTH) {
      this.command.incomplete('too_deep');
      return;
    }
    this.#depth++;
    const visitor = this.#visitors.get(tag);
    // The tree is libpg_query's, whose structs and @pgsql/types' are generated from the same source.
    if (visitor !== undefined) visitor(struct as never, this);
    else if (tag.endsWith('Stmt')) this.command.incomplete('unknown_statement');
    else this.visitChildren(tag, struct);
    this.#depth--;
  }

  /**
   * Visits every child of a node but those under the keys in `done`, which the caller has dealt with. What the grammar's
   * table does not know makes the command incomplete, so that nothing is ever passed over.
   */
  visitChildren(tag: string, struct: unknown, ...done: string[]): void {
    const fields = childFields.get(tag);
    if (fields === undefined || !isRecord(struct)) {
      this.command.incomplete('unknown_node');
      return;
    }
    for (const key in struct) {
      const child = struct[key];
      if (typeof child !== 'object' || child === null || done.includes(key)) continue;
      const type = fields.get(key);
      if (type === undefined) this.command.incomplete('unknown_node');
      else if (Array.isArray(child)) for (const item of child) this.#visitChild(type, item);
      else this.#visitChild(type, child);
    }
  }

  #visitChild(type: string, child: unknown): void {
    if (type !== 'Node') {
      this.visitStruct(type, child);
    } else if (isRecord(child)) {
      for (const tag in child) this.visitStruct(tag, child[tag]);
    }
  }

  /** Runs `body` with another state, and brings the old one back. */
  within<Result>(
    state: Partial<Pick<Mapping, 'mode' | 'zone' | 'scope' | 'ctes' | 'primary'>>,
    body: () => Result,
  ): Result {
    const { mode, zone, scope, ctes, primary } = this;
    Object.assign(this, state);
    try {
      return body();
    } finally {
      this.mode = mode;
      this.zone = zone;
      this.scope = scope;
      this.ctes = ctes;
      this.primary = primary;
    }
  }

  act(verb: string): void {
    if (this.mode === 'run') this.command.act(verb);
  }

  /** Notes a statement's own effect; what is only planned has none but reading. */
  effect(effect: Effect): void {
    if (this.mode !== 'plan' || effect === 'read') this.command.effect(effect);
  }

  incomplete(reason: string): void {
    this.command.incomplete(reason);
  }

  target(kind: string, path: string[], access: Access, resolution: Target['resolution'] = 'exact'): void {
    this.command.target(kind, path, this.mode === 'plan' && access !== 'read' ? 'use' : access, resolution);
  }

  /** A relation by its RangeVar. Returns its path. */
  relation(relation: RangeVar | undefined, access: Access, kind = 'table'): string[] {
    const path = this.relationPath(relation);
    if (path.length === 0) return path;
    const temporary = relation?.relpersistence === 't' && relation.schemaname === undefined;
    this.target(kind, path, access, temporary ? 'local' : relation?.schemaname === undefined ? 'search_path' : 'exact');
    return path;
  }

  relationPath(relation: RangeVar | undefined): string[] {
    const name = relation?.relname;
    if (relation === undefined || name === undefined) return [];
    // A database's name before the schema can only be that of the session's own database.
    if (relation.schemaname !== undefined) return [relation.schemaname, name];
    // pg_catalog is searched first, so a bare catalog name means the catalog.
    return this.settings.catalogFirst && this.services.isCatalogRelation(name) ? ['pg_catalog', name] : [name];
  }

  /** An object that is named by a list of parts. */
  object(kind: string, path: string[], access: Access): void {
    if (path.length > 0) this.target(kind, path, access, path.length > 1 ? 'exact' : 'search_path');
  }

  /** A column reference in the current scope. */
  column(parts: readonly string[], star: boolean): void {
    const variable = parts.length > 1 && this.variables?.has(parts[0] ?? '') === true;
    for (const column of resolveColumn(this.scope, parts, star)) {
      if (variable && !column.certain) continue;
      const resolution = column.exact ? 'exact' : column.certain ? 'search_path' : 'dynamic';
      this.command.target('column', column.path, 'read', resolution);
      if (this.zone === 'projection') this.command.projected(column.path);
      else if (this.zone === 'predicate') this.command.predicate(column.path);
      else this.command.elsewhere(column.path);
    }
  }

  /**
   * The one road to a literal's value, so that it is known which literals a command depends on. Casts are looked
   * through. Undefined where the node is no literal; null for NULL.
   */
  literal(node: Node | undefined): string | number | boolean | null | undefined {
    if (node === undefined) return undefined;
    const bare = withoutCasts(node);
    if ('A_Const' in bare) {
      this.literalsRead.push(bare.A_Const.location ?? -1);
      return constantValue(bare.A_Const);
    }
    this.dependsOnText = true;
    if ('String' in bare) return bare.String.sval ?? '';
    if ('Integer' in bare) return bare.Integer.ival ?? 0;
    if ('Float' in bare) return bare.Float.fval ?? '0';
    if ('Boolean' in bare) return bare.Boolean.boolval ?? false;
    return undefined;
  }

  /** Text of a string literal; undefined where the node is none. */
  literalText(node: Node | undefined): string | undefined {
    const value = this.literal(node);
    return typeof value === 'string' ? value : undefined;
  }

  /** Byte offset of a literal, where it has one. */
  literalLocation(node: Node | undefined): number | undefined {
    if (node === undefined) return undefined;
    const bare = withoutCasts(node);
    return 'A_Const' in bare ? (bare.A_Const.location ?? 0) : undefined;
  }

  /** Notes that the literal at or right after this byte offset is a secret. */
  secret(location: number | undefined): void {
    this.secretsAt.push(location ?? 0);
  }
}

/** What nested mappings inherit. */
export interface MappingParent {
  readonly services: Services;
  readonly settings: Settings;
  readonly visitors: Visitors;
}

function constantValue(constant: A_Const): string | number | boolean | null {
  if (constant.isnull === true) return null;
  if (constant.sval !== undefined) return constant.sval.sval ?? '';
  if (constant.ival !== undefined) return constant.ival.ival ?? 0;
  if (constant.fval !== undefined) return constant.fval.fval ?? '0';
  if (constant.boolval !== undefined) return constant.boolval.boolval ?? false;
  return constant.bsval?.bsval ?? '';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
