import type { Dialect } from '../../../engine/dialect.ts';
import type { Protocol } from '../../protocol.ts';
import { CancelKeys } from './cancel-keys.ts';
import { PostgresSession } from './session.ts';

export interface PostgresProtocolOptions {
  /** Parses what clients of this protocol send: PostgreSQL's SQL. */
  readonly dialect: Dialect;
}

/**
 * PostgreSQL's frontend/backend protocol 3.0, without I/O. One instance serves one listener or several: a cancel request
 * is honoured by the instance that handed out its key.
 */
export function createPostgresProtocol({ dialect }: PostgresProtocolOptions): Protocol {
  const cancelKeys = new CancelKeys();
  return {
    name: 'postgres',
    createSession: (host) => new PostgresSession({ host, dialect, cancelKeys }),
  };
}
