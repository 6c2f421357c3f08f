import type { DefineStmt, Node, TypeName } from '@pgsql/types';
import type { Mapping, Visitor } from '../mapping.ts';
import { nameOf, stringsOf } from '../names.ts';
import { define, definitions, objectKind, role, type Change } from './objects.ts';

/** Objects of which only name and kind matter: what changes, the kind, and the field that holds the name. */
interface Plain {
  readonly change: Change;
  readonly kind: string;
  readonly name: string;
  /** Acts on the whole server, or lets code in. */
  readonly admin?: boolean;
  /** Field that names a function which the new object will call, and what that runs as. */
  readonly calls?: readonly string[];
}

const plain: Readonly<Record<string, Plain>> = {
  CreateSeqStmt: { change: 'create', kind: 'sequence', name: 'sequence' },
  AlterSeqStmt: { change: 'alter', kind: 'sequence', name: 'sequence' },
  CreateDomainStmt: { change: 'create', kind: 'domain', name: 'domainname' },
  AlterDomainStmt: { change: 'alter', kind: 'domain', name: 'typeName' },
  CreateEnumStmt: { change: 'create', kind: 'type', name: 'typeName' },
  CreateRangeStmt: { change: 'create', kind: 'type', name: 'typeName' },
  CompositeTypeStmt: { change: 'create', kind: 'type', name: 'typevar' },
  AlterEnumStmt: { change: 'alter', kind: 'type', name: 'typeName' },
  AlterTypeStmt: { change: 'alter', kind: 'type', name: 'typeName', admin: true },
  AlterCollationStmt: { change: 'alter', kind: 'collation', name: 'collname' },
  CreateStatsStmt: { change: 'create', kind: 'statistics', name: 'defnames' },
  AlterStatsStmt: { change: 'alter', kind: 'statistics', name: 'defnames' },
  CreateExtensionStmt: { change: 'create', kind: 'extension', name: 'extname', admin: true },
  AlterExtensionStmt: { change: 'alter', kind: 'extension', name: 'extname', admin: true },
  AlterExtensionContentsStmt: { change: 'alter', kind: 'extension', name: 'extname', admin: true },
  CreateAmStmt: { change: 'create', kind: 'access_method', name: 'amname', admin: true, calls: ['handler_name'] },
  CreateConversionStmt: { change: 'create', kind: 'conversion', name: 'conversion_name', calls: ['func_name'] },
  CreateOpClassStmt: { change: 'create', kind: 'operator_class', name: 'opclassname', admin: true },
  CreateOpFamilyStmt: { change: 'create', kind: 'operator_family', name: 'opfamilyname', admin: true },
  AlterOpFamilyStmt: { change: 'alter', kind: 'operator_family', name: 'opfamilyname', admin: true },
  AlterOperatorStmt: { change: 'alter', kind: 'operator', name: 'opername' },
  AlterTSDictionaryStmt: { change: 'alter', kind: 'text_search_dictionary', name: 'dictname' },
  AlterTSConfigurationStmt: { change: 'alter', kind: 'text_search_configuration', name: 'cfgname' },
  CreatePLangStmt: {
    change: 'create',
    kind: 'language',
    name: 'plname',
    admin: true,
    calls: ['plhandler', 'plinline', 'plvalidator'],
  },
  CreatedbStmt: { change: 'create', kind: 'database', name: 'dbname', admin: true },
  AlterDatabaseStmt: { change: 'alter', kind: 'database', name: 'dbname', admin: true },
  AlterDatabaseRefreshCollStmt: { change: 'alter', kind: 'database', name: 'dbname', admin: true },
  AlterTableSpaceOptionsStmt: { change: 'alter', kind: 'tablespace', name: 'tablespacename', admin: true },
  AlterEventTrigStmt: { change: 'alter', kind: 'event_trigger', name: 'trigname', admin: true },
  CreateEventTrigStmt: { change: 'create', kind: 'event_trigger', name: 'trigname', admin: true, calls: ['funcname'] },
};

/** Visitors for every statement of the table. */
export const plainVisitors: readonly (readonly [tag: string, visitor: Visitor])[] = Object.entries(plain).map(
  ([tag, entry]) => [
    tag,
    (struct: Readonly<Record<string, unknown>>, mapping: Mapping) => {
      visitPlain(tag, entry, struct, mapping);
    },
  ],
);

function visitPlain(tag: string, entry: Plain, struct: Readonly<Record<string, unknown>>, mapping: Mapping): void {
  define(mapping, entry.change, entry.kind);
  if (entry.admin === true) mapping.effect('admin');
  const { attributes } = mapping.command;
  if (struct['if_not_exists'] === true) attributes.if_not_exists = true;
  if (struct['missing_ok'] === true) attributes.if_exists = true;
  if (struct['behavior'] === 'DROP_CASCADE') attributes.cascade = true;
  mapping.object(entry.kind, pathOf(struct[entry.name]), entry.change);
  for (const field of entry.calls ?? []) {
    const path = pathOf(struct[field]);
    if (path.length > 0) mapping.object('function', path, 'use');
  }
  mapping.within({ mode: 'define', primary: false, scope: undefined }, () => {
    mapping.visitChildren(tag, struct, entry.name, ...(entry.calls ?? []));
  });
}

/** A name in any of the shapes that the grammar gives it: text, parts, a RangeVar, or an ObjectWithArgs. */
function pathOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((item) => (isNode(item) ? nameOf(item) : []));
  if (typeof value !== 'object' || value === null) return [];
  if ('objname' in value) return pathOf(value.objname);
  if (!('relname' in value) || typeof value.relname !== 'string') return [];
  return 'schemaname' in value && typeof value.schemaname === 'string'
    ? [value.schemaname, value.relname]
    : [value.relname];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** CREATE AGGREGATE, OPERATOR, TYPE, COLLATION and TEXT SEARCH …: their parameters may name functions. */
export function visitDefine(statement: DefineStmt, mapping: Mapping): void {
  const kind = objectKind(statement.kind);
  define(mapping, 'create', kind);
  const { attributes } = mapping.command;
  if (statement.if_not_exists === true) attributes.if_not_exists = true;
  if (statement.replace === true) attributes.or_replace = true;
  mapping.object(kind, stringsOf(statement.defnames), 'create');
  for (const element of definitions(statement.definition)) {
    if (!functionParameters.has(element.defname ?? '') || element.arg === undefined) continue;
    const path = functionPath(element.arg);
    if (path.length > 0) mapping.object('function', path, 'use');
  }
  mapping.visitAll(statement.args);
}

/** Parameters of CREATE AGGREGATE, OPERATOR, TYPE and TEXT SEARCH that name functions. */
const functionParameters: ReadonlySet<string> = new Set([
  'sfunc',
  'finalfunc',
  'combinefunc',
  'serialfunc',
  'deserialfunc',
  'msfunc',
  'minvfunc',
  'mfinalfunc',
  'function',
  'procedure',
  'restrict',
  'join',
  'input',
  'output',
  'receive',
  'send',
  'typmod_in',
  'typmod_out',
  'analyze',
  'subscript',
  'start',
  'gettoken',
  'end',
  'headline',
  'lextypes',
  'init',
  'lexize',
]);

function functionPath(argument: Node): string[] {
  return 'TypeName' in argument ? typePath(argument.TypeName) : nameOf(argument);
}

export function typePath(type: TypeName | undefined): string[] {
  return stringsOf(type?.names);
}

/** CREATE SCHEMA may hold the statements that fill it. */
export function visitCreateSchema(
  create: { schemaname?: string; authrole?: Parameters<typeof role>[0]; schemaElts?: Node[]; if_not_exists?: boolean },
  mapping: Mapping,
): void {
  define(mapping, 'create', 'schema');
  if (create.if_not_exists === true) mapping.command.attributes.if_not_exists = true;
  if (create.schemaname !== undefined) mapping.target('schema', [create.schemaname], 'create');
  else mapping.target('schema', [create.authrole?.rolename ?? '*'], 'create', 'dynamic');
  role(create.authrole, 'use', mapping);
  mapping.within({ primary: false }, () => {
    mapping.visitAll(create.schemaElts);
  });
}

export function visitCreateTablespace(
  create: { tablespacename?: string; owner?: Parameters<typeof role>[0]; location?: string; options?: Node[] },
  mapping: Mapping,
): void {
  define(mapping, 'create', 'tablespace');
  mapping.effect('admin');
  mapping.effect('unsafe_io');
  mapping.target('tablespace', [create.tablespacename ?? ''], 'create');
  mapping.target('path', [create.location ?? ''], 'write');
  role(create.owner, 'use', mapping);
  mapping.visitAll(create.options);
}
