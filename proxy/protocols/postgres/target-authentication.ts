import { serialize } from 'pg-protocol';
import { continueSession, finalizeSession, startSession, type SaslSession } from 'pg/lib/crypto/sasl.js';
import { postgresMd5PasswordHash } from 'pg/lib/crypto/utils.js';
import { SallyportError } from '../../../engine/errors.ts';
import type { TargetAccess } from '../../protocol.ts';

/** Authentication requests (PostgreSQL manual, "Message Formats", AuthenticationXXX). */
const OK = 0;
const CLEARTEXT = 3;
const MD5 = 5;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;

const BODY = 9;

/** Answers a target's authentication requests: trust, password, MD5 and SCRAM-SHA-256. */
export class TargetAuthentication {
  readonly #access: TargetAccess;
  readonly #mayShowPassword: () => boolean;
  #sasl: SaslSession | undefined = undefined;
  /** SCRAM has begun and the target has not proved yet that it knows the password. */
  #unproven = false;
  #done = false;

  /** `mayShowPassword`: TLS protects the connection, or its operator turned TLS off in so many words. */
  constructor(access: TargetAccess, mayShowPassword: () => boolean) {
    this.#access = access;
    this.#mayShowPassword = mayShowPassword;
  }

  get done(): boolean {
    return this.#done;
  }

  /**
   * The answer to a whole Authentication message; `undefined` where none is due.
   * Rejects with a SallyportError SP_TARGET_AUTH_FAILED.
   */
  async answer(message: Buffer): Promise<Buffer | undefined> {
    if (message.length < BODY) throw failed('It sent a malformed authentication request.');
    const request = message.readInt32BE(5);
    switch (request) {
      case OK:
        // A target that skips its last word may be somebody else.
        if (this.#unproven) throw failed('It did not prove that it knows the password.');
        this.#done = true;
        return undefined;
      case CLEARTEXT:
        if (!this.#mayShowPassword()) throw failed('It asks for the password in the clear, without TLS.');
        return serialize.password(this.#password());
      case MD5:
        if (message.length !== BODY + 4) throw failed('It sent a malformed authentication request.');
        return serialize.password(
          await postgresMd5PasswordHash(this.#access.user, this.#password(), message.subarray(BODY)),
        );
      case SASL:
        return this.#scram(() => this.#begin(message.toString('utf8', BODY, message.length).split('\0')));
      case SASL_CONTINUE:
        return this.#scram(() => this.#continue(message.toString('utf8', BODY, message.length)));
      case SASL_FINAL:
        return this.#scram(() => {
          this.#finish(message.toString('utf8', BODY, message.length));
        });
      default:
        throw failed(`It asks for authentication of type ${request}, which Sallyport does not do.`);
    }
  }

  #begin(mechanisms: readonly string[]): Buffer {
    this.#sasl = startSession(mechanisms);
    this.#unproven = true;
    return serialize.sendSASLInitialResponseMessage(this.#sasl.mechanism, this.#sasl.response);
  }

  async #continue(serverData: string): Promise<Buffer> {
    const session = this.#begun();
    await continueSession(session, this.#password(), serverData);
    return serialize.sendSCRAMClientFinalMessage(session.response);
  }

  #finish(serverData: string): undefined {
    finalizeSession(this.#begun(), serverData);
    this.#unproven = false;
  }

  /** What goes wrong inside SCRAM is the target's doing, and the library's words may quote what it sent. */
  async #scram(step: () => Buffer | undefined | Promise<Buffer>): Promise<Buffer | undefined> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof SallyportError) throw error;
      throw failed('SCRAM-SHA-256 failed.', error);
    }
  }

  #begun(): SaslSession {
    if (this.#sasl === undefined) throw failed('It went on with SCRAM before it began.');
    return this.#sasl;
  }

  #password(): string {
    const { password } = this.#access;
    if (password === undefined) throw failed('It asks for a password, and the resource has none.');
    return password;
  }
}

function failed(why: string, cause?: unknown): SallyportError {
  return new SallyportError('SP_TARGET_AUTH_FAILED', `The target did not let the gateway in. ${why}`, {
    help: "Ask the gateway's operator.",
    cause,
  });
}
