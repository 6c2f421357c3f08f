/**
 * What is asked of a PostgreSQL target's own catalogue (13 to 18, PGlite). Every name is qualified: a temporary table could
 * stand in front of `pg_class`. All values come as text.
 */

/** One snapshot for all of it. Nothing in it waits long, and nothing outlives the transaction: a pooler may stand between. */
export function beginReading(timeoutMs: number): string[] {
  return [
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    `SET LOCAL statement_timeout = ${timeoutMs}`,
    // What another transaction is changing is left out by name (`locked`); this is for what comes in between.
    `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`,
    'SET LOCAL jit = off',
  ];
}

const LOCK_TIMEOUT_MS = 250;

/** Before `QUALIFIED_NAMES`: the schemas that unqualified names are looked up in, by the target's own settings. */
export const SEARCH_PATH = `SELECT pg_catalog.to_json(ARRAY(
    SELECT path.name FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS path (name, place)
    WHERE NOT pg_catalog.starts_with(path.name, 'pg_temp_') ORDER BY path.place))::text,
  pg_catalog.current_setting('server_version_num')`;

/** From here on the target prints every name with its schema, but for those in pg_catalog. */
export const QUALIFIED_NAMES = 'SET LOCAL search_path = pg_catalog, pg_temp';

export const END_READING = 'COMMIT';

const RELATION_KINDS = `('r', 'p', 'v', 'm', 'f', 'S', 'c')`;

/** Neither the objects of other sessions, which nobody here can name, nor what lies behind tables. */
function lasting(schema: string): string {
  return `${schema} <> 'pg_toast' AND NOT pg_catalog.starts_with(${schema}, 'pg_temp_')
  AND NOT pg_catalog.starts_with(${schema}, 'pg_toast_temp_')`;
}

/** Oids from here on are given while a server runs: what has a lower one came with it. */
const FIRST_OWN_OID = 16_384;

/** Longest text of a view or a function that is read: the meaning of a longer one is not known. */
const LONGEST_SOURCE = 1024 * 1024;

function bounded(text: string): string {
  return `(SELECT s FROM (SELECT ${text} AS s OFFSET 0) AS x WHERE pg_catalog.octet_length(s) <= ${LONGEST_SOURCE})`;
}

/**
 * Relations that another transaction is changing, and what the target could not print without waiting for them: views
 * and functions that refer to them.
 */
const LOCKED = `locked AS MATERIALIZED (
  SELECT relation AS oid FROM pg_catalog.pg_locks
  WHERE locktype = 'relation' AND granted AND mode = 'AccessExclusiveLock' AND pid <> pg_catalog.pg_backend_pid()
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
), referring AS MATERIALIZED (
  SELECT d.classid, d.objid FROM locked JOIN pg_catalog.pg_depend AS d
    ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = locked.oid
  WHERE d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)
), blocked_views AS MATERIALIZED (
  SELECT r.ev_class AS oid FROM referring JOIN pg_catalog.pg_rewrite AS r ON r.oid = referring.objid
  WHERE referring.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  UNION SELECT oid FROM locked
), blocked_functions AS MATERIALIZED (
  SELECT objid AS oid FROM referring WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
)`;

/** oid, schema, name, kind, columns `[attnum, name, type, generated]`, parents, view's text, whether it could not be read whole. */
export const RELATIONS = `WITH ${LOCKED}
SELECT c.oid::text, n.nspname::text, c.relname::text, c.relkind::text,
  (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attnum, a.attname, a.atttypid::int8,
       CASE WHEN a.attgenerated <> '' AND c.oid NOT IN (SELECT oid FROM locked) THEN
         (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef AS d
          WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END) ORDER BY a.attnum)
   FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text,
  (SELECT pg_catalog.json_agg(i.inhparent::int8 ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid)::text,
  CASE WHEN c.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.oid NOT IN (SELECT oid FROM blocked_views)
    THEN ${bounded('pg_catalog.pg_get_viewdef(c.oid)')} END,
  CASE WHEN c.relkind IN ('v', 'm') THEN c.oid IN (SELECT oid FROM blocked_views)
    ELSE c.oid IN (SELECT oid FROM locked) AND EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped) END::text
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ${RELATION_KINDS} AND c.relpersistence <> 't' AND ${lasting('n.nspname')}
ORDER BY c.oid`;

/** schema, name, kind, language, volatility, source, types, modes and names of arguments, result, set, search_path, extension, blocked. */
export function functionsQuery(serverVersion: number): string {
  // SQL-standard bodies came with PostgreSQL 14.
  const printed =
    serverVersion >= 140_000
      ? `WHEN p.prosqlbody IS NOT NULL THEN
           CASE WHEN p.oid NOT IN (SELECT oid FROM blocked_functions) THEN ${bounded('pg_catalog.pg_get_function_sqlbody(p.oid)')} END`
      : '';
  return `WITH ${LOCKED}
SELECT n.nspname::text, p.proname::text, p.prokind::text, l.lanname::text, p.provolatile::text,
  CASE WHEN p.prokind = 'a' OR l.lanname NOT IN ('sql', 'plpgsql') THEN NULL ${printed} ELSE ${bounded('p.prosrc')} END,
  pg_catalog.to_json(coalesce(p.proallargtypes, p.proargtypes::oid[])::text[])::text,
  pg_catalog.to_json(p.proargmodes::text[])::text, pg_catalog.to_json(p.proargnames)::text,
  p.prorettype::text, p.proretset::text,
  (SELECT s FROM pg_catalog.unnest(p.proconfig) AS s WHERE pg_catalog.starts_with(s, 'search_path=') LIMIT 1),
  (SELECT e.extname::text FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid
   WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
     AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass LIMIT 1),
  (p.oid IN (SELECT oid FROM blocked_functions))::text
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
  JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE ${lasting('n.nspname')}
  -- The target's own are known, but for what several columns are made of that they return.
  AND (n.nspname <> 'pg_catalog' OR p.oid >= ${FIRST_OWN_OID} OR p.proargmodes && '{o,b,t}'::"char"[]
    OR (SELECT t.typtype = 'c' FROM pg_catalog.pg_type AS t WHERE t.oid = p.prorettype))
ORDER BY p.oid`;
}

/** oid, schema, name, kind, category, element, base, relation. Those of pg_catalog too: columns are made of them. */
export const TYPES = `SELECT t.oid::text, n.nspname::text, t.typname::text, t.typtype::text, t.typcategory::text, t.typelem::text,
  t.typbasetype::text, t.typrelid::text
FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE ${lasting('n.nspname')}
ORDER BY t.oid`;

/** schema, name, schema and name of the function. */
export const OPERATORS = `SELECT n.nspname::text, o.oprname::text, f.nspname::text, p.proname::text
FROM pg_catalog.pg_operator AS o JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
  JOIN pg_catalog.pg_proc AS p ON p.oid = o.oprcode JOIN pg_catalog.pg_namespace AS f ON f.oid = p.pronamespace
WHERE (n.nspname <> 'pg_catalog' OR o.oid >= ${FIRST_OWN_OID}) AND ${lasting('n.nspname')}
ORDER BY o.oid`;

/** What people wrote at relations (attnum 0) and columns that may be labels: oid, attnum, where it stands, the text. */
export const ANNOTATIONS = `SELECT objoid::text, objsubid::text, '' AS provider, description
FROM pg_catalog.pg_description
WHERE classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND pg_catalog.strpos(description, '@labels') > 0
UNION ALL
SELECT objoid::text, objsubid::text, provider, label
FROM pg_catalog.pg_seclabel WHERE classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
ORDER BY 1, 2, 3, 4`;

/**
 * A digest of which versions of which rows stand in the target's catalogue, temporary objects left out. A row's version is
 * told by the transaction that wrote it and its place: a place is written anew only by a later transaction, so the same
 * pairs mean the same rows. (What the target updates in place, without a new version, are sizes and statistics.)
 */
const rowsOf = (table: string, where: string): string =>
  `(SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(x.xmin::text || x.ctid::text, 0)), 0)
    FROM pg_catalog.${table} AS x WHERE ${where})`;

const relations = `(SELECT oid FROM pg_catalog.pg_class WHERE relpersistence <> 't' AND relkind IN ${RELATION_KINDS})`;
const ofClass = `x.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass`;

export const FINGERPRINT = `SELECT pg_catalog.concat_ws(' ',
  (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()), pg_catalog.version(),
  ${[
    rowsOf('pg_class', `x.relpersistence <> 't' AND x.relkind IN ${RELATION_KINDS}`),
    rowsOf('pg_attribute', `x.attrelid IN ${relations}`),
    rowsOf('pg_attrdef', `x.adrelid IN ${relations}`),
    rowsOf('pg_inherits', `x.inhrelid IN ${relations}`),
    rowsOf('pg_rewrite', `x.ev_class IN ${relations}`),
    rowsOf('pg_namespace', lasting('x.nspname')),
    rowsOf('pg_proc', 'true'),
    // Row types and arrays come and go with what they are made of; the arrays are those without an array of their own.
    rowsOf('pg_type', 'x.typrelid = 0 AND x.typarray <> 0'),
    rowsOf('pg_operator', 'true'),
    rowsOf('pg_extension', 'true'),
    rowsOf(
      'pg_depend',
      `x.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass`,
    ),
    rowsOf('pg_description', `${ofClass} AND pg_catalog.strpos(x.description, '@labels') > 0`),
    rowsOf('pg_seclabel', ofClass),
  ].join(',\n  ')})`;
