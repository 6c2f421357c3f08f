import type { FastifyInstance } from 'fastify';
import type { Subject } from '../../engine/contract.ts';
import { commandView, sessionView } from '../store/index-views.ts';
import { findCommands, findSessions, timesOf, type CommandFilter, type SessionFilter } from '../store/queries.ts';
import type { ApiContext } from './api.ts';
import { commandSchema, errorAnswers, sessionSchema } from './schemas.ts';

const tags = ['index'];
const text = { type: 'string', minLength: 1 } as const;
const time = { type: 'string', format: 'date-time' } as const;
const limit = { type: 'integer', minimum: 1, maximum: 10_000, default: 100 } as const;

interface Times {
  readonly since?: string;
  readonly until?: string;
}

type CommandQuery = Omit<CommandFilter, 'since' | 'until'> & Times;
type SessionQuery = Omit<SessionFilter, 'since' | 'until'> & Times;

/** Who ran what, where, when, and how it was decided. Whoever is no auditor sees their own. */
export function indexRoutes(server: FastifyInstance, { store, auditors, standing, subjectOf }: ApiContext): void {
  const narrowed = <Query extends { subject?: string }>(subject: Subject, query: Query): Query =>
    subject.groups.some((group) => auditors.includes(group)) ? query : { ...query, subject: subject.id };

  server.get<{ Querystring: CommandQuery }>(
    '/v1/commands',
    {
      schema: {
        tags,
        summary: 'Commands, the newest first',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            subject: text,
            resource: text,
            since: time,
            until: time,
            effect: text,
            decision: { type: 'string', enum: ['allow', 'deny', 'review'] },
            rule: text,
            revision: text,
            fingerprint: text,
            session: text,
            limit,
          },
        },
        response: { 200: { type: 'array', items: commandSchema }, ...errorAnswers },
      },
    },
    async ({ headers, query }) => {
      const { since, until, ...rest } = narrowed(subjectOf(headers), query);
      return (await findCommands(store.db, { ...rest, ...timesOf(since, until) })).map(commandView);
    },
  );

  server.get<{ Querystring: SessionQuery }>(
    '/v1/sessions',
    {
      schema: {
        tags,
        summary: 'Sessions, the newest first',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            subject: text,
            resource: text,
            since: time,
            until: time,
            open: { type: 'boolean' },
            decision: { type: 'string', enum: ['allow', 'deny'] },
            limit,
          },
        },
        response: { 200: { type: 'array', items: sessionSchema }, ...errorAnswers },
      },
    },
    async ({ headers, query }) => {
      const { since, until, ...rest } = narrowed(subjectOf(headers), query);
      return (await findSessions(store.db, { ...rest, ...timesOf(since, until) })).map(sessionView);
    },
  );

  server.get(
    '/v1/index',
    {
      schema: {
        tags,
        summary: 'How far the index is',
        response: {
          200: {
            type: 'object',
            required: ['behind', 'current'],
            properties: {
              behind: { type: 'integer', description: 'Recordings that have grown since they were read.' },
              current: { type: ['string', 'null'], description: 'All that was recorded before is in the index.' },
            },
          },
          ...errorAnswers,
        },
      },
    },
    ({ headers }) => {
      subjectOf(headers);
      const { behind, current } = standing();
      return { behind, current: current?.toISOString() ?? null };
    },
  );
}
