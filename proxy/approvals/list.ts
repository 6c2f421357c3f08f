import type { Kysely } from 'kysely';
import type { ApprovalState, Tables } from '../store/tables.ts';
import type { ApprovalBody } from './body.ts';
import type { ApprovalRequest } from './requests.ts';

export interface ApprovalFilter {
  readonly state?: ApprovalState;
  readonly subject?: string;
  readonly resource?: string;
  readonly limit: number;
}

/** The newest requests first, without their votes. @throws the database's error */
export async function listRequests(
  db: Kysely<Tables>,
  { state, subject, resource, limit }: ApprovalFilter,
): Promise<Omit<ApprovalRequest, 'votes'>[]> {
  let query = db.selectFrom('approvals').selectAll();
  if (state !== undefined) query = query.where('state', '=', state);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (resource !== undefined) query = query.where('resource', '=', resource);
  const rows = await query.orderBy('created', 'desc').orderBy('id').limit(limit).execute();
  return rows.map((row) => ({ ...row, body: JSON.parse(row.body) as ApprovalBody }));
}
