import type { ErrorCode, SallyportError } from '../engine/errors.ts';
import type { Command, Decision, Diagnostic, Parameter, Session } from '../engine/contract.ts';
import type { ParseResult } from '../engine/dialect.ts';
import type { CommandLineage } from '../engine/lineage.ts';
import type { CatalogueView } from './catalogue/view.ts';
import type { StatementLimits, StatementQuantity } from './limits/statement-limits.ts';
import type { MaskPlan, MaskWay } from './masking/plan.ts';
import type { KeyedHash } from './masking/ways/keyed-hash.ts';

/**
 * The seam between wire formats and the gateway. A protocol does no I/O: it is handed bytes and asks its host to send,
 * to secure, to connect and to judge. The relay is the host in production; tests play the host by hand.
 */
export interface Protocol {
  /** As in `resource.protocol`. */
  readonly name: string;
  createSession(host: SessionHost): ProtocolSession;
}

/** One client connection, from its first byte. All methods are called from one thread, never re-entrantly. */
export interface ProtocolSession {
  /** A chunk from the client; the callee owns it. */
  clientData(chunk: Buffer): void;
  /** The TLS handshake asked for by `host.secureClient()` is done. */
  clientSecured(): void;
  /** The connection asked for by `host.connectTarget()` stands. */
  targetConnected(): void;
  targetSecured(): void;
  targetData(chunk: Buffer): void;
  /** The client is gone: say goodbye to the target. */
  clientClosed(): void;
  /** The target is gone, or could not be reached: tell the client. */
  targetClosed(error?: SallyportError): void;
  /** Asks for an orderly end: now if `idle`, else when the running work is answered; then `host.end`. */
  drain(reason: SallyportError): void;
  /**
   * Tells the client, in the protocol's own words, that the session ends, then `host.end`: at once, or where the client
   * has a part of a message, when the rest of it is there.
   */
  fail(error: SallyportError): void;
  /** No work of the client is under way. */
  readonly idle: boolean;
  /** Bytes of a message that is not whole yet are held; the relay bounds how long that may last. Absent: never. */
  readonly holding?: boolean;
}

/** The values in force of the session's state that the protocol knows; the gate adds id, effects and counters. */
export type SessionState = Omit<Session, 'id' | 'effects' | 'counters'>;

/** What a client says of itself when it opens a session. */
export interface SessionRequest {
  readonly user: string;
  /** The secret that it showed; never recorded or logged. */
  readonly token: string;
  /** The database (or the like) that it asked for. */
  readonly database?: string;
  readonly application?: string;
  /** The state that the session would begin with, for policies to see when it opens. Absent: the protocol keeps none. */
  readonly stateAt?: (target: TargetAccess) => SessionState;
  /** What stands against settings that a policy gives the session. Absent: sessions cannot be given any. */
  readonly checkSettings?: (settings: SessionSettings) => Pick<Refusal, 'code' | 'message' | 'hint'> | undefined;
}

/** Settings by name in lower case, as the target's protocol names them. */
export type SessionSettings = Readonly<Record<string, string>>;

/** The gateway's own way into a target. */
export interface TargetAccess {
  readonly user: string;
  readonly password?: string;
  readonly database?: string;
  readonly tls: 'disable' | 'prefer' | 'require';
}

/** A session that was let in. */
export interface OpenedSession {
  readonly gate: GateSession;
  readonly target: TargetAccess;
  /** What the policy gives the session, whatever the client asks for. */
  readonly settings: SessionSettings;
  /** What the target's database holds, for dialects that follow values. Absent: nobody reads it. */
  readonly catalogue?: CatalogueView;
  /** What values are masked with. Absent: nothing can be masked. */
  readonly maskKey?: KeyedHash;
}

/** What a protocol may ask of the gateway. */
export interface SessionHost {
  readonly limits: ProtocolLimits;
  /** Whether the client's side is encrypted now, and whether it may be (a certificate is configured). */
  readonly clientTls: { readonly active: boolean; readonly available: boolean; readonly required: boolean };
  sendClient(bytes: Uint8Array): void;
  sendTarget(bytes: Uint8Array): void;
  /** Starts TLS on the client's socket; bytes sent before are flushed in the clear first. `clientSecured` follows. */
  secureClient(): void;
  /** Starts TLS towards the target; `targetSecured` follows. */
  secureTarget(): void;
  /** Authenticates the client and finds the resource. Rejects with a SallyportError (SP_AUTH_FAILED, SP_RESOURCE_UNKNOWN, …). */
  openSession(request: SessionRequest): Promise<OpenedSession>;
  /** Opens the connection to the opened session's target; `targetConnected` or `targetClosed` follows. */
  connectTarget(): void;
  /**
   * Sends bytes to the target over a connection of their own, made for them and closed after them (cancel requests).
   * `closed` is called once, in any case: with `true` when the target has taken them and closed that connection, with
   * `false` when nobody knows what became of them.
   */
  sendOutOfBand(bytes: Uint8Array, closed?: (taken: boolean) => void): void;
  /** Calls `step` once, in so many milliseconds, unless the session has ended. @returns the way to call it off */
  after(milliseconds: number, step: () => void): () => void;
  /** Stops reading from the client until `resumeClient` (a command is held). */
  pauseClient(): void;
  resumeClient(): void;
  /** Ends the session: flushes what was sent, closes both sides, seals the recording. Idempotent. */
  end(reason: string, error?: SallyportError): void;
}

/** Every length, count and wait has a bound. Bytes and milliseconds. */
export interface ProtocolLimits {
  /** Longest message from a client. */
  readonly frameBytes: number;
  /** Longest statement text. */
  readonly statementBytes: number;
  /** Messages sent but not yet answered by the target, in one pipeline. */
  readonly pipelinedMessages: number;
  /** Prepared statements and portals that one session may keep. */
  readonly preparedStatements: number;
  /** Longest wait for a target to end a statement that has reached a limit of the policy's. */
  readonly stopMs: number;
}

/** What the gate needs to judge one message: all of its commands stand or fall together. */
export interface JudgeRequest {
  readonly parsed: ParseResult;
  /** The session's state as command `index` will find it. */
  stateBefore(index: number): SessionState;
  readonly parameters?: readonly Parameter[];
  /** The message only plans the commands (Parse): nothing runs before another request, with the parameters, is released. */
  readonly prepare?: boolean;
  /** The limits that the protocol holds the commands to while they run. Absent: none, so what they limit is refused. */
  readonly holdsTo?: readonly StatementQuantity[];
  /**
   * By index of the command, where its values come from, which the protocol can mask. Absent: nobody followed them, so
   * what is to be masked is refused.
   */
  readonly lineage?: readonly CommandLineage[];
  /** The protocol refuses the message itself, whatever the policy says: the commands are recorded and never released. */
  readonly refused?: Pick<Refusal, 'code' | 'message' | 'hint'>;
  /** Tells the client something while the message is held, where the protocol has a way to. */
  readonly tell?: (notice: Notice) => void;
}

/** A word to a client that waits. */
export interface Notice {
  readonly message: string;
  readonly detail?: string;
  /** What to do next. */
  readonly hint?: string;
}

/** A message that people decide about. The protocol keeps everything behind it until `verdict` settles. */
export interface HeldVerdict {
  /** Never rejects. */
  readonly held: Promise<Verdict>;
  /** The client no longer wants it. `held` settles all the same. */
  withdraw(): void;
}

export interface Verdict {
  readonly released: boolean;
  /** seq of the recorded command events, in order. */
  readonly events: readonly number[];
  /** What the protocol must hold each released command to, by its index. Absent: nothing. */
  readonly limits?: readonly (StatementLimits | undefined)[];
  /** How each released command's rows and texts are masked, by its index. Absent: not at all. */
  readonly masks?: readonly (MaskPlan | undefined)[];
  /** Present when not released. */
  readonly refusal?: Refusal;
  /** The policy ends the session with this refusal. */
  readonly terminate: boolean;
}

/** Why a message was not released, ready for the protocol's own error. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The rule's own words. */
  readonly message: string;
  /** Decision id, rules, revision. */
  readonly detail: string;
  /** What to do next. */
  readonly hint?: string;
  readonly decision?: Decision;
  readonly command?: Command;
  /** The dialect's finding, where the statement did not parse: spans point into the statement. */
  readonly diagnostic?: Diagnostic;
}

/** How the target answered released commands. */
export interface CommandResult {
  readonly events: readonly number[];
  readonly status: 'ok' | 'error' | 'cancelled';
  readonly tag?: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly code?: string;
  readonly message?: string;
  readonly durationMs?: number;
  /** Absent: nothing was. */
  readonly masked?: MaskedResult;
}

/** What of a result was masked; never a value. */
export interface MaskedResult {
  /** Columns in order, as the target named them. */
  readonly columns: readonly { readonly name: string; readonly with: MaskWay }[];
  /** How many values each detector has found. */
  readonly detected: Readonly<Record<string, number>>;
}

/** The gate (PEP) as one session sees it. */
export interface GateSession {
  /** Changes when another bundle is put in force: judge again what was judged before. */
  readonly revision: string;
  /** The policies in force can mask, or read where values come from: `judge` wants the lineage of commands. */
  readonly wantsLineage: boolean;
  /**
   * Judges and records one message's commands. Synchronous, so that nothing can come between decision and release,
   * unless the message is held. Never throws and never rejects: a failure to judge or to record is a refusal.
   */
  judge(request: JudgeRequest): Verdict | HeldVerdict;
  recordResult(result: CommandResult): void;
  recordError(code: ErrorCode, message: string): void;
}
