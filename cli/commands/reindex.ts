import { existsSync } from 'node:fs';
import type { Command as Program } from 'commander';
import { SallyportError } from '../../engine/errors.ts';
import { silentLogger } from '../../proxy/log.ts';
import { createDuties } from '../../proxy/store/duties.ts';
import { Indexer, type IndexerOptions } from '../../proxy/store/index/indexer.ts';
import { createLocalReader } from '../../proxy/store/index/read-files.ts';
import { forgetGateway } from '../../proxy/store/index/write-rows.ts';
import { openStore } from '../../proxy/store/store.ts';
import { requireStore } from '../api/configured-store.ts';
import { recordingsDirectory } from '../config.ts';
import { channelRates } from '../channels.ts';
import { loadConfig } from '../config/load.ts';
import { protocolNames } from '../protocols.ts';
import { gatewayId } from '../services.ts';
import { processStreams, type Streams } from '../streams.ts';
import { formatOption } from '../usage.ts';

interface Options {
  readonly config: string;
  readonly format: 'pretty' | 'json';
}

export function register(program: Program): void {
  program
    .command('reindex')
    .summary('make the index anew from the recordings')
    .description(
      "Forgets what the index holds of this gateway's recordings and reads them all again. Approvals and grants stay.",
    )
    .option('-c, --config <file>', "the gateway's configuration", 'sallyport.yaml')
    .addOption(formatOption().default('pretty'))
    .addHelpText(
      'after',
      `
A gateway keeps its index up to date by itself: this is for an index that was lost or is in doubt. With the default
store, stop the gateway first.

Exit codes:
  0  done
  1  done, and some recordings could not be read to their end: sallyport recordings verify says more
  2  could not run: no store, the store is in use or cannot be reached

Example:
  $ sallyport reindex --config sallyport.yaml`,
    )
    .action(async (options: Options) => {
      process.exitCode = await runReindex(options, processStreams);
    });
}

/** @returns the exit code: 0 or 1 @throws SallyportError SP_CONFIG_INVALID, SP_USAGE, SP_STORE_* */
export async function runReindex({ config, format }: Options, { stdout, stderr }: Streams): Promise<number> {
  const loaded = loadConfig(config, protocolNames);
  const location = requireStore(config, loaded);
  const directory = recordingsDirectory(loaded);
  if (!existsSync(directory)) throw new SallyportError('SP_USAGE', `There are no recordings at ${directory}.`);
  const gateway = gatewayId(loaded);
  const store = await openStore(location, silentLogger);
  const broken: object[] = [];
  try {
    const rates = channelRates(loaded);
    const index = async (more: Pick<IndexerOptions, 'reader' | 'logger' | 'fulfil'>): Promise<void> => {
      const indexer = new Indexer({ db: store.db, gateway, directory, ...more });
      await indexer.catchUp();
      await indexer.close();
    };
    // What is still to be told, and who is still to be kept out, is seen to first; reading again then asks for nothing.
    await index({
      reader: createLocalReader(directory, gateway, new Set(rates.keys())),
      logger: silentLogger,
      fulfil: createDuties(rates),
    });
    await forgetGateway(store.db, gateway);
    await index({
      reader: createLocalReader(directory, gateway),
      logger: { ...silentLogger, error: (fields) => broken.push(fields) },
    });
    const count = await store.db
      .selectFrom('sessions')
      .where('gateway', '=', gateway)
      .select(({ fn }) => [fn.countAll<string>().as('sessions'), fn.sum<string>('commands').as('commands')])
      .executeTakeFirstOrThrow();
    const done = { gateway, sessions: Number(count.sessions), commands: Number(count.commands), broken };
    if (format === 'json') stdout.write(`${JSON.stringify(done, null, 2)}\n`);
    else stdout.write(`${done.sessions} sessions with ${done.commands} commands are in the index.\n`);
    if (format === 'pretty') for (const one of broken) stderr.write(`${JSON.stringify(one)}\n`);
  } finally {
    await store.close();
  }
  return broken.length === 0 ? 0 : 1;
}
