import type { PGlite } from '@electric-sql/pglite';

/** What a session has set, so that it can be set again. */
export interface SessionSettings {
  readonly settings: readonly { readonly name: string; readonly setting: string }[];
  readonly role: string;
  readonly sessionUser: string;
}

export const newSession: SessionSettings = { settings: [], role: 'none', sessionUser: '' };

interface Row {
  readonly name: string;
  readonly setting: string;
}

export async function readSettings(database: PGlite): Promise<SessionSettings> {
  const identity = await database.query<{ role: string; session_user: string; login: string }>(
    `SELECT current_setting('role') AS role, session_user, (SELECT rolname FROM pg_roles WHERE oid = 10) AS login`,
  );
  const settings = await database.query<Row>(`SELECT name, setting FROM pg_settings WHERE source = 'session'`);
  const { role = 'none', session_user = '', login = '' } = identity.rows[0] ?? {};
  return { settings: settings.rows, role, sessionUser: session_user === login ? '' : session_user };
}

/** Also takes away what the session before has set. */
export async function restoreSettings(
  database: PGlite,
  { settings, role, sessionUser }: SessionSettings,
): Promise<void> {
  await database.exec('RESET ROLE; RESET SESSION AUTHORIZATION; RESET ALL');
  for (const { name, setting } of settings) {
    await database.query('SELECT set_config($1, $2, false)', [name, setting]);
  }
  if (sessionUser !== '') await database.query(`SELECT set_config('session_authorization', $1, false)`, [sessionUser]);
  if (role !== 'none') await database.query(`SELECT set_config('role', $1, false)`, [role]);
}
