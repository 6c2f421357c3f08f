import type { FastifyInstance } from 'fastify';
import type { Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { listOutbox, retryNotification, type OutboxFilter } from '../notifications/outbox.ts';
import { notificationView } from '../notifications/outbox-view.ts';
import { notificationStates } from '../store/tables.ts';
import type { ApiContext } from './api.ts';
import { errorAnswers, notificationSchema } from './schemas.ts';

const tags = ['notifications'];

/** What channels are told, and what could not be told. Auditors only: it is about everybody. */
export function notificationRoutes(server: FastifyInstance, { store, auditors, subjectOf }: ApiContext): void {
  const requireAuditor = (subject: Subject): void => {
    if (subject.groups.some((group) => auditors.includes(group))) return;
    throw new SallyportError('SP_SUBJECT_FORBIDDEN', 'Notifications are for auditors (api.auditors).');
  };

  server.get<{ Querystring: OutboxFilter }>(
    '/v1/notifications',
    {
      schema: {
        tags,
        summary: 'Notifications, the newest first',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            channel: { type: 'string', minLength: 1 },
            state: { type: 'string', enum: notificationStates },
            limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
          },
        },
        response: { 200: { type: 'array', items: notificationSchema }, ...errorAnswers },
      },
    },
    async ({ headers, query }) => {
      requireAuditor(subjectOf(headers));
      return (await listOutbox(store.db, query)).map(notificationView);
    },
  );

  server.post<{ Params: { id: string } }>(
    '/v1/notifications/:id/retry',
    {
      schema: {
        tags,
        summary: 'Send one after all that was given up, or one that waits now',
        params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        response: { 200: notificationSchema, ...errorAnswers },
      },
    },
    async ({ headers, params }) => {
      requireAuditor(subjectOf(headers));
      return notificationView(await retryNotification(store.db, params.id));
    },
  );
}
