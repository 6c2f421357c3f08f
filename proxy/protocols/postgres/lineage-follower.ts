import type { Catalogue } from '../../../engine/catalogue.ts';
import type { Command } from '../../../engine/contract.ts';
import type { Dialect, ParseResult, Statement } from '../../../engine/dialect.ts';
import type { CommandLineage, LineageContext, OutputColumn } from '../../../engine/lineage.ts';
import type { SessionState } from '../../protocol.ts';
import { effectivePath, makesTemporary } from './search-path.ts';
import type { SessionValues } from './session-values.ts';

/** Where the values of a message come from: its commands, their columns labelled, and their lineage, by index. */
export interface Followed {
  readonly parsed: ParseResult;
  readonly commands: readonly CommandLineage[];
}

/** Of a command that could not be followed: anything may come of it, and go anywhere. */
const UNFOLLOWED: CommandLineage = {
  columns: { unknown: 'not_followed' },
  flows: [
    {
      into: 'server',
      path: [],
      columns: [{ name: '', kind: 'unknown', sources: [], type: '', reason: 'not_followed' }],
      creates: false,
    },
  ],
  exposed: { unknown: 'not_followed' },
};

/** In one message, how often commands may change what those behind them mean: each time all is followed anew. */
const MOST_CONTEXTS = 20;

/** Follows the values of statements as one session's target will run them. */
export class LineageFollower {
  readonly #dialect: Dialect;
  #last: { readonly key: readonly unknown[]; readonly context: LineageContext } | undefined;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get able(): boolean {
    return this.#dialect.lineage !== undefined;
  }

  /**
   * @param statement as it was parsed; undefined where there was no text to parse
   * @param stateBefore the session's state as each command will find it
   */
  follow(
    statement: Statement | undefined,
    parsed: ParseResult,
    catalogue: Catalogue,
    values: SessionValues,
    stateBefore: (index: number) => Pick<SessionState, 'search_path' | 'role' | 'user'>,
    pathKnown: boolean,
  ): Followed {
    const { lineage } = this.#dialect;
    if (statement === undefined || lineage === undefined) return { parsed, commands: parsed.commands.map(unfollowed) };
    const pathAt = (index: number): readonly string[] | undefined =>
      pathKnown ? effectivePath(stateBefore(index)) : UNKNOWN_PATH;
    let context = this.#context(catalogue, pathAt(0), values);
    let followed = lineage(statement, context);
    if (parsed.commands.length <= 1) return followed;

    const commands: Command[] = [];
    const lineages: CommandLineage[] = [];
    let contexts = 1;
    for (let index = 0; index < parsed.commands.length; index += 1) {
      const now = this.#context(catalogue, pathAt(index), values);
      if (now !== context) {
        context = now;
        contexts += 1;
        if (contexts <= MOST_CONTEXTS) followed = lineage(statement, context);
      }
      const known = contexts <= MOST_CONTEXTS;
      const command = (known ? followed.parsed : parsed).commands[index];
      if (command === undefined) break;
      const one = (known ? followed.commands[index] : undefined) ?? UNFOLLOWED;
      commands.push(command);
      lineages.push(one);
      values = values.after(command, one, 0, makesTemporary(stateBefore(index)));
    }
    return { parsed: { ...followed.parsed, commands }, commands: lineages };
  }

  /** The same object as long as nothing has changed, for the dialect's memory. */
  #context(catalogue: Catalogue, searchPath: readonly string[] | undefined, values: SessionValues): LineageContext {
    const key = [catalogue, searchPath?.join('\0'), values];
    const last = this.#last;
    if (last?.key.every((part, index) => part === key[index]) === true) return last.context;
    const context: LineageContext = {
      catalogue,
      ...(searchPath !== undefined && { searchPath }),
      cursors: values.cursors,
      temporary: temporaryIn(values, catalogue, searchPath ?? catalogue.searchPath),
    };
    this.#last = { key, context };
    return context;
  }
}

function unfollowed(): CommandLineage {
  return UNFOLLOWED;
}

/** Only the target knows the path: no unqualified name is known. */
const UNKNOWN_PATH: readonly string[] = [];
/**
 * A temporary relation hides another one of its name only while it is there, which a failure or the end of a transaction
 * may have changed: of such a name nothing is certain.
 */
function temporaryIn(
  { temporary }: SessionValues,
  catalogue: Catalogue,
  searchPath: readonly string[],
): LineageContext['temporary'] {
  const doubtful = [...temporary.keys()].filter((name) =>
    searchPath.some((schema) => catalogue.relation(schema, name) !== undefined),
  );
  if (doubtful.length === 0) return temporary;
  return new Map([
    ...temporary,
    ...doubtful.map((name) => [name, doubt(name, temporary, catalogue, searchPath)] as const),
  ]);
}

function doubt(
  name: string,
  temporary: SessionValues['temporary'],
  catalogue: Catalogue,
  searchPath: readonly string[],
): readonly OutputColumn[] {
  const hidden = searchPath.flatMap((schema) => catalogue.relation(schema, name)?.columns ?? []);
  const names = new Set([...(temporary.get(name) ?? []), ...hidden].map((column) => column.name));
  return [...names].map((column) => ({
    name: column,
    kind: 'unknown',
    sources: [],
    type: '',
    reason: 'temporary',
  }));
}
