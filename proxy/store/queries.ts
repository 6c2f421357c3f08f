import { sql, type Kysely, type Selectable } from 'kysely';
import type { CommandsTable, SessionsTable, Tables } from './tables.ts';

/** What commands are asked for. All that is given must hold. */
export interface CommandFilter {
  readonly subject?: string;
  readonly resource?: string;
  /** Inclusive. */
  readonly since?: Date;
  /** Exclusive. */
  readonly until?: Date;
  readonly effect?: string;
  readonly decision?: 'allow' | 'deny' | 'review';
  readonly rule?: string;
  readonly revision?: string;
  readonly fingerprint?: string;
  readonly session?: string;
  /** Most rows. */
  readonly limit: number;
}

export interface SessionFilter {
  readonly subject?: string;
  readonly resource?: string;
  readonly since?: Date;
  readonly until?: Date;
  /** Only sessions that have not ended. */
  readonly open?: boolean;
  /** What became of them when they opened, of those that a policy judged then. */
  readonly decision?: 'allow' | 'deny';
  readonly limit: number;
}

export type CommandRow = Selectable<CommandsTable>;
export type SessionRow = Selectable<SessionsTable>;

/** The times of a filter that were given as RFC 3339. */
export function timesOf(since: string | undefined, until: string | undefined): Pick<CommandFilter, 'since' | 'until'> {
  return {
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  };
}

/** The newest commands first. @throws the database's error */
export async function findCommands(db: Kysely<Tables>, filter: CommandFilter): Promise<CommandRow[]> {
  const { subject, resource, since, until, effect, decision, rule, revision, fingerprint, session, limit } = filter;
  let query = db.selectFrom('commands').selectAll();
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (resource !== undefined) query = query.where('resource', '=', resource);
  if (since !== undefined) query = query.where('time', '>=', since);
  if (until !== undefined) query = query.where('time', '<', until);
  if (effect !== undefined) query = query.where(sql<boolean>`effects @> array[${effect}]::text[]`);
  if (rule !== undefined) query = query.where(sql<boolean>`rules @> array[${rule}]::text[]`);
  if (decision !== undefined) query = query.where('decision', '=', decision);
  if (revision !== undefined) query = query.where('revision', '=', revision);
  if (fingerprint !== undefined) query = query.where('fingerprint', '=', fingerprint);
  if (session !== undefined) query = query.where('session', '=', session);
  return query.orderBy('time', 'desc').orderBy('session', 'desc').orderBy('seq', 'desc').limit(limit).execute();
}

/** The newest sessions first. @throws the database's error */
export async function findSessions(db: Kysely<Tables>, filter: SessionFilter): Promise<SessionRow[]> {
  const { subject, resource, since, until, open, decision, limit } = filter;
  let query = db.selectFrom('sessions').selectAll();
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (resource !== undefined) query = query.where('resource', '=', resource);
  if (since !== undefined) query = query.where('started', '>=', since);
  if (until !== undefined) query = query.where('started', '<', until);
  if (open === true) query = query.where('ended', 'is', null);
  if (decision !== undefined) query = query.where('decision', '=', decision);
  return query.orderBy('started', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
