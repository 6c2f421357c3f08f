import type { Command } from 'commander';
import { commandView, sessionView } from '../../proxy/store/index-views.ts';
import { findCommands, findSessions, timesOf, type CommandFilter } from '../../proxy/store/queries.ts';
import { addApiOptions, createApiClient, type ApiOptions } from './client.ts';
import { openConfiguredStore } from './configured-store.ts';
import type { Row } from './rows.ts';
import { wholeNumber } from './whole-number.ts';

export interface IndexOptions extends ApiOptions {
  readonly config?: string;
}

type Query = Readonly<Record<string, string | undefined>>;

/** The index, over a gateway's API or read where it lies. */
export interface IndexSource {
  commands(query: Query): Promise<readonly Row[]>;
  sessions(query: Query): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export function addIndexOptions(command: Command): Command {
  return addApiOptions(command).option(
    '-c, --config <file>',
    'read the store of this configuration itself: with a PostgreSQL, or while its gateway is stopped',
  );
}

/** @throws SallyportError SP_USAGE, SP_CONFIG_INVALID, SP_STORE_* */
export async function openIndex(options: IndexOptions, env: Readonly<NodeJS.ProcessEnv>): Promise<IndexSource> {
  if (options.config !== undefined) return openStoreOf(options.config);
  const client = createApiClient(options, env);
  return {
    commands: async (query) => (await client.get('/v1/commands', query)) as readonly Row[],
    sessions: async (query) => (await client.get('/v1/sessions', query)) as readonly Row[],
    close: () => Promise.resolve(),
  };
}

async function openStoreOf(config: string): Promise<IndexSource> {
  const store = await openConfiguredStore(config);
  return {
    commands: async (query) => (await findCommands(store.db, filterOf(query))).map(commandView),
    sessions: async ({ open, ...query }) =>
      (await findSessions(store.db, { ...filterOf(query), open: open === 'true' })).map(sessionView),
    close: () => store.close(),
  };
}

type Filter = Omit<CommandFilter, 'decision'> & { readonly decision?: 'allow' };

function filterOf({ since, until, limit, ...rest }: Query): Filter {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...given, ...timesOf(since, until), limit: limitOf(limit) };
}

/** As the API bounds it. */
const MOST_ROWS = 10_000;

function limitOf(text = '100'): number {
  return wholeNumber('--limit', text, MOST_ROWS);
}
