import type { ProtocolLimits } from './protocol.ts';

/** Bounds of the relay. Counts and milliseconds. */
export interface RelayLimits {
  /** Sessions open at once, over all listeners. */
  readonly connections: number;
  /** From the first byte until the client is let in and the target answers. */
  readonly handshakeMs: number;
  /** Longest wait for the target's TCP connection. */
  readonly connectMs: number;
  /** Longest wait for the next bytes of a message that has begun. */
  readonly heldMs: number;
  /** Longest time without a word from a client that has nothing under way. */
  readonly idleMs: number;
  /** Longest wait for running work at shutdown. */
  readonly drainMs: number;
  /** Longest wait for a peer to close its side. */
  readonly closeMs: number;
}

export type GatewayLimits = RelayLimits & ProtocolLimits;

export const defaultLimits: GatewayLimits = {
  connections: 1_000,
  handshakeMs: 30_000,
  connectMs: 10_000,
  heldMs: 60_000,
  idleMs: 8 * 3_600_000,
  drainMs: 30_000,
  closeMs: 2_000,
  // A COPY chunk or a bound value may be large; the text of a statement may not.
  frameBytes: 64 * 1024 * 1024,
  statementBytes: 256 * 1024,
  pipelinedMessages: 10_000,
  preparedStatements: 10_000,
  stopMs: 5_000,
};
