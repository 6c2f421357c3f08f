import type { FastifyInstance } from 'fastify';
import type { Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { objectionToDecide } from '../quarantine/eligibility.ts';
import { subjectDetails, subjectView } from '../quarantine/subject-views.ts';
import { findSubject, listSubjects } from '../quarantine/subjects.ts';
import type { ApiContext } from './api.ts';
import { errorAnswers, subjectDetailsSchema, subjectSchema } from './schemas.ts';

const tags = ['subjects'];
const idParameter = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } as const;
const words = { type: 'string', minLength: 1, maxLength: 2_000 } as const;

/** Who has come, and who may not come any more. Auditors and wardens see everybody, others themselves. */
export function subjectRoutes(server: FastifyInstance, context: ApiContext): void {
  const { store, quarantine, auditors, wardens, subjectOf } = context;
  const seesAll = ({ groups }: Subject): boolean =>
    groups.some((group) => auditors.includes(group) || wardens.includes(group));

  const details = async (id: string): Promise<object> => subjectDetails(await findSubject(store.db, id));

  server.get<{ Querystring: { quarantined: boolean; limit: number } }>(
    '/v1/subjects',
    {
      schema: {
        tags,
        summary: 'Subjects: those that are quarantined, then the last seen',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            quarantined: { type: 'boolean', default: false, description: 'Only those that are.' },
            limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
          },
        },
        response: { 200: { type: 'array', items: subjectSchema }, ...errorAnswers },
      },
    },
    async ({ headers, query }) => {
      const subject = subjectOf(headers);
      const found = await listSubjects(store.db, { ...query, ...(seesAll(subject) ? {} : { id: subject.id }) });
      return found.map(subjectView);
    },
  );

  server.get<{ Params: { id: string } }>(
    '/v1/subjects/:id',
    {
      schema: {
        tags,
        summary: 'One subject, with all of its quarantines',
        params: idParameter,
        response: { 200: subjectDetailsSchema, ...errorAnswers },
      },
    },
    async ({ headers, params }) => {
      const subject = subjectOf(headers);
      if (subject.id !== params.id && !seesAll(subject)) {
        throw new SallyportError('SP_SUBJECT_UNKNOWN', `There is no subject ${params.id} for you.`);
      }
      return details(params.id);
    },
  );

  server.post<{ Params: { id: string }; Body: { reason: string } }>(
    '/v1/subjects/:id/quarantine',
    {
      schema: {
        tags,
        summary: 'Keep a subject out until it is released: its sessions end, what it asked for is withdrawn',
        params: idParameter,
        body: { type: 'object', additionalProperties: false, required: ['reason'], properties: { reason: words } },
        response: { 200: subjectDetailsSchema, ...errorAnswers },
      },
    },
    async ({ headers, params, body }) => {
      const by = requireWarden(subjectOf(headers), params.id);
      await quarantine.quarantine({
        subject: params.id,
        reason: body.reason.trim(),
        imposedBy: by.id,
        since: new Date(),
      });
      return details(params.id);
    },
  );

  server.post<{ Params: { id: string }; Body: { comment?: string } | null }>(
    '/v1/subjects/:id/release',
    {
      schema: {
        tags,
        summary: 'Let a subject in again',
        params: idParameter,
        body: { type: ['object', 'null'], additionalProperties: false, properties: { comment: words } },
        response: { 200: subjectDetailsSchema, ...errorAnswers },
      },
    },
    async ({ headers, params, body }) => {
      const by = requireWarden(subjectOf(headers), params.id);
      await quarantine.release(params.id, { id: by.id, comment: body?.comment?.trim() ?? '' });
      return details(params.id);
    },
  );

  function requireWarden(by: Subject, subject: string): Subject {
    const objection = objectionToDecide(by, subject, wardens);
    if (objection !== undefined) throw new SallyportError('SP_SUBJECT_FORBIDDEN', objection);
    return by;
  }
}
