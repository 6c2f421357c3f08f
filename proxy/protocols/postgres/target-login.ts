import { serialize } from 'pg-protocol';
import { SallyportError } from '../../../engine/errors.ts';
import type { SessionHost, TargetAccess } from '../../protocol.ts';
import { readUint32 } from './bytes.ts';
import type { CancelKey } from './cancel-keys.ts';
import { isFatal, readTargetError, type TargetError } from './error-fields.ts';
import { FROM_TARGET } from './message-types.ts';
import { TargetAuthentication } from './target-authentication.ts';

/** A session that the target let in. */
export interface Login {
  readonly key: CancelKey | undefined;
  /** The target's ParameterStatus, notice and ReadyForQuery messages, as they came. */
  readonly greeting: readonly Buffer[];
  readonly parameters: ReadonlyMap<string, string>;
  /** What came behind the first ReadyForQuery. */
  readonly rest: Buffer;
}

export interface LoginEvents {
  ready(login: Login): void;
  failed(error: SallyportError, target?: TargetError): void;
}

/** Longest message that a target sends while it lets the gateway in. */
const LOGIN_MESSAGE_BYTES = 1024 * 1024;

/** From the connection to the target's first ReadyForQuery, with the gateway's own credentials. */
export class TargetLogin {
  readonly #host: SessionHost;
  readonly #access: TargetAccess;
  readonly #startup: Buffer;
  readonly #events: LoginEvents;
  readonly #authentication: TargetAuthentication;
  #step: 'connecting' | 'negotiating' | 'securing' | 'messages' | 'done' = 'connecting';
  #bytes: Buffer = Buffer.alloc(0);
  #secured = false;
  #busy = false;
  #key: CancelKey | undefined = undefined;
  readonly #greeting: Buffer[] = [];
  readonly #parameters = new Map<string, string>();

  constructor(
    host: SessionHost,
    access: TargetAccess,
    database: string | undefined,
    parameters: Record<string, string>,
    events: LoginEvents,
  ) {
    this.#host = host;
    this.#access = access;
    this.#events = events;
    const name = access.database ?? database;
    this.#startup = serialize.startup({
      ...parameters,
      user: access.user,
      ...(name !== undefined && { database: name }),
    });
    this.#authentication = new TargetAuthentication(access, () => this.#secured || access.tls === 'disable');
  }

  targetConnected(): void {
    if (this.#access.tls === 'disable') {
      this.#begin();
      return;
    }
    this.#step = 'negotiating';
    this.#host.sendTarget(serialize.requestSsl());
  }

  targetSecured(): void {
    this.#secured = true;
    this.#begin();
  }

  targetData(chunk: Buffer): void {
    if (this.#step === 'done') return;
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    try {
      if (this.#step === 'negotiating') this.#negotiated();
      else if (this.#step === 'messages') this.#read();
      else throw violation('bytes before they were asked for');
    } catch (error) {
      this.#fail(error);
    }
  }

  #begin(): void {
    this.#step = 'messages';
    this.#host.sendTarget(this.#startup);
  }

  #negotiated(): void {
    const answer = this.#bytes[0];
    const single = this.#bytes.length === 1;
    this.#bytes = Buffer.alloc(0);
    if (answer === 0x53 && single) {
      this.#step = 'securing';
      this.#host.secureTarget();
    } else if (answer === 0x4e && single) {
      if (this.#access.tls === 'require') {
        throw new SallyportError(
          'SP_TARGET_UNREACHABLE',
          'The target does not offer TLS, which its resource requires.',
        );
      }
      this.#begin();
    } else {
      // More than one byte in the clear could be taken for a part of what TLS protects.
      throw violation('an answer to SSLRequest that is none');
    }
  }

  /** Reads messages as long as there are whole ones and no answer of ours is being made. */
  #read(): void {
    while (!this.#busy && this.#step === 'messages' && this.#bytes.length >= 5) {
      const total = readUint32(this.#bytes, 1) + 1;
      if (total < 5 || total > LOGIN_MESSAGE_BYTES) throw violation('a message of an impossible length');
      if (this.#bytes.length < total) return;
      const message = this.#bytes.subarray(0, total);
      this.#bytes = this.#bytes.subarray(total);
      this.#message(message);
    }
  }

  #message(message: Buffer): void {
    switch (message[0]) {
      case FROM_TARGET.authentication: {
        this.#authenticate(message);
        return;
      }
      case FROM_TARGET.parameterStatus: {
        const [name = '', value = ''] = message.toString('utf8', 5, message.length - 1).split('\0');
        this.#parameters.set(name, value);
        this.#greeting.push(message);
        return;
      }
      case FROM_TARGET.notice:
        this.#greeting.push(message);
        return;
      case FROM_TARGET.backendKeyData:
        if (message.length !== 13) throw violation('a cancel key of another protocol version');
        this.#key = { processId: message.readInt32BE(5), secret: message.readInt32BE(9) };
        return;
      case FROM_TARGET.error: {
        this.#refused(readTargetError(message, 0, message.length));
        return;
      }
      case FROM_TARGET.readyForQuery: {
        this.#ready(message);
        return;
      }
      default:
        throw violation(`a message of type ${message[0] ?? 0} before it was ready`);
    }
  }

  #authenticate(message: Buffer): void {
    this.#busy = true;
    this.#authentication.answer(message).then(
      (response) => {
        this.#busy = false;
        if (this.#step !== 'messages') return;
        if (response !== undefined) this.#host.sendTarget(response);
        try {
          this.#read();
        } catch (error) {
          this.#fail(error);
        }
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
  }

  #ready(message: Buffer): void {
    if (!this.#authentication.done) throw violation('ReadyForQuery before it let the gateway in');
    this.#greeting.push(message);
    this.#events.ready({ key: this.#key, greeting: this.#greeting, parameters: this.#parameters, rest: this.#bytes });
    this.#step = 'done';
  }

  #refused(error: TargetError): void {
    if (!isFatal(error) && error.severity !== 'ERROR') throw violation('an error without a severity');
    // Class 28 is about the gateway's credentials, which are not the client's business.
    const credentials = error.code.startsWith('28');
    this.#fail(
      credentials
        ? new SallyportError('SP_TARGET_AUTH_FAILED', undefined, { help: "Ask the gateway's operator." })
        : new SallyportError('SP_TARGET_UNREACHABLE', error.message),
      error,
    );
  }

  #fail(error: unknown, target?: TargetError): void {
    if (this.#step === 'done') return;
    this.#step = 'done';
    this.#events.failed(error instanceof SallyportError ? error : new SallyportError('SP_TARGET_UNREACHABLE'), target);
  }
}

function violation(what: string): SallyportError {
  return new SallyportError('SP_PROTOCOL_VIOLATION', `The target sent ${what}.`);
}
