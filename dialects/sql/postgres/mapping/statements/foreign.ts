import type {
  AlterPublicationStmt,
  AlterSubscriptionStmt,
  CreatePublicationStmt,
  CreateSubscriptionStmt,
  ImportForeignSchemaStmt,
  Node,
  RoleSpec,
} from '@pgsql/types';
import type { Mapping } from '../mapping.ts';
import { nameOf, stringOf, stringsOf } from '../names.ts';
import { holdsSecret, isSecretName } from '../secret-names.ts';
import { define, definitions, role, type Change } from './objects.ts';
import { inTable } from './tables.ts';

/** OPTIONS of foreign objects are plain strings; some hold credentials. */
function foreignOptions(options: readonly Node[] | undefined, mapping: Mapping): void {
  for (const element of definitions(options)) {
    const text = stringOf(element.arg);
    if (text === undefined) continue;
    mapping.dependsOnText = true;
    if (isSecretName(element.defname ?? '') || holdsSecret(text)) mapping.secret(element.location);
    if (element.defname === 'filename') {
      mapping.effect('unsafe_io');
      mapping.target('file', [text], 'read');
    } else if (element.defname === 'program') {
      mapping.effect('unsafe_io');
      mapping.effect('execute');
      mapping.target('program', [text], 'execute');
    } else if (element.defname === 'host' || element.defname === 'hostaddr') mapping.target('host', [text], 'use');
  }
}

interface Wrapper {
  readonly fdwname?: string;
  readonly func_options?: Node[];
  readonly options?: Node[];
}

export function visitWrapper(change: Change): (statement: Wrapper, mapping: Mapping) => void {
  return (statement, mapping) => {
    define(mapping, change, 'foreign_data_wrapper');
    mapping.effect('admin');
    mapping.target('foreign_data_wrapper', [statement.fdwname ?? ''], change);
    for (const element of definitions(statement.func_options)) {
      const path = nameOf(element.arg);
      if (path.length > 0) mapping.object('function', path, 'use');
    }
    foreignOptions(statement.options, mapping);
  };
}

interface Server {
  readonly servername?: string;
  readonly fdwname?: string;
  readonly if_not_exists?: boolean;
  readonly options?: Node[];
}

export function visitServer(change: Change): (statement: Server, mapping: Mapping) => void {
  return (statement, mapping) => {
    define(mapping, change, 'server');
    mapping.effect('admin');
    if (statement.if_not_exists === true) mapping.command.attributes.if_not_exists = true;
    mapping.target('server', [statement.servername ?? ''], change);
    if (statement.fdwname !== undefined) mapping.target('foreign_data_wrapper', [statement.fdwname], 'use');
    foreignOptions(statement.options, mapping);
  };
}

interface UserMapping {
  readonly user?: RoleSpec;
  readonly servername?: string;
  readonly if_not_exists?: boolean;
  readonly options?: Node[];
}

export function visitUserMapping(change: Change): (statement: UserMapping, mapping: Mapping) => void {
  return (statement, mapping) => {
    define(mapping, change, 'user_mapping');
    mapping.effect('admin');
    if (statement.if_not_exists === true) mapping.command.attributes.if_not_exists = true;
    role(statement.user, 'use', mapping);
    mapping.target('server', [statement.servername ?? ''], 'use');
    foreignOptions(statement.options, mapping);
  };
}

export function visitImportSchema(statement: ImportForeignSchemaStmt, mapping: Mapping): void {
  define(mapping, 'create', 'foreign_table');
  mapping.effect('unsafe_io');
  mapping.target('server', [statement.server_name ?? ''], 'use');
  mapping.target('schema', [statement.local_schema ?? ''], 'create');
  mapping.target('foreign_table', [statement.local_schema ?? '', '*'], 'create', 'dynamic');
  foreignOptions(statement.options, mapping);
}

export function visitPublication(
  change: Change,
): (statement: CreatePublicationStmt & AlterPublicationStmt, mapping: Mapping) => void {
  return (statement, mapping) => {
    define(mapping, change, 'publication');
    mapping.effect('admin');
    mapping.target('publication', [statement.pubname ?? ''], change);
    if (statement.for_all_tables === true) mapping.target('table', ['*'], 'use', 'dynamic');
    for (const node of statement.pubobjects ?? []) {
      if (!('PublicationObjSpec' in node)) continue;
      const { pubtable, name } = node.PublicationObjSpec;
      if (pubtable === undefined) {
        if (name !== undefined) mapping.target('schema', [name], 'use');
        continue;
      }
      const path = mapping.relation(pubtable.relation, 'use');
      for (const column of stringsOf(pubtable.columns)) mapping.object('column', [...path, column], 'use');
      inTable(pubtable.relation?.relname ?? '', path, mapping, () => {
        mapping.visit(pubtable.whereClause);
      });
    }
    mapping.visitAll(statement.options);
  };
}

/** A subscription connects to another server and keeps the credentials for it. */
export function visitSubscription(
  change: Change,
): (statement: CreateSubscriptionStmt & AlterSubscriptionStmt, mapping: Mapping) => void {
  return (statement, mapping) => {
    define(mapping, change, 'subscription');
    mapping.effect('admin');
    mapping.effect('unsafe_io');
    mapping.dependsOnText = true;
    mapping.target('subscription', [statement.subname ?? ''], change);
    for (const name of stringsOf(statement.publication)) mapping.target('publication', [name], 'use');
    // The connection string is the first literal of the statement.
    if (statement.conninfo !== undefined && holdsSecret(statement.conninfo)) mapping.secret(0);
    mapping.visitAll(statement.options);
  };
}
