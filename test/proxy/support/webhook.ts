import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message that came in. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a receiver answers a message: a status, with headers; undefined: never. */
export type Answer = (
  message: Received,
  number: number,
) => { status: number; headers?: Record<string, string>; body?: string } | undefined;

/** Somebody who is told, on a port of the loopback. */
export interface Webhook {
  readonly url: string;
  readonly port: number;
  /** Everything that came in, also what was answered with an error. */
  readonly received: readonly Received[];
  forget(): void;
  /** From now on. */
  answer(how: Answer): void;
  /** Takes no more connections, as if it were not there. */
  down(): Promise<void>;
  /** Is there again, on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a receiver that takes everything, until it is told otherwise. */
export async function startWebhook(): Promise<Webhook> {
  const received: Received[] = [];
  let answer: Answer = () => ({ status: 204 });
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const message = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() };
      received.push(message);
      const how = answer(message, received.length);
      if (how === undefined) return;
      response.writeHead(how.status, how.headers);
      response.end(how.body);
    });
  };
  let server = await listen(listener, 0);
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    forget() {
      received.length = 0;
    },
    answer(how) {
      answer = how;
    },
    down: stop,
    async up() {
      server = await listen(listener, port);
    },
    close: stop,
  };
}

function listen(listener: RequestListener, port: number): Promise<Server> {
  const server = createServer(listener);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}
