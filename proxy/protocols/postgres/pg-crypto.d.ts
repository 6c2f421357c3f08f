/** The parts of `pg` that carry out password authentication; it ships them without types. */
declare module 'pg/lib/crypto/sasl.js' {
  export interface SaslSession {
    readonly mechanism: string;
    /** The text to send next. */
    readonly response: string;
  }
  /** @throws Error when no mechanism of the list is supported */
  export function startSession(mechanisms: readonly string[]): SaslSession;
  /** Changes `session.response`. Rejects when the server's data is malformed. */
  export function continueSession(session: SaslSession, password: string, serverData: string): Promise<void>;
  /** @throws Error when the server does not prove that it knows the password */
  export function finalizeSession(session: SaslSession, serverData: string): void;
}

declare module 'pg/lib/crypto/utils.js' {
  export function postgresMd5PasswordHash(user: string, password: string, salt: Buffer): Promise<string>;
}
