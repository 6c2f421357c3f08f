/** What a PostgreSQL command says beyond the contract. Described to policies by attributes.schema.json. */
export interface PostgresAttributes {
  /** The outer statement, whatever it holds: select, insert, explain, do, create_table, … */
  statement: string;
  /** Statements inside (CTEs, subqueries that write, bodies, EXPLAIN, PREPARE, COPY, …), sorted. */
  nested?: string[];
  /** The kind of object that DDL is about: table, view, index, function, role, … */
  object?: string;
  /** WHERE of the top-level statement. `trivial`: it holds for every row whatever the row is (`WHERE true`, `1=1`). */
  where?: { present: boolean; trivial: boolean };
  limit?: { present: boolean; value?: number };
  returning?: boolean;
  distinct?: boolean;
  /** The top-level select list, or RETURNING, holds `*`. */
  star?: boolean;
  /** Set operations (UNION, INTERSECT, EXCEPT) anywhere in the statement. */
  set_operations?: number;
  /** Joins anywhere in the statement, those written with commas too. */
  joins?: number;
  /** A join of tables or subqueries without any condition: CROSS JOIN, or a comma without WHERE. */
  cross_join?: boolean;
  /** Number of the highest placeholder ($n). */
  parameters?: number;
  /** The strongest FOR UPDATE/SHARE clause. */
  locking?: 'key_share' | 'share' | 'no_key_update' | 'update';
  columns?: ColumnsAttribute;
  settings?: SettingAttribute[];
  transaction?: TransactionAttribute;
  prepared?: { action: 'prepare' | 'execute' | 'deallocate' | 'deallocate_all'; name?: string; text?: string };
  cursor?: { action: 'declare' | 'fetch' | 'move' | 'close' | 'close_all'; name: string; hold?: boolean };
  copy?: { direction: 'from' | 'to'; endpoint: 'client' | 'file' | 'program'; format: string };
  explain?: { analyze: boolean; statement: string };
  discard?: 'all' | 'plans' | 'sequences' | 'temp';
  /** Channel of LISTEN, NOTIFY, UNLISTEN; absent for UNLISTEN *. */
  channel?: string;
  cascade?: boolean;
  if_exists?: boolean;
  if_not_exists?: boolean;
  or_replace?: boolean;
  concurrently?: boolean;
  temporary?: boolean;
  /** ALTER TABLE's and its kin's actions: add_column, drop_column, alter_column_type, … */
  actions?: string[];
  /** What a function, procedure, trigger rule or view does when it runs later. */
  body?: BodyAttribute;
  /** CREATE FUNCTION … SECURITY DEFINER. */
  security_definer?: boolean;
  /** Language of a function or a DO block. */
  language?: string;
  /** Privileges of GRANT, REVOKE and ALTER DEFAULT PRIVILEGES; `all` for ALL. Roles for GRANT role. */
  privileges?: string[];
  /** Options that CREATE/ALTER ROLE gives: superuser, nosuperuser, createdb, login, … */
  role_options?: string[];
  /** Read only with incomplete commands: where PostgreSQL's parser stopped. */
  error?: { code: string; message: string; position?: number };
}

/** Columns by where they stand in a command; each list without duplicates. */
export interface ColumnsAttribute {
  /** All that are read, wherever they stand. */
  read: ColumnAttribute[];
  /** May reach the result. */
  projected: ColumnAttribute[];
  /** Decide which rows, groups or order. */
  predicates: ColumnAttribute[];
  /** Read for what SET assigns, or part of a definition. */
  elsewhere?: ColumnAttribute[];
}

export interface ColumnAttribute {
  /** As the text names it: `["customers", "email"]`; qualified wholly where the target's catalogue resolved it. */
  path: string[];
  /** What the catalogue labels it with, sorted; empty where no catalogue was at hand. */
  labels: string[];
}

export interface SettingAttribute {
  /** Lower case. Absent for RESET ALL and where only run time tells. */
  name?: string;
  action: 'set' | 'reset' | 'reset_all';
  /** Absent where the text does not tell. Lists are PostgreSQL's own flattened text: `"$user", public`. */
  value?: string;
  scope: 'session' | 'local' | 'role' | 'database' | 'system' | 'function';
}

export interface TransactionAttribute {
  action:
    | 'begin'
    | 'commit'
    | 'rollback'
    | 'savepoint'
    | 'release'
    | 'rollback_to'
    | 'prepare'
    | 'commit_prepared'
    | 'rollback_prepared'
    | 'set'
    | 'set_session';
  savepoint?: string;
  /** Global id of a prepared transaction. */
  gid?: string;
  chain?: boolean;
  read_only?: boolean;
  isolation?: string;
  deferrable?: boolean;
}

/** The same lists as a command's, for what runs later. */
export interface BodyAttribute {
  effects: string[];
  complete: boolean;
  reasons: string[];
  targets: { kind: string; path: string[]; access: string }[];
  functions: string[][];
}
