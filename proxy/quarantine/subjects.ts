import { sql, type Kysely } from 'kysely';
import { SallyportError } from '../../engine/errors.ts';
import type { Tables } from '../store/tables.ts';
import { historyOf, inForce, type Quarantine } from './quarantines.ts';

/** A subject as the store knows it; one that was barred before it ever came has not been seen. */
export interface KnownSubject {
  readonly id: string;
  readonly kind: string | null;
  readonly first_seen: Date | null;
  readonly last_seen: Date | null;
  readonly quarantine: Quarantine | undefined;
}

export interface SubjectFilter {
  /** Only those that are barred. */
  readonly quarantined?: boolean;
  /** Only this one. */
  readonly id?: string;
  readonly limit: number;
}

/** Those that are barred first, then by when they were last seen. @throws the database's error */
export async function listSubjects(db: Kysely<Tables>, filter: SubjectFilter): Promise<KnownSubject[]> {
  const { quarantined = false, id = null, limit } = filter;
  const { rows } = await sql<Omit<KnownSubject, 'quarantine'>>`
    select coalesce(subjects.id, barred.subject) as id, kind, first_seen, last_seen
    from subjects full join (select subject from quarantines where released is null) as barred on barred.subject = subjects.id
    where (${id}::text is null or coalesce(subjects.id, barred.subject) = ${id})
      and (not ${quarantined}::boolean or barred.subject is not null)
    order by barred.subject is null, last_seen desc nulls last, 1
    limit ${limit}`.execute(db);
  const barred = new Map((await inForce(db, filter.id)).map((one) => [one.subject, one]));
  return rows.map((row) => ({ ...row, quarantine: barred.get(row.id) }));
}

/** One subject with all of its quarantines. @throws SallyportError SP_SUBJECT_UNKNOWN; the database's error */
export async function findSubject(
  db: Kysely<Tables>,
  id: string,
): Promise<KnownSubject & { readonly history: readonly Quarantine[] }> {
  const history = await historyOf(db, id);
  const [found] = await listSubjects(db, { id, limit: 1 });
  if (found !== undefined) return { ...found, history };
  if (history.length === 0) throw new SallyportError('SP_SUBJECT_UNKNOWN', `Nobody has seen a subject ${id}.`);
  return { id, kind: null, first_seen: null, last_seen: null, quarantine: undefined, history };
}
