import type { FastifyInstance } from 'fastify';
import type { Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { objectionTo } from '../approvals/eligibility.ts';
import { grantOf, listGrants, revokeGrant, type Grant } from '../approvals/grants.ts';
import { listRequests } from '../approvals/list.ts';
import { findRequest, type ApprovalRequest } from '../approvals/requests.ts';
import { approvalStates, type ApprovalState } from '../store/tables.ts';
import type { ApiContext } from './api.ts';
import { approvalSchema, approvalSummarySchema, errorAnswers, grantSchema } from './schemas.ts';

const tags = ['approvals'];
const idParameter = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } as const;
const limit = { type: 'integer', minimum: 1, maximum: 1_000, default: 100 } as const;

/** Requests for approval and grants. Whoever asks sees what concerns them: what they may decide, and what they asked for. */
export function approvalRoutes(server: FastifyInstance, context: ApiContext): void {
  const { store, approvals, subjectOf } = context;

  server.get<{ Querystring: { state?: ApprovalState; subject?: string; resource?: string; limit: number } }>(
    '/v1/approvals',
    {
      schema: {
        tags,
        summary: 'Requests for approval, the newest first',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            state: {
              type: 'string',
              enum: approvalStates,
            },
            subject: { type: 'string' },
            resource: { type: 'string' },
            limit,
          },
        },
        response: { 200: { type: 'array', items: approvalSummarySchema }, ...errorAnswers },
      },
    },
    async ({ headers, query }) => {
      const subject = subjectOf(headers);
      const requests = await listRequests(store.db, query);
      return requests.filter((request) => maySee(subject, request, context)).map((one) => summaryOf(one, subject));
    },
  );

  server.get<{ Params: { id: string } }>(
    '/v1/approvals/:id',
    {
      schema: {
        tags,
        summary: 'One request, with all that would run',
        params: idParameter,
        response: { 200: approvalSchema, ...errorAnswers },
      },
    },
    async ({ headers, params }) => {
      const subject = subjectOf(headers);
      const request = await findRequest(store.db, params.id);
      if (request === undefined || !maySee(subject, request, context)) {
        throw new SallyportError('SP_APPROVAL_UNKNOWN', `There is no request ${params.id} for you.`);
      }
      return viewOf(request, subject);
    },
  );

  for (const verdict of ['approve', 'reject'] as const) {
    server.post<{ Params: { id: string }; Body: { comment?: string; acknowledge?: boolean; digest?: string } | null }>(
      `/v1/approvals/:id/${verdict}`,
      {
        schema: {
          tags,
          summary: verdict === 'approve' ? 'Agree: it runs when all that are needed do' : 'Refuse it, with your words',
          params: idParameter,
          body: {
            type: ['object', 'null'],
            additionalProperties: false,
            properties: {
              comment: { type: 'string', maxLength: 2_000 },
              acknowledge: {
                description: 'What the cautions say was seen: it may run although not all of it can be shown.',
                type: 'boolean',
              },
              digest: { description: 'Decide only if this is what was shown.', type: 'string' },
            },
          },
          response: { 200: approvalSchema, ...errorAnswers },
        },
      },
      async ({ headers, params, body }) => {
        const subject = subjectOf(headers);
        const { comment = '', acknowledge = false, digest } = body ?? {};
        if (digest !== undefined) await requireDigest(context, params.id, digest);
        const vote = { verdict, comment: comment.trim(), acknowledged: acknowledge };
        return viewOf(await approvals.decide(params.id, subject, vote), subject);
      },
    );
  }

  server.get<{ Querystring: { all: boolean } }>(
    '/v1/grants',
    {
      schema: {
        tags,
        summary: 'Approvals that cover a resource for a while',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { all: { type: 'boolean', default: false, description: 'Those that have ended as well.' } },
        },
        response: { 200: { type: 'array', items: grantSchema }, ...errorAnswers },
      },
    },
    async ({ headers, query }) => {
      const subject = subjectOf(headers);
      const grants = await listGrants(store.db, new Date(), query.all);
      return grants
        .filter((grant) => mayRevoke(subject, grant, context) || grant.subject === subject.id)
        .map(grantView);
    },
  );

  server.post<{ Params: { id: string } }>(
    '/v1/grants/:id/revoke',
    {
      schema: {
        tags,
        summary: 'End a grant now',
        params: idParameter,
        response: { 200: grantSchema, ...errorAnswers },
      },
    },
    async ({ headers, params }) => {
      const subject = subjectOf(headers);
      const grant = await grantOf(store.db, params.id);
      if (grant === undefined) throw new SallyportError('SP_APPROVAL_UNKNOWN', `There is no grant ${params.id}.`);
      if (!mayRevoke(subject, grant, context) && grant.subject !== subject.id) {
        throw new SallyportError(
          'SP_APPROVAL_FORBIDDEN',
          'A grant is ended by who gave it, who has it, or an auditor.',
        );
      }
      return grantView(await revokeGrant(store.db, params.id, subject.id, new Date()));
    },
  );
}

function maySee(subject: Subject, request: Omit<ApprovalRequest, 'votes'>, { auditors }: ApiContext): boolean {
  return (
    request.subject === subject.id ||
    request.owner === subject.id ||
    subject.groups.some((group) => auditors.includes(group)) ||
    objectionTo(subject, request, request.body.terms) === undefined
  );
}

function mayRevoke(subject: Subject, grant: Grant, { auditors }: ApiContext): boolean {
  return grant.granted_by === subject.id || subject.groups.some((group) => auditors.includes(group));
}

async function requireDigest({ store }: ApiContext, id: string, digest: string): Promise<void> {
  const request = await findRequest(store.db, id);
  if (request !== undefined && request.digest !== digest) {
    throw new SallyportError('SP_APPROVAL_CLOSED', `The request ${id} is not of the digest that was shown.`);
  }
}

const SUMMARY_CHARACTERS = 200;

function summaryOf(request: Omit<ApprovalRequest, 'votes'>, subject: Subject): object {
  const { id, state, mode, subject_kind, owner, resource, session, revision, created, expires, decided, body } =
    request;
  const asking = body.commands.filter(({ reasons }) => reasons.length > 0);
  const first = asking[0] ?? body.commands[0];
  return {
    id,
    state,
    mode,
    subject: request.subject,
    subject_kind,
    owner,
    resource,
    environment: body.environment,
    session,
    revision,
    created: created.toISOString(),
    expires: expires.toISOString(),
    decided: decided?.toISOString() ?? null,
    summary: first?.text.slice(0, SUMMARY_CHARACTERS) ?? '',
    reasons: asking.flatMap(({ reasons }) => reasons.map(({ message }) => message)),
    approvers: [...new Set(body.terms.requirements.flatMap(({ approvers }) => approvers))],
    yours: state === 'waiting' && objectionTo(subject, request, body.terms) === undefined,
  };
}

function viewOf(request: ApprovalRequest, subject: Subject): object {
  const { digest, body, votes } = request;
  return {
    ...summaryOf(request, subject),
    digest,
    client: body.client,
    requirements: body.terms.requirements,
    window: body.terms.window ?? null,
    commands: body.commands,
    cautions: body.cautions,
    votes: votes.map(({ reviewer, verdict, comment, acknowledged, time }) => ({
      reviewer,
      verdict,
      comment,
      acknowledged,
      time: time.toISOString(),
    })),
  };
}

function grantView(grant: Grant): object {
  return {
    ...grant,
    created: grant.created.toISOString(),
    expires: grant.expires.toISOString(),
    revoked: grant.revoked?.toISOString() ?? null,
  };
}
