import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';
import { startGateway, type Gateway, type GatewayOptions } from '../../../proxy/gateway.ts';
import { createSubjectStore } from '../../../proxy/identity/subjects.ts';
import { hashToken } from '../../../proxy/identity/tokens.ts';
import { defaultLimits, type GatewayLimits } from '../../../proxy/limits.ts';
import { LimitKeeper } from '../../../proxy/limits/limit-keeper.ts';
import { createFulfillers } from '../../../proxy/obligations.ts';
import { createRecorder } from '../../../proxy/recorder/recorder.ts';
import type { Protocol } from '../../../proxy/protocol.ts';
import type { GatewayTarget, ListenerResources } from '../../../proxy/sessions.ts';
import type { ClientTls } from '../../../proxy/sockets/tls.ts';
import { ada, memoryLogger, policy, shop, temporaryDirectory, type FakePolicy } from './fixtures.ts';
import { lineProtocol } from './line-protocol.ts';

export const TOKEN = 'spt_test';

/** A server on a free loopback port, closed with the test. */
export async function serverOf(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A target that sends back what it gets. */
export function echoTarget(): Promise<number> {
  return serverOf((socket) => socket.pipe(socket));
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly recordings: string;
  readonly logger: ReturnType<typeof memoryLogger>;
  readonly connect: () => LineClient;
}

export interface TestGatewayOptions {
  readonly target: number;
  /** Default: the line protocol. */
  readonly protocol?: Protocol;
  readonly policy?: FakePolicy;
  readonly limits?: Partial<GatewayLimits>;
  readonly resources?: (target: GatewayTarget) => ListenerResources;
  readonly tls?: ClientTls;
  readonly connections?: number;
  readonly more?: Partial<GatewayOptions>;
}

/** A gateway that speaks the line protocol, stopped with the test. */
export async function lineGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const recordings = temporaryDirectory();
  const logger = memoryLogger();
  const recorder = createRecorder({ directory: recordings, logger });
  const limitKeeper = new LimitKeeper();
  const target: GatewayTarget = { host: '127.0.0.1', port: options.target, user: 'u', tls: { mode: 'disable' } };
  const gateway = await startGateway({
    listeners: [
      {
        name: 'line',
        protocol: options.protocol ?? lineProtocol,
        host: '127.0.0.1',
        port: 0,
        resources: options.resources?.(target) ?? { one: { resource: shop, target } },
        ...(options.tls === undefined ? {} : { tls: options.tls }),
        ...(options.connections === undefined ? {} : { connections: options.connections }),
      },
    ],
    limits: { ...defaultLimits, closeMs: 200, ...options.limits },
    subjects: createSubjectStore([{ subject: ada, tokens: [{ sha256: hashToken(TOKEN) }] }]),
    policy: options.policy ?? policy(),
    recorder,
    limitKeeper,
    fulfillers: createFulfillers({ logger, limits: limitKeeper }),
    audit: 'required',
    logger,
    version: 'test',
    ...options.more,
  });
  onTestFinished(() => {
    gateway.stop();
    recorder.close();
  });
  const port = gateway.listeners[0]?.port ?? 0;
  return { gateway, port, recordings, logger, connect: () => new LineClient(connect({ port, host: '127.0.0.1' })) };
}

/** A client that waits for lines. */
export class LineClient {
  socket: Socket;
  #text = '';
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#listen(socket);
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('utf8');
      this.#wake?.();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  send(...lines: readonly string[]): this {
    this.socket.write(lines.map((line) => `${line}\n`).join(''));
    return this;
  }

  /** Says who it is, and waits until it is let in. */
  async hello(database?: string): Promise<string> {
    this.send(`HELLO ada ${TOKEN}${database === undefined ? '' : ` ${database}`}`);
    return this.line();
  }

  /** The next line, or `CLOSED`. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#closed) return 'CLOSED';
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines;
  }

  /** Starts TLS on the connection. */
  async secure(ca: string): Promise<void> {
    const plain = this.socket;
    plain.removeAllListeners();
    const secure = connectTls({ socket: plain, ca, servername: 'localhost' });
    this.socket = secure;
    this.#listen(secure);
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve);
      secure.once('error', reject);
    });
  }
}
