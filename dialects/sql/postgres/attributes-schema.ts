import type { JsonSchema } from '../../define.ts';

const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const count: JsonSchema = { type: 'integer' };
const texts: JsonSchema = { type: 'array', items: text };
const paths: JsonSchema = { type: 'array', items: texts };

/** A closed object: a typo in a policy is a compile error. */
function closed(description: string, properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema {
  return { type: 'object', description, additionalProperties: false, properties, required };
}

function oneOf(...values: readonly string[]): JsonSchema {
  return { type: 'string', enum: values };
}

function described(description: string, schema: JsonSchema): JsonSchema {
  return { ...schema, description };
}

const setting = closed(
  'A change of a setting, by SET, RESET, set_config(), ALTER ROLE/DATABASE/SYSTEM … SET or a function’s SET clause.',
  {
    name: described('Lower case. Absent for RESET ALL and where only run time tells.', text),
    action: oneOf('set', 'reset', 'reset_all'),
    value: described('Absent where the text does not tell. Lists as SHOW gives them: "$user", public.', text),
    scope: oneOf('session', 'local', 'role', 'database', 'system', 'function'),
  },
  ['action', 'scope'],
);

const columns: JsonSchema = {
  type: 'array',
  items: closed(
    'path: as the text names it, qualified wholly where the target’s catalogue resolved it. labels: what the catalogue labels it with; empty without a catalogue.',
    { path: texts, labels: texts },
    ['path', 'labels'],
  ),
};

const transaction = closed(
  'BEGIN, COMMIT, SAVEPOINT, … and SET TRANSACTION.',
  {
    action: oneOf(
      'begin',
      'commit',
      'rollback',
      'savepoint',
      'release',
      'rollback_to',
      'prepare',
      'commit_prepared',
      'rollback_prepared',
      'set',
      'set_session',
    ),
    savepoint: text,
    gid: described('Global id of a prepared transaction.', text),
    chain: flag,
    read_only: flag,
    isolation: text,
    deferrable: flag,
  },
  ['action'],
);

const body = closed(
  'What a function or procedure does when it will be called.',
  {
    effects: texts,
    complete: flag,
    reasons: texts,
    targets: {
      type: 'array',
      items: closed('', { kind: text, path: texts, access: text }, ['kind', 'path', 'access']),
    },
    functions: paths,
  },
  ['effects', 'complete', 'reasons', 'targets', 'functions'],
);

/** Describes `command.attributes` of this dialect. Absent means: not so, or not known. */
export const attributesSchema: JsonSchema = closed(
  'What a PostgreSQL command says beyond the contract.',
  {
    statement: described('The outer statement, whatever it holds: select, insert, explain, do, create_table, …', text),
    nested: described('Statements inside: of CTEs, bodies, EXPLAIN, PREPARE, COPY, … Sorted.', texts),
    object: described('The kind of object that DDL is about: table, view, index, function, role, …', text),
    where: closed(
      'WHERE of the statement; for MERGE, what restricts the rows that it changes. Of several that change data, the least restricted counts. trivial: it holds for every row.',
      { present: flag, trivial: flag },
      ['present', 'trivial'],
    ),
    limit: closed(
      'LIMIT or FETCH FIRST of the outer query; value where it is a literal.',
      { present: flag, value: count },
      ['present'],
    ),
    returning: flag,
    distinct: flag,
    star: described('The outer select list, or a RETURNING list, holds *.', flag),
    set_operations: described('Number of UNION, INTERSECT and EXCEPT.', count),
    joins: described('Number of joins, those written with commas too.', count),
    cross_join: described(
      'A join of tables or subqueries without any condition. A function in FROM is no table.',
      flag,
    ),
    parameters: described('The highest placeholder ($n).', count),
    locking: described(
      'The strongest FOR UPDATE or FOR SHARE clause.',
      oneOf('key_share', 'share', 'no_key_update', 'update'),
    ),
    columns: closed(
      'Columns by where they stand; * for all of a table. read: all of them. projected: may reach the result. predicates: decide which rows, groups or order. elsewhere: assigned by SET, or part of a definition.',
      { read: columns, projected: columns, predicates: columns, elsewhere: columns },
      ['read', 'projected', 'predicates'],
    ),
    settings: { type: 'array', items: setting },
    transaction,
    prepared: closed(
      'PREPARE, EXECUTE, DEALLOCATE. text: what PREPARE keeps.',
      { action: oneOf('prepare', 'execute', 'deallocate', 'deallocate_all'), name: text, text },
      ['action'],
    ),
    cursor: closed(
      'DECLARE, FETCH, MOVE, CLOSE.',
      { action: oneOf('declare', 'fetch', 'move', 'close', 'close_all'), name: text, hold: flag },
      ['action', 'name'],
    ),
    copy: closed(
      'COPY. endpoint: STDIN and STDOUT are the client’s; files and programs are the server’s.',
      { direction: oneOf('from', 'to'), endpoint: oneOf('client', 'file', 'program'), format: text },
      ['direction', 'endpoint', 'format'],
    ),
    explain: closed('EXPLAIN; with ANALYZE its statement runs.', { analyze: flag, statement: text }, [
      'analyze',
      'statement',
    ]),
    discard: oneOf('all', 'plans', 'sequences', 'temp'),
    channel: described('Channel of LISTEN, NOTIFY and UNLISTEN; absent for UNLISTEN *.', text),
    cascade: flag,
    if_exists: flag,
    if_not_exists: flag,
    or_replace: flag,
    concurrently: flag,
    temporary: flag,
    actions: described('What ALTER does: add_column, drop_column, alter_column_type, rename, …', texts),
    body,
    security_definer: flag,
    language: described('Language of a function or a DO block.', text),
    privileges: described('Of GRANT and REVOKE, in lower case; all for ALL. Roles for GRANT role.', texts),
    role_options: described('Of CREATE and ALTER ROLE: superuser, nosuperuser, createdb, login, …', texts),
    error: closed(
      'Why the parser refused the text; position in UTF-16 code units.',
      { code: text, message: text, position: count },
      ['code', 'message'],
    ),
  },
  [],
);
