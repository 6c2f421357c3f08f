import type { Command } from 'commander';
import { SallyportError } from '../../engine/errors.ts';
import { silentLogger } from '../../proxy/log.ts';
import { commandView, sessionView } from '../../proxy/store/index-views.ts';
import { findCommands, findSessions, timesOf, type CommandFilter } from '../../proxy/store/queries.ts';
import { openStore } from '../../proxy/store/store.ts';
import { loadConfig } from '../config/load.ts';
import { protocolNames } from '../protocols.ts';
import { storeLocation } from '../services.ts';
import { addApiOptions, createApiClient, type ApiOptions } from './client.ts';
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
  const location = storeLocation(loadConfig(config, protocolNames));
  if (location === undefined) throw new SallyportError('SP_USAGE', `${config} has no store.`);
  const store = await openStore(location, silentLogger);
  return {
    async commands({ since, until, limit, decision, ...rest }) {
      const judged = decision === undefined ? {} : { decision: decision as 'allow' };
      const filter = { ...defined(rest), ...judged, ...timesOf(since, until), limit: limitOf(limit) };
      return (await findCommands(store.db, filter)).map(commandView);
    },
    async sessions({ since, until, limit, open, decision, ...rest }) {
      const judged = decision === undefined ? {} : { decision: decision as 'allow' };
      const filter = { ...defined(rest), ...judged, ...timesOf(since, until), limit: limitOf(limit) };
      return (await findSessions(store.db, { ...filter, open: open === 'true' })).map(sessionView);
    },
    close: () => store.close(),
  };
}

function defined(query: Query): Omit<Partial<CommandFilter>, 'limit' | 'since' | 'until' | 'decision'> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** As the API bounds it. */
const MOST_ROWS = 10_000;

function limitOf(text = '100'): number {
  return wholeNumber('--limit', text, MOST_ROWS);
}
