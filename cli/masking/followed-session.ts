import type { Catalogue } from '../../engine/catalogue.ts';
import type { Session } from '../../engine/contract.ts';
import type { Dialect, ParseResult, Statement } from '../../engine/dialect.ts';
import { LineageFollower, type Followed } from '../../proxy/protocols/postgres/lineage-follower.ts';
import { makesTemporary } from '../../proxy/protocols/postgres/search-path.ts';
import { SessionValues } from '../../proxy/protocols/postgres/session-values.ts';

/** Follows the values of a session's statements as the gateway does, cursors and temporary tables of earlier ones included. */
export class FollowedSession {
  readonly #follower: LineageFollower;
  readonly #catalogue: Catalogue;
  #values = SessionValues.none;

  constructor(dialect: Dialect, catalogue: Catalogue) {
    this.#follower = new LineageFollower(dialect);
    this.#catalogue = catalogue;
  }

  follow(statement: Statement, parsed: ParseResult, session: Session): Followed {
    return this.#follower.follow(statement, parsed, this.#catalogue, this.#values, () => session, true);
  }

  /** The statement has gone to the target, with the session as it was when it was followed. */
  released({ parsed, commands }: Followed, session: Session): void {
    for (const [index, command] of parsed.commands.entries()) {
      this.#values = this.#values.after(command, commands[index], 0, makesTemporary(session));
    }
  }
}

/** A statement by itself, its values followed where a catalogue is given. */
export function readFollowed(
  dialect: Dialect,
  statement: Statement,
  { session }: { readonly session: Session },
  catalogue: Catalogue | undefined,
): { readonly parsed: ParseResult; readonly commands?: Followed['commands'] } {
  const parsed = dialect.parse(statement);
  return catalogue === undefined
    ? { parsed }
    : new FollowedSession(dialect, catalogue).follow(statement, parsed, session);
}
