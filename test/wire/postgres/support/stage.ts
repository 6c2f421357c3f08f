import { serialize } from 'pg-protocol';
import type { Dialect } from '../../../../engine/dialect.ts';
import type { SallyportError } from '../../../../engine/errors.ts';
import type {
  OpenedSession,
  ProtocolLimits,
  ProtocolSession,
  Protocol,
  SessionHost,
  SessionRequest,
  TargetAccess,
} from '../../../../proxy/protocol.ts';
import { createPostgresProtocol } from '../../../../proxy/protocols/postgres/index.ts';
import { GREETING, int32, text } from './backend.ts';
import { RecordingGate } from './recording-gate.ts';
import { toyDialect } from './toy-dialect.ts';

export const LIMITS: ProtocolLimits = {
  frameBytes: 1024 * 1024,
  statementBytes: 64 * 1024,
  pipelinedMessages: 1_000,
  preparedStatements: 100,
  stopMs: 5_000,
};

export interface StageOptions {
  readonly gate?: RecordingGate;
  readonly dialect?: Dialect;
  readonly protocol?: Protocol;
  readonly limits?: Partial<ProtocolLimits>;
  readonly access?: Partial<TargetAccess>;
  readonly tls?: Partial<SessionHost['clientTls']>;
  readonly openSession?: (request: SessionRequest) => Promise<OpenedSession>;
  /** What the policy gives the session. */
  readonly settings?: OpenedSession['settings'];
}

/** Plays the host of one session by hand and keeps what the session asks for. */
export class Stage implements SessionHost {
  readonly limits: ProtocolLimits;
  readonly clientTls: { active: boolean; available: boolean; required: boolean };
  readonly gate: RecordingGate;
  readonly session: ProtocolSession;
  readonly calls: string[] = [];
  readonly outOfBand: Buffer[] = [];
  request: SessionRequest | undefined = undefined;
  ended: { reason: string; error: SallyportError | undefined } | undefined = undefined;
  paused = false;
  readonly #open: (request: SessionRequest) => Promise<OpenedSession>;
  #toClient: Uint8Array[] = [];
  #toTarget: Uint8Array[] = [];
  #closers: ((taken: boolean) => void)[] = [];
  #timers: { readonly at: number; readonly step: () => void }[] = [];
  #now = 0;

  constructor(options: StageOptions = {}) {
    this.limits = { ...LIMITS, ...options.limits };
    this.clientTls = { active: false, available: false, required: false, ...options.tls };
    this.gate = options.gate ?? new RecordingGate();
    const target: TargetAccess = { user: 'app', password: 'secret', tls: 'disable', ...options.access };
    this.#open =
      options.openSession ?? (() => Promise.resolve({ gate: this.gate, target, settings: options.settings ?? {} }));
    const protocol = options.protocol ?? createPostgresProtocol({ dialect: options.dialect ?? toyDialect });
    this.session = protocol.createSession(this);
  }

  sendClient(bytes: Uint8Array): void {
    if (this.ended === undefined) this.#toClient.push(bytes);
  }

  sendTarget(bytes: Uint8Array): void {
    if (this.ended === undefined) this.#toTarget.push(bytes);
  }

  secureClient(): void {
    this.calls.push('secureClient');
  }

  secureTarget(): void {
    this.calls.push('secureTarget');
  }

  openSession(request: SessionRequest): Promise<OpenedSession> {
    this.request = request;
    return this.#open(request);
  }

  connectTarget(): void {
    this.calls.push('connectTarget');
  }

  sendOutOfBand(bytes: Uint8Array, closed?: (taken: boolean) => void): void {
    this.outOfBand.push(Buffer.from(bytes));
    if (closed !== undefined) this.#closers.push(closed);
  }

  /** The target closes the connections that messages went out of band over. */
  closeOutOfBand(taken = true): void {
    for (const closed of this.#closers.splice(0)) closed(taken);
  }

  after(milliseconds: number, step: () => void): () => void {
    const timer = { at: this.#now + milliseconds, step };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that are set, in milliseconds from now. */
  get timers(): number[] {
    return this.#timers.map(({ at }) => at - this.#now);
  }

  /** Lets time pass. */
  pass(milliseconds: number): this {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { step } of due) step();
    return this;
  }

  pauseClient(): void {
    this.paused = true;
  }

  resumeClient(): void {
    this.paused = false;
  }

  end(reason: string, error?: SallyportError): void {
    this.ended ??= { reason, error };
  }

  /** What went to the client since the last call. */
  takeClient(): Buffer {
    const bytes = Buffer.concat(this.#toClient);
    this.#toClient = [];
    return bytes;
  }

  /** What went to the target since the last call. */
  takeTarget(): Buffer {
    const bytes = Buffer.concat(this.#toTarget);
    this.#toTarget = [];
    return bytes;
  }

  client(...chunks: Uint8Array[]): this {
    // A copy: the session owns its chunks, and must not rely on what lies around them.
    for (const chunk of chunks) this.session.clientData(Buffer.from(chunk));
    return this;
  }

  target(...chunks: Uint8Array[]): this {
    for (const chunk of chunks) this.session.targetData(Buffer.from(chunk));
    return this;
  }

  /** Lets the client in and the target greet; what was exchanged until then is forgotten. */
  async login(parameters: Record<string, string> = {}, greeting: Uint8Array = GREETING): Promise<this> {
    this.client(startupPacket({ user: 'agent', database: 'shop', ...parameters }), serialize.password('token'));
    await settled();
    if (!this.calls.includes('connectTarget')) return this;
    this.session.targetConnected();
    this.target(greeting);
    await settled();
    this.takeClient();
    this.takeTarget();
    return this;
  }
}

/** A startup packet of protocol 3.`minor`. */
export function startupPacket(parameters: Record<string, string>, minor = 0): Buffer {
  const fields = Object.entries(parameters).flatMap(([name, value]) => [text(name), text(value)]);
  const body = Buffer.concat([int32((3 << 16) + minor), ...fields, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** Runs the promises that are due. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
