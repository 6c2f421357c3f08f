import { userInfo } from 'node:os';
import { silentLogger } from '../../proxy/log.ts';
import { QuarantineService } from '../../proxy/quarantine/quarantine-service.ts';
import {
  subjectDetails,
  subjectView,
  type SubjectDetails,
  type SubjectView,
} from '../../proxy/quarantine/subject-views.ts';
import { findSubject, listSubjects } from '../../proxy/quarantine/subjects.ts';
import { createApiClient } from './client.ts';
import { openConfiguredStore } from './configured-store.ts';
import type { IndexOptions } from './index-source.ts';

/** Subjects, over a gateway's API or where its store lies. All may throw SallyportError SP_SUBJECT_*, SP_STORE_*. */
export interface SubjectSource {
  list(quarantined: boolean, limit: number): Promise<readonly SubjectView[]>;
  find(id: string): Promise<SubjectDetails>;
  quarantine(id: string, reason: string): Promise<SubjectDetails>;
  release(id: string, comment: string | undefined): Promise<SubjectDetails>;
  close(): Promise<void>;
}

/** @throws SallyportError SP_USAGE, SP_CONFIG_INVALID, SP_STORE_* */
export async function openSubjects(options: IndexOptions, env: Readonly<NodeJS.ProcessEnv>): Promise<SubjectSource> {
  if (options.config !== undefined) return openStoreOf(options.config);
  const client = createApiClient(options, env);
  const path = (id: string): string => `/v1/subjects/${encodeURIComponent(id)}`;
  return {
    list: async (quarantined, limit) =>
      (await client.get('/v1/subjects', {
        limit: String(limit),
        ...(quarantined ? { quarantined: 'true' } : {}),
      })) as readonly SubjectView[],
    find: async (id) => (await client.get(path(id))) as SubjectDetails,
    quarantine: async (id, reason) => (await client.post(`${path(id)}/quarantine`, { reason })) as SubjectDetails,
    release: async (id, comment) =>
      (await client.post(`${path(id)}/release`, comment === undefined ? {} : { comment })) as SubjectDetails,
    close: () => Promise.resolve(),
  };
}

/** Whoever runs the gateway needs no token: without this, nobody could release the last warden. */
async function openStoreOf(config: string): Promise<SubjectSource> {
  const store = await openConfiguredStore(config);
  const quarantine = await QuarantineService.start({ store, logger: silentLogger });
  const operator = `operator ${userInfo().username}`;
  const find = async (id: string): Promise<SubjectDetails> => subjectDetails(await findSubject(store.db, id));
  return {
    list: async (quarantined, limit) => (await listSubjects(store.db, { quarantined, limit })).map(subjectView),
    find,
    async quarantine(id, reason) {
      await quarantine.quarantine({ subject: id, reason, imposedBy: operator, since: new Date() });
      return find(id);
    },
    async release(id, comment = '') {
      await quarantine.release(id, { id: operator, comment });
      return find(id);
    },
    async close() {
      await quarantine.close();
      await store.close();
    },
  };
}
