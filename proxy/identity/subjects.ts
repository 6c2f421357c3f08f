import type { Subject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import type { Clock } from '../time.ts';
import { hashToken, sameHash } from './tokens.ts';

/** A token as the gateway knows it: by its hash only. */
export interface TokenRecord {
  /** SHA-256 of the token, in hex. */
  readonly sha256: string;
  /** RFC 3339; the token is refused from then on. */
  readonly expires?: string;
  /** What the token is for; only for people. */
  readonly name?: string;
}

export interface SubjectRecord {
  readonly subject: Subject;
  readonly tokens: readonly TokenRecord[];
}

/** Finds out who a client is. */
export interface SubjectStore {
  /**
   * The subject whose id is `user` and who holds `token`: a client's user name *is* the subject's id, so that the name
   * in a connection string says who asks and a token that leaks cannot be used under another name.
   *
   * @throws SallyportError SP_AUTH_FAILED, in the same words whatever was wrong, so that ids cannot be probed for. The
   *   `cause` says it to the operator's log.
   */
  authenticate(user: string, token: string): Subject;
  /** The same where a client shows nothing but a token: the API. @throws SallyportError SP_AUTH_FAILED */
  authenticateToken(token: string): Subject;
  /** Everybody. */
  readonly all: readonly Subject[];
}

/** Compared with when there is no such subject, so that both cases take the same time. */
const NOBODY: readonly TokenRecord[] = [{ sha256: '0'.repeat(64) }];

/** Subjects from a list, as the configuration file gives them. */
export function createSubjectStore(records: readonly SubjectRecord[], clock: Clock = Date.now): SubjectStore {
  const byId = new Map(records.map((record) => [record.subject.id, record]));
  // By the hash of 256 random bits: how long the search takes tells nothing about any token.
  const byToken = new Map(records.flatMap((record) => record.tokens.map(({ sha256 }) => [sha256, record] as const)));

  function admit(record: SubjectRecord | undefined, token: string): Subject {
    const hash = hashToken(token);
    // No early exit: each token is compared, found or not.
    const matches = (record?.tokens ?? NOBODY).filter(({ sha256 }) => sameHash(sha256, hash));
    if (record === undefined) throw refused('no such subject');
    if (matches.length === 0) throw refused('no such token');
    if (!matches.some(({ expires }) => expires === undefined || clock() < Date.parse(expires))) {
      throw refused('the token has expired');
    }
    return record.subject;
  }

  return {
    all: records.map(({ subject }) => subject),
    authenticate: (user, token) => admit(byId.get(user), token),
    authenticateToken: (token) => admit(byToken.get(hashToken(token)), token),
  };
}

function refused(why: string): SallyportError {
  return new SallyportError('SP_AUTH_FAILED', 'The user name or the token is wrong.', {
    help: "Connect with the subject's id as the user name and its token as the password; to the API, with the token.",
    cause: new Error(why),
  });
}
