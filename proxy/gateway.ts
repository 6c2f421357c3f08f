import type { Socket } from 'node:net';
import type { Subject } from '../engine/contract.ts';
import { SallyportError } from '../engine/errors.ts';
import { checkIntervalMs } from './deadlines.ts';
import type { GatewayLimits } from './limits.ts';
import { listen, type BoundListener, type Listening, type ListenerOptions } from './listener.ts';
import { Relay } from './relay.ts';
import type { Admission } from './quarantine/quarantine-service.ts';
import { openSession, type SessionServices } from './sessions.ts';

export interface GatewayOptions extends SessionServices {
  readonly listeners: readonly ListenerOptions[];
  readonly limits: GatewayLimits;
  /** Who keeps subjects out. Absent: nobody. */
  readonly admission?: Admission;
}

/** A running gateway: its listeners and the sessions behind them. */
export interface Gateway {
  readonly listeners: readonly BoundListener[];
  /** Sessions that are open now. */
  readonly sessions: number;
  /**
   * Orderly end: accepts no more, ends idle sessions at once and busy ones when their work is answered, and those that
   * are still busy after `limits.drainMs` with SP_SHUTTING_DOWN. Resolves when all are gone.
   */
  shutdown(): Promise<void>;
  /** Ends everything at once; `shutdown` under way resolves. Recordings are still sealed. */
  stop(): void;
  /** Ends the sessions of subjects that may no longer be here, with `error` in the protocol's own words. */
  endSessions(of: (subject: Subject) => boolean, error: SallyportError): void;
}

/**
 * Connections beyond the limit that may still say why they came: they are told of the limit in their protocol's own
 * words, and a cancel request, which comes over a connection of its own, gets through when it is needed most.
 */
const RESERVE = 64;

/**
 * Binds all listeners, or none.
 *
 * @throws SallyportError SP_CONFIG_INVALID when an address cannot be bound
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { limits, logger, admission } = options;
  const relays = new Set<Relay>();
  const listening: Listening[] = [];
  let whenEmpty: (() => void) | undefined;
  let closing = false;

  const now = (): number => performance.now();
  const deadlines = setInterval(() => {
    const at = now();
    for (const relay of relays) relay.check(at);
  }, checkIntervalMs(limits)).unref();

  function openCount(own: ReadonlySet<Relay>): number {
    let count = 0;
    for (const relay of own) if (relay.opened) count += 1;
    return count;
  }

  /** Makes the function that takes a listener's connections. */
  function acceptor(listener: ListenerOptions): (socket: Socket) => void {
    const own = new Set<Relay>();
    const most = Math.min(listener.connections ?? limits.connections, limits.connections);
    const requireRoom = (): void => {
      if (closing) throw new SallyportError('SP_SHUTTING_DOWN');
      if (openCount(relays) >= limits.connections || openCount(own) >= most) {
        throw new SallyportError('SP_LIMIT_CONNECTIONS');
      }
    };
    return (socket) => {
      if (closing || relays.size >= limits.connections + RESERVE || own.size >= most + RESERVE) {
        socket.destroy();
        return;
      }
      const relay = new Relay(
        {
          client: socket,
          protocol: listener.protocol,
          limits,
          tls: listener.tls,
          admit: async ({ user, token }) => {
            requireRoom();
            if (admission !== undefined) await admission.admit(options.subjects.authenticate(user, token).id);
          },
          open: (request, from) => {
            requireRoom();
            // Word of it may have come while the store was asked.
            admission?.requireFree(request.user);
            return openSession(options, listener.resources, request, from);
          },
          closed: (gone) => {
            relays.delete(gone);
            own.delete(gone);
            if (relays.size === 0) whenEmpty?.();
          },
          logger,
        },
        now(),
      );
      relays.add(relay);
      own.add(relay);
    };
  }

  try {
    for (const listener of options.listeners) listening.push(await listen(listener, acceptor(listener), logger));
  } catch (error) {
    clearInterval(deadlines);
    for (const one of listening) one.close();
    throw error;
  }

  const endSessions = (of: (subject: Subject) => boolean, error: SallyportError): void => {
    for (const relay of relays) if (relay.subject !== undefined && of(relay.subject)) relay.fail(error);
  };
  admission?.onBarred((subject, error) => {
    endSessions(({ id }) => id === subject, error);
  });

  let ending: Promise<void> | undefined;
  async function shutdown(): Promise<void> {
    closing = true;
    for (const one of listening) one.close();
    const empty = new Promise<void>((resolve) => {
      whenEmpty = resolve;
      if (relays.size === 0) resolve();
    });
    for (const relay of relays) relay.drain();
    const late = setTimeout(() => {
      for (const relay of relays) relay.fail(new SallyportError('SP_SHUTTING_DOWN'));
    }, limits.drainMs);
    await empty;
    clearTimeout(late);
    clearInterval(deadlines);
    await options.catalogues?.close();
  }

  return {
    listeners: listening.map(({ bound }) => bound),
    get sessions() {
      return openCount(relays);
    },
    shutdown: () => (ending ??= shutdown()),
    stop() {
      closing = true;
      for (const one of listening) one.close();
      clearInterval(deadlines);
      for (const relay of relays) relay.stop('gateway stopped');
      void options.catalogues?.close();
    },
    endSessions,
  };
}
