// Writes the generated part of the catalogue from what real servers say of themselves:
//
//   node dialects/sql/postgres/catalogue/generate.mjs postgres://…/postgres [postgres://…/postgres …]
//
// One URL for each major version; the files hold the union, with the versions that know a name. The login must be a
// superuser: every extension that a server ships is created in a scratch database, one at a time, and read as well.
import console from 'node:console';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { URL } from 'node:url';
import pg from 'pg';

/**
 * Names by group. Groups are `key → names`; the key's parts are separated by `|`.
 * @typedef {{ functions: Map<string, string[]>, operators: Map<string, string[]>, types: Map<string, string[]>,
 *   relations: Map<string, string[]>, settings: Map<string, string[]> }} Facts
 */

// A function is internal where no overload can be called from SQL: an argument or the result is a type without literals.
const pseudo = `ARRAY['internal','trigger','event_trigger','fdw_handler','index_am_handler','table_am_handler',
  'tsm_handler','language_handler']::regtype[]::oid[]`;

// Overloads share a name and so an entry: kinds are united, and the least predictable volatility counts.
const functionsSql = `
  SELECT n.nspname AS schema, p.proname AS name, string_agg(DISTINCT p.prokind::text, '' ORDER BY p.prokind::text) AS kinds,
    CASE WHEN bool_or(p.provolatile = 'v') THEN 'v' WHEN bool_or(p.provolatile = 's') THEN 's' ELSE 'i' END AS volatility,
    bool_and(p.prokind = 'f' AND ((p.proargtypes::oid[] && ${pseudo}) OR p.prorettype = ANY(${pseudo}))) AS internal
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE %member% GROUP BY 1, 2`;
const operatorsSql = `
  SELECT DISTINCT n.nspname AS schema, o.oprname AS name
  FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace WHERE %member%`;
// Row types of relations and array types follow from other entries.
const typesSql = `
  SELECT n.nspname AS schema, t.typname AS name, t.typtype AS kind
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE %member% AND t.typtype <> 'c' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)`;
const relationsSql = `
  SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'v' THEN 'v' ELSE 'r' END AS kind
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE %member% AND c.relkind IN ('r', 'v', 'm', 'f', 'p')`;
const settingsSql = `SELECT name, context FROM pg_catalog.pg_settings WHERE name NOT LIKE '%.%'`;

const builtin = `n.nspname IN ('pg_catalog', 'information_schema')`;
/** @param {string} catalogue @param {string} alias */
const ofExtension = (catalogue, alias) => `EXISTS (SELECT FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::regclass
  WHERE d.classid = 'pg_catalog.${catalogue}'::regclass AND d.objid = ${alias}.oid AND d.deptype = 'e' AND e.extname = $1)`;

/**
 * @typedef {{ schema: string, name: string, kinds: string, volatility: string, internal: boolean, kind: string,
 *   context: string, server_version_num: string }} Row whichever of these columns the query asks for
 * @param {pg.Client} client @param {string} sql @param {string[]} [values] @returns {Promise<Row[]>}
 */
async function query(client, sql, values = []) {
  /** @type {pg.QueryResult<Row>} */
  const result = await client.query(sql, values);
  return result.rows;
}

/**
 * What one server knows. Keys name schema, extension ('' for built-in) and what is particular to the kind.
 * @param {pg.Client} client a superuser's connection to a database without extensions but plpgsql
 * @param {{ extensions: boolean }} options whether to create and drop the extensions that the server ships
 * @returns {Promise<{ version: string, facts: Facts }>} version: the major version
 */
export async function readServer(client, options) {
  const [row] = await query(client, 'SHOW server_version_num');
  const version = String(Math.floor(Number(row?.server_version_num) / 10000));
  /** @type {Facts} */
  const facts = {
    functions: new Map(),
    operators: new Map(),
    types: new Map(),
    relations: new Map(),
    settings: new Map(),
  };
  await readObjects(client, facts, '');
  for (const row of await query(client, settingsSql)) add(facts.settings, [row.context], row.name);
  if (options.extensions) {
    const available = await query(client, 'SELECT name FROM pg_catalog.pg_available_extensions ORDER BY 1');
    for (const { name } of available) {
      if (name === 'plpgsql') continue;
      await client.query('BEGIN');
      try {
        await client.query(`CREATE EXTENSION "${name}" CASCADE`);
        await readObjects(client, facts, name);
      } catch (error) {
        // Some builds ship control files of languages whose libraries the machine lacks.
        console.error(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      }
      await client.query('ROLLBACK');
    }
  }
  return { version, facts };
}

/** @param {pg.Client} client @param {Facts} facts @param {string} extension */
async function readObjects(client, facts, extension) {
  /** @param {string} sql @param {string} catalogue @param {string} alias */
  const read = (sql, catalogue, alias) =>
    extension === ''
      ? query(client, sql.replace('%member%', builtin))
      : query(client, sql.replace('%member%', ofExtension(catalogue, alias)), [extension]);
  // An extension may be installed into any schema, so the one it has here says nothing.
  /** @param {{ schema: string }} row */
  const home = (row) => (extension === '' ? row.schema : '');
  for (const row of await read(functionsSql, 'pg_proc', 'p')) {
    add(facts.functions, [home(row), extension, row.kinds, row.volatility, row.internal ? 'internal' : ''], row.name);
  }
  for (const row of await read(operatorsSql, 'pg_operator', 'o'))
    add(facts.operators, [home(row), extension], row.name);
  for (const row of await read(typesSql, 'pg_type', 't')) add(facts.types, [home(row), extension, row.kind], row.name);
  for (const row of await read(relationsSql, 'pg_class', 'c')) {
    add(facts.relations, [home(row), extension, row.kind], row.name);
  }
}

/** @param {Map<string, string[]>} groups @param {string[]} key @param {string} name */
function add(groups, key, name) {
  const joined = key.join('|');
  const names = groups.get(joined);
  if (names) names.push(name);
  else groups.set(joined, [name]);
}

/**
 * The union of several servers: `versions|key → names`. Where versions disagree on a name's key, both entries are kept.
 * @param {{ version: string, groups: Map<string, string[]> }[]} servers
 * @returns {[string, string[]][]} sorted
 */
export function unite(servers) {
  /** @type {Map<string, string[]>} */
  const versionsOf = new Map();
  for (const { version, groups } of servers) {
    for (const [key, names] of groups) for (const name of new Set(names)) add(versionsOf, [key, name], version);
  }
  /** @type {Map<string, string[]>} */
  const united = new Map();
  for (const [keyAndName, versions] of versionsOf) {
    const parts = keyAndName.split('|');
    // Operators may hold `|` themselves.
    const width = (servers[0]?.groups.keys().next().value ?? '').split('|').length;
    add(united, [[...versions].sort().join(' '), ...parts.slice(0, width)], parts.slice(width).join('|'));
  }
  return [...united]
    .map(([key, names]) => /** @type {[string, string[]]} */ ([key, names.sort(byCodeUnit)]))
    .sort(([left], [right]) => byCodeUnit(left, right));
}

/** @param {string} left @param {string} right */
const byCodeUnit = (left, right) => (left < right ? -1 : left > right ? 1 : 0);

/** @param {string} constant @param {string} comment @param {[string, string[]][]} groups */
function render(constant, comment, groups) {
  const lines = groups.map(([key, names]) => `  [${JSON.stringify(key)}, ${JSON.stringify(names.join(' '))}],`);
  return [
    '// Generated by generate.mjs from PostgreSQL servers; do not edit.',
    `/** ${comment} */`,
    `export const ${constant}: readonly (readonly [key: string, names: string])[] = [`,
    ...lines,
    '];',
    '',
  ].join('\n');
}

const files = /** @type {const} */ ([
  ['functions', 'versions|schema|extension|kinds (f a w p)|volatility (i s v)|internal'],
  ['operators', 'versions|schema|extension'],
  ['types', 'versions|schema|extension|typtype (b d e m p r)'],
  ['relations', 'versions|schema|extension|kind (r table, v view)'],
  ['settings', 'versions|context'],
]);

/** @param {string[]} urls */
async function main(urls) {
  const servers = [];
  for (const url of urls) {
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query('CREATE DATABASE sallyport_catalogue TEMPLATE template0');
    const scratch = new URL(url);
    scratch.pathname = '/sallyport_catalogue';
    const client = new pg.Client(scratch.href);
    try {
      await client.connect();
      servers.push(await readServer(client, { extensions: true }));
    } finally {
      await client.end();
      await admin.query('DROP DATABASE sallyport_catalogue');
      await admin.end();
    }
  }
  for (const [kind, comment] of files) {
    const groups = unite(servers.map(({ version, facts }) => ({ version, groups: facts[kind] })));
    const target = new URL(`${kind}.generated.ts`, import.meta.url);
    await writeFile(target, render(kind.toUpperCase(), comment, groups));
  }
}

if (process.argv[1] !== undefined && import.meta.url === new URL(`file://${process.argv[1]}`).href) {
  await main(process.argv.slice(2));
}
