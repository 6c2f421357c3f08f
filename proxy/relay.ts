import type { Socket } from 'node:net';
import { SallyportError } from '../engine/errors.ts';
import { Deadlines } from './deadlines.ts';
import type { GatewayLimits } from './limits.ts';
import { describeError, type Logger } from './log.ts';
import type { OpenedSession, Protocol, ProtocolSession, SessionHost, SessionRequest } from './protocol.ts';
import type { LiveSession } from './sessions.ts';
import { dial } from './sockets/dial.ts';
import { Endpoint, ReadGate } from './sockets/endpoint.ts';
import { secureAccepted, secureTarget, type ClientTls } from './sockets/tls.ts';

export interface RelayOptions {
  readonly client: Socket;
  readonly protocol: Protocol;
  readonly limits: GatewayLimits;
  readonly tls: ClientTls | undefined;
  /** What is to be asked before. @throws SallyportError when the client is not let in */
  readonly admit?: (request: SessionRequest) => Promise<void>;
  /** Lets the client in. @throws SallyportError when it is not */
  readonly open: (request: SessionRequest, from: { address: string; tls: boolean }) => LiveSession;
  /** Both sockets are closed. */
  readonly closed: (relay: Relay) => void;
  readonly logger: Logger;
}

/** Reasons for not reading from a socket. */
const HELD = 1;
const OTHER_SIDE_FULL = 2;
const OWN_SIDE_FULL = 4;

/**
 * One client's connection: carries bytes between the sockets and the protocol, which does no I/O itself. Reads only as
 * fast as the other side takes, so that what is held in memory stays small whatever the peers do.
 */
export class Relay implements SessionHost {
  readonly limits: GatewayLimits;
  readonly clientTls: { active: boolean; readonly available: boolean; readonly required: boolean };
  readonly #options: RelayOptions;
  readonly #address: string;
  readonly #session: ProtocolSession;
  readonly #client: Endpoint;
  readonly #clientReads = new ReadGate();
  readonly #targetReads = new ReadGate();
  #target: Endpoint | undefined;
  #live: LiveSession | undefined;
  #working = false;
  #flushSoon = false;
  #clientGone = false;
  #targetGone = false;
  readonly #deadlines: Deadlines;
  #clientLeaving = false;
  #targetLeaving = false;
  #ended = false;
  #destroyed = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #failTimer: NodeJS.Timeout | undefined;

  /** `now` as for `check`. */
  constructor(options: RelayOptions, now: number) {
    const { client, protocol, limits, tls } = options;
    this.#options = options;
    this.limits = limits;
    this.#deadlines = new Deadlines(limits, now);
    this.#address = client.remoteAddress ?? '';
    this.clientTls = { active: false, available: tls !== undefined, required: tls?.required ?? false };
    this.#client = new Endpoint(client);
    this.#listenToClient(client);
    this.#session = protocol.createSession(this);
  }

  get subject(): LiveSession['subject'] | undefined {
    return this.#live?.subject;
  }

  get opened(): boolean {
    return this.#live !== undefined && !this.#ended;
  }

  // ---- what the protocol asks for

  sendClient(bytes: Uint8Array): void {
    this.#client.send(bytes);
    this.#flushLater();
  }

  sendTarget(bytes: Uint8Array): void {
    this.#target?.send(bytes);
    this.#flushLater();
  }

  secureClient(): void {
    const { tls } = this.#options;
    if (tls === undefined) throw new Error('secureClient without a certificate');
    this.#client.flush();
    const plain = this.#client.socket;
    const upgrade = (): void => {
      if (plain.destroyed) return;
      plain.removeAllListeners();
      const secure = secureAccepted(plain, tls, () => {
        this.clientTls.active = true;
        this.#work(() => {
          this.#session.clientSecured();
        });
      });
      // The TLS socket reports the plain one's errors and its end, but not an error of closing.
      plain.on('error', () => secure.destroy());
      this.#client.replace(secure);
      this.#listenToClient(secure);
      this.#clientReads.apply(secure);
    };
    // What was sent in the clear must be with the kernel before TLS takes the socket over.
    if (plain.writableLength === 0) upgrade();
    else plain.write('', upgrade);
  }

  secureTarget(): void {
    const target = this.#target;
    const live = this.#live;
    if (target === undefined || live === undefined) throw new Error('secureTarget without a target');
    target.flush();
    const plain = target.socket;
    plain.removeAllListeners();
    plain.on('error', (error) => {
      this.#targetFailed(error);
    });
    const secure = secureTarget(plain, live.target.host, live.target.tls, () => {
      this.#work(() => {
        this.#session.targetSecured();
      });
    });
    target.replace(secure);
    this.#listenToTarget(secure);
    this.#targetReads.apply(secure);
  }

  #mayOpen(): boolean {
    return !this.#ended && this.#live === undefined;
  }

  async openSession(request: SessionRequest): Promise<OpenedSession> {
    const { logger, admit, open } = this.#options;
    if (!this.#mayOpen()) throw new SallyportError('SP_PROTOCOL_VIOLATION');
    try {
      await admit?.(request);
      // From here on nothing comes between: a client that left in the meantime has no session to end.
      if (!this.#mayOpen()) throw new SallyportError('SP_CANCELLED', 'The client has left.');
      const live = open(request, { address: this.#address, tls: this.clientTls.active });
      this.#live = live;
      live.limits.whenOver((error) => {
        this.fail(error);
      });
      logger.info(
        { session: live.id, subject: live.subject.id, resource: live.resource.name, client: this.#address },
        'session opened',
      );
      const { gate, access, settings, catalogue, maskKey } = live;
      return { gate, target: access, settings, ...(catalogue && { catalogue }), ...(maskKey && { maskKey }) };
    } catch (error) {
      const refusal = error instanceof SallyportError ? error : new SallyportError('SP_CONFIG_INVALID');
      const why = describeError(refusal.cause ?? error);
      // What a client calls itself is its own text: bounded, and never the token.
      const user = request.user.slice(0, 64);
      logger.warn({ client: this.#address, user, code: refusal.code, why }, 'session refused');
      // A missing credential is the operator's business; its name is not for clients.
      throw refusal.code === 'SP_CONFIG_INVALID' ? new SallyportError('SP_TARGET_AUTH_FAILED') : refusal;
    }
  }

  connectTarget(): void {
    const live = this.#live;
    if (live === undefined || this.#target !== undefined) throw new Error('connectTarget out of turn');
    const socket = dial(live.target, this.limits.connectMs);
    socket.once('connect', () => {
      socket.setTimeout(0);
      this.#work(() => {
        this.#session.targetConnected();
      });
    });
    this.#target = new Endpoint(socket);
    this.#listenToTarget(socket);
  }

  sendOutOfBand(bytes: Uint8Array, closed?: (taken: boolean) => void): void {
    if (this.#live === undefined) return;
    let taken = false;
    const { logger } = this.#options;
    const { id } = this.#live;
    // The time-out stays: a target that does not close in time is left.
    const socket = dial(this.#live.target, this.limits.connectMs);
    socket.once('connect', () => socket.end(bytes));
    socket.once('end', () => (taken = true));
    socket.once('close', () => {
      if (closed === undefined) return;
      this.#work(() => {
        closed(taken);
      });
    });
    socket.resume();
    socket.on('error', (error) => {
      logger.warn({ session: id, error: describeError(error) }, 'message out of band failed');
    });
  }

  after(milliseconds: number, step: () => void): () => void {
    const timer = setTimeout(() => {
      this.#work(step);
    }, milliseconds).unref();
    return () => {
      clearTimeout(timer);
    };
  }

  pauseClient(): void {
    this.#clientReads.stop(this.#client.socket, HELD);
  }

  resumeClient(): void {
    this.#clientReads.go(this.#client.socket, HELD);
  }

  end(reason: string, error?: SallyportError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#failTimer);
    const { logger, limits } = this.#options;
    if (this.#live !== undefined) {
      if (error !== undefined) this.#live.gate.recordError(error.code, error.message);
      this.#live.gate.end(reason);
      this.#live.limits.leave();
      const { id, subject, resource } = this.#live;
      const failure = error === undefined ? {} : { code: error.code, error: error.message };
      logger.info({ session: id, subject: subject.id, resource: resource.name, reason, ...failure }, 'session ended');
    } else if (error !== undefined) {
      logger.warn({ client: this.#address, reason, code: error.code, error: error.message }, 'connection ended');
    }
    for (const endpoint of [this.#client, this.#target]) {
      if (endpoint === undefined) continue;
      endpoint.flush();
      endpoint.socket.end();
      // Reads on, so that the peer's own end is seen; what it still says is dropped.
      endpoint.socket.resume();
    }
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => {
      this.#destroy();
    }, limits.closeMs);
    if (this.#clientGone && (this.#target === undefined || this.#targetGone)) this.#destroy();
  }

  // ---- what the gateway asks for

  /** Ends the session when it is idle, or once it is. */
  drain(): void {
    this.#work(() => {
      this.#session.drain(new SallyportError('SP_SHUTTING_DOWN'));
    });
  }

  /** Tells the client why, in its protocol's words, and ends the session. */
  fail(error: SallyportError): void {
    if (this.#ended) return;
    this.#work(() => {
      this.#session.fail(error);
    });
    // A protocol may wait for the end of a message that the client has a part of; it does not get for ever.
    this.#failTimer ??= setTimeout(() => {
      this.end('failed', error);
    }, this.limits.closeMs).unref();
  }

  /** Ends the session at once, without a word. */
  stop(reason: string): void {
    this.end(reason);
    this.#destroy();
  }

  /** Called now and then: have the peers kept the client's deadlines? `now` in milliseconds, monotonic. */
  check(now: number): void {
    if (this.#ended) return;
    const late = this.#deadlines.expired(this.#session, now);
    if (late !== undefined)
      this.fail(new SallyportError('SP_LIMIT_TIME', `${late} took longer than the configured limit.`));
  }

  // ---- sockets

  #listenToClient(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#deadlines.heard();
      if (this.#ended) return;
      this.#working = true;
      try {
        this.#session.clientData(chunk);
      } catch (error) {
        this.#broken(error);
      }
      this.#working = false;
      this.#flush();
    });
    socket.on('drain', () => {
      this.#clientReads.go(this.#client.socket, OWN_SIDE_FULL);
      if (this.#target !== undefined) this.#targetReads.go(this.#target.socket, OTHER_SIDE_FULL);
    });
    socket.on('error', (error) => {
      this.#options.logger.debug({ session: this.#live?.id, error: describeError(error) }, 'client socket failed');
    });
    socket.on('end', () => {
      this.#clientLeft();
    });
    socket.on('close', () => {
      this.#clientLeft();
      this.#clientGone = true;
      this.#closedOne();
    });
  }

  #listenToTarget(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      if (this.#ended) return;
      this.#working = true;
      try {
        this.#session.targetData(chunk);
      } catch (error) {
        this.#broken(error);
      }
      this.#working = false;
      this.#flush();
      if (!this.#deadlines.established && this.#session.idle) this.#deadlines.establish();
    });
    socket.on('drain', () => {
      this.#clientReads.go(this.#client.socket, OTHER_SIDE_FULL);
    });
    socket.on('error', (error) => {
      this.#targetFailed(error);
    });
    socket.on('end', () => {
      this.#targetLeft(undefined);
    });
    socket.on('close', () => {
      this.#targetLeft(undefined);
      this.#targetGone = true;
      this.#closedOne();
    });
  }

  #clientLeft(): void {
    if (this.#clientLeaving || this.#ended) return;
    this.#clientLeaving = true;
    this.#work(() => {
      this.#session.clientClosed();
    });
    // The protocol may still want the target's answer; it does not get for ever.
    this.#closeTimer ??= setTimeout(() => {
      this.end('client closed');
      this.#destroy();
    }, this.limits.closeMs);
  }

  #targetFailed(error: Error): void {
    const connected = this.#deadlines.established
      ? 'The connection to the target broke'
      : 'The target could not be reached';
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
    this.#targetLeft(new SallyportError('SP_TARGET_UNREACHABLE', `${connected} (${code}).`, { cause: error }));
  }

  #targetLeft(error: SallyportError | undefined): void {
    if (this.#targetLeaving || this.#ended) return;
    this.#targetLeaving = true;
    if (error !== undefined) {
      this.#options.logger.warn({ session: this.#live?.id, error: describeError(error.cause) }, 'target lost');
    }
    this.#work(() => {
      this.#session.targetClosed(error);
    });
    this.end('target closed', error);
  }

  #closedOne(): void {
    if (!this.#clientGone) return;
    if (!this.#ended) this.end('client closed');
    if (this.#target === undefined || this.#targetGone) this.#destroy();
  }

  #destroy(): void {
    clearTimeout(this.#closeTimer);
    this.#client.socket.destroy();
    this.#target?.socket.destroy();
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#options.closed(this);
  }

  // ---- work and flushing

  #work(step: () => void): void {
    if (this.#ended) return;
    this.#working = true;
    try {
      step();
    } catch (error) {
      this.#broken(error);
    }
    this.#working = false;
    this.#flush();
  }

  /** A protocol never throws; if one does, nothing that it held can be trusted. */
  #broken(error: unknown): void {
    this.#options.logger.error({ session: this.#live?.id, error: describeError(error) }, 'protocol failed');
    this.end(
      'protocol failed',
      new SallyportError('SP_PROTOCOL_VIOLATION', 'The gateway could not follow the protocol.'),
    );
  }

  #flushLater(): void {
    if (this.#working || this.#flushSoon) return;
    this.#flushSoon = true;
    queueMicrotask(() => {
      this.#flushSoon = false;
      this.#flush();
    });
  }

  #flush(): void {
    const client = this.#client;
    const target = this.#target;
    if (!client.flush() && !this.#ended) {
      // The client makes the gateway answer faster than it reads: its own requests must wait as well.
      this.#clientReads.stop(client.socket, OWN_SIDE_FULL);
      if (target !== undefined) this.#targetReads.stop(target.socket, OTHER_SIDE_FULL);
    }
    if (target !== undefined && !target.flush() && !this.#ended) {
      this.#clientReads.stop(client.socket, OTHER_SIDE_FULL);
    }
  }
}
