import type { AddressInfo } from 'node:net';
import swagger from '@fastify/swagger';
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Subject } from '../../engine/contract.ts';
import { SallyportError, type ErrorCode } from '../../engine/errors.ts';
import type { ApprovalService } from '../approvals/approval-service.ts';
import type { SubjectStore } from '../identity/subjects.ts';
import { describeError, type Logger } from '../log.ts';
import type { QuarantineService } from '../quarantine/quarantine-service.ts';
import type { IndexStanding } from '../store/index/indexer.ts';
import type { Store } from '../store/store.ts';
import { approvalRoutes } from './approval-routes.ts';
import { indexRoutes } from './index-routes.ts';
import { notificationRoutes } from './notification-routes.ts';
import { subjectRoutes } from './subject-routes.ts';

export interface ApiOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** PEM; absent: HTTP without TLS, for the loopback only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly store: Store;
  readonly approvals: ApprovalService;
  readonly quarantine: QuarantineService;
  readonly subjects: SubjectStore;
  /** Whoever is in one of these groups may see every session and command, not their own alone. */
  readonly auditors: readonly string[];
  /** Whoever is in one of these groups may quarantine subjects and release them, and sees them all. */
  readonly wardens: readonly string[];
  /** How far the index is. */
  readonly standing: () => IndexStanding;
  readonly version: string;
  readonly logger: Logger;
}

/** What routes know of the gateway. */
export interface ApiContext extends Omit<ApiOptions, 'host' | 'port' | 'tls' | 'version' | 'logger'> {
  /** Who asks. @throws SallyportError SP_AUTH_FAILED, SP_SUBJECT_QUARANTINED */
  readonly subjectOf: (headers: { readonly authorization?: string | undefined }) => Subject;
}

export interface Api {
  /** With the port that was bound. */
  readonly url: string;
  /** The OpenAPI 3.1 document. */
  readonly document: () => object;
  close(): Promise<void>;
}

/** A request's body holds a comment at most. */
const BODY_BYTES = 64 * 1024;

/**
 * Starts the HTTP API: requests for approval, grants, subjects, notifications, and what the index knows. Clients show a subject's token
 * (`Authorization: Bearer …`). `GET /openapi.json` describes it.
 *
 * @throws SallyportError SP_CONFIG_INVALID when the address cannot be bound
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { host, port, tls, logger, subjects, quarantine } = options;
  const server = createServer(tls);
  server.setErrorHandler((error: Error & { validation?: unknown; statusCode?: number }, request, reply) => {
    const { status, body } = answerTo(error);
    if (status >= 500) logger.error({ url: request.url, error: describeError(error) }, 'API request failed');
    return reply.status(status).send(body);
  });
  server.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ code: 'SP_USAGE', message: `There is no ${request.method} ${request.url} here.` }),
  );
  const context: ApiContext = {
    ...options,
    subjectOf: ({ authorization = '' }) => {
      const [, token] = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization) ?? [];
      if (token === undefined) {
        throw new SallyportError('SP_AUTH_FAILED', 'Show a token: Authorization: Bearer spt_…');
      }
      const subject = subjects.authenticateToken(token);
      quarantine.requireFree(subject.id);
      return subject;
    },
  };
  await server.register(swagger, { openapi: openApi(options.version) });
  await server.register(async (routes) => {
    approvalRoutes(routes, context);
    indexRoutes(routes, context);
    subjectRoutes(routes, context);
    notificationRoutes(routes, context);
    await Promise.resolve();
  });
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
  server.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok' }));
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    throw new SallyportError('SP_CONFIG_INVALID', `The API cannot listen on ${host}:${port}: ${describeError(cause)}`, {
      cause,
    });
  }
  const bound = server.server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${bound.port}`,
    document: () => server.swagger(),
    close: () => server.close(),
  };
}

function createServer(tls: ApiOptions['tls']): FastifyInstance {
  const options = {
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    // Told apart from mistakes: a name that a body or query may not have is an error, and nothing is converted silently.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', useDefaults: true } },
    forceCloseConnections: true,
  } satisfies FastifyServerOptions;
  // fastify's types tell servers with TLS and without apart; nothing here does.
  return tls === undefined ? fastify(options) : fastify({ ...options, https: { ...tls, minVersion: 'TLSv1.2' } });
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  SP_USAGE: 400,
  SP_AUTH_FAILED: 401,
  SP_APPROVAL_FORBIDDEN: 403,
  SP_APPROVAL_UNKNOWN: 404,
  SP_APPROVAL_CLOSED: 409,
  SP_APPROVAL_UNSEEN: 422,
  SP_SUBJECT_QUARANTINED: 403,
  SP_SUBJECT_FORBIDDEN: 403,
  SP_SUBJECT_UNKNOWN: 404,
  SP_NOTIFICATION_UNKNOWN: 404,
  SP_NOTIFICATION_SENT: 409,
  SP_STORE_UNAVAILABLE: 503,
};

function answerTo(error: Error & { validation?: unknown; statusCode?: number }): { status: number; body: object } {
  if (error instanceof SallyportError) {
    const { code, message, help } = error;
    const status = STATUS[code] ?? 500;
    return { status, body: { code, message, ...(help === undefined ? {} : { help }) } };
  }
  // What fastify itself refuses: a body that is no JSON, or that its schema does not allow.
  const { statusCode } = error;
  if (statusCode !== undefined && statusCode < 500) {
    return { status: statusCode, body: { code: 'SP_USAGE', message: error.message } };
  }
  return { status: 500, body: { code: 'SP_INTERNAL', message: 'The request could not be answered.' } };
}

function openApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport gateway',
      description: 'Requests for approval, grants, subjects, notifications, and the index of sessions and commands.',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
  };
}
