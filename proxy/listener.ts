import { createServer, type Server, type Socket } from 'node:net';
import { SallyportError } from '../engine/errors.ts';
import { describeError, type Logger } from './log.ts';
import type { Protocol } from './protocol.ts';
import type { ListenerResources } from './sessions.ts';
import { KEEP_ALIVE_MS } from './sockets/dial.ts';
import type { ClientTls } from './sockets/tls.ts';

/** Where clients come in. */
export interface ListenerOptions {
  readonly name: string;
  readonly protocol: Protocol;
  /** Address to bind: `127.0.0.1`, `::`, … */
  readonly host: string;
  /** 0 asks the system for a free one. */
  readonly port: number;
  readonly resources: ListenerResources;
  readonly tls?: ClientTls;
  /** Sessions open at once through this listener. Default: the gateway's limit. */
  readonly connections?: number;
}

/** A listener that is bound. */
export interface BoundListener {
  readonly name: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

export interface Listening {
  readonly bound: BoundListener;
  /** Accepts no more; sockets that were accepted go on. */
  close(): void;
}

/**
 * Binds a listener.
 *
 * @throws SallyportError SP_CONFIG_INVALID when the address cannot be bound
 */
export async function listen(
  options: ListenerOptions,
  accept: (socket: Socket) => void,
  logger: Logger,
): Promise<Listening> {
  const { name, protocol, host } = options;
  // allowHalfOpen: a client that has said all it wants may still wait for the answer.
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
    accept,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new SallyportError('SP_CONFIG_INVALID', `Listener ${name} cannot bind ${host}:${options.port}.`, {
          help: describeError(error),
          cause: error,
        }),
      );
    });
    server.listen({ host, port: options.port }, resolve);
  });
  server.removeAllListeners('error');
  // Out of file descriptors, for one: this connection is lost, the listener goes on.
  server.on('error', (error) => {
    logger.error({ listener: name, error: describeError(error) }, 'listener failed');
  });
  return {
    bound: { name, protocol: protocol.name, host, port: portOf(server) },
    close: () => void server.close(),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has a port');
  return address.port;
}
