import fs from 'node:fs';
import { withClient, type ServerInfo } from './postgres-server.ts';

/** Everything that a statement which slipped through could have changed, in one text. */
const stateQuery = `
SELECT json_build_object(
  'tables', (SELECT json_agg(t ORDER BY t.oid) FROM (
    SELECT c.oid::int8 AS oid, c.relname, c.relkind, c.relacl::text, c.relnamespace::regnamespace::text, c.relhasrules, c.relhastriggers,
      CASE WHEN c.relkind = 'r' THEN md5((query_to_xml(format('SELECT * FROM %s', c.oid::regclass), true, false, ''))::text) END AS content
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema') t),
  'columns', (SELECT count(*) FROM pg_attribute),
  'functions', (SELECT md5(string_agg(p.proname || p.prosrc, ',' ORDER BY p.oid)) FROM pg_proc p),
  'views', (SELECT md5(string_agg(definition, ',' ORDER BY viewname)) FROM pg_views WHERE schemaname = 'public'),
  'schemas', (SELECT string_agg(nspname || coalesce(nspacl::text, ''), ',' ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'),
  'comments', (SELECT count(*) FROM pg_description),
  'types', (SELECT count(*) FROM pg_type), 'casts', (SELECT count(*) FROM pg_cast), 'collations', (SELECT count(*) FROM pg_collation),
  'sequence', (SELECT last_value || is_called::text FROM canary_sequence),
  'roles', (SELECT md5(string_agg(r::text, ',' ORDER BY r.oid)) FROM pg_authid r WHERE rolname IN ('reader', 'mole') OR rolname LIKE 'gateway%'),
  'members', (SELECT count(*) FROM pg_auth_members), 'settings', (SELECT json_agg(s) FROM pg_db_role_setting s),
  'objects', (SELECT count(*) FROM pg_largeobject_metadata), 'slots', (SELECT count(*) FROM pg_replication_slots),
  'extensions', (SELECT string_agg(extname, ',') FROM pg_extension), 'wrappers', (SELECT count(*) FROM pg_foreign_data_wrapper),
  'publications', (SELECT count(*) FROM pg_publication), 'subscriptions', (SELECT count(*) FROM pg_subscription),
  'files', (SELECT pg_read_file('postgresql.auto.conf')), 'prepared', (SELECT count(*) FROM pg_prepared_xacts),
  'triggers', (SELECT count(*) FROM pg_event_trigger), 'policies', (SELECT count(*) FROM pg_policy), 'statistics', (SELECT count(*) FROM pg_statistic_ext),
  'defaults', (SELECT count(*) FROM pg_default_acl), 'advisory locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
)::text AS state`;

/** The database's state, as the server's superuser sees it past the gateway. */
export async function canaryState(server: ServerInfo, database: string, scratch: string): Promise<string> {
  const state = await withClient({ port: server.port, database }, async (client) => {
    const { rows } = await client.query<{ state: string }>(stateQuery);
    return rows[0]?.state ?? '';
  });
  return `${state}\n${fs.readdirSync(scratch).join('\n')}`;
}
