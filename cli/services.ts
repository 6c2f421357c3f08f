import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SallyportError } from '../engine/errors.ts';
import { startApi, type Api, type ApiOptions } from '../proxy/api/api.ts';
import { ApprovalService } from '../proxy/approvals/approval-service.ts';
import { createCredential } from '../proxy/credentials/credential.ts';
import type { DecisionPointHolder } from '../proxy/gate.ts';
import type { SubjectStore } from '../proxy/identity/subjects.ts';
import type { Logger } from '../proxy/log.ts';
import { NotificationService } from '../proxy/notifications/notification-service.ts';
import { UrgentSessions } from '../proxy/notifications/urgent-sessions.ts';
import { QuarantineService } from '../proxy/quarantine/quarantine-service.ts';
import { createDuties } from '../proxy/store/duties.ts';
import { Indexer } from '../proxy/store/index/indexer.ts';
import { createThreadReader } from '../proxy/store/index/thread-reader.ts';
import { openStore, type StoreLocation } from '../proxy/store/store.ts';
import { channelRates, composeChannels } from './channels.ts';
import { dataDirectory, locateCredential, readText, recordingsDirectory, type GatewayServices } from './config.ts';
import { parseAddress } from './config/address.ts';
import type { LoadedConfig } from './config/load.ts';

/** What stands beside the data path: approvals, the index, the API. */
export interface Services {
  readonly gateway: GatewayServices;
  /** Absent where none is configured. */
  readonly api?: Api;
  /** A recording has grown: see RecorderOptions.grown. */
  readonly grown: (file: string) => void;
  /** Other policies are in force. */
  readonly policyChanged: () => void;
  /** Call it when the last session has ended and the recorder is closed. */
  close(): Promise<void>;
}

export interface ServiceSurroundings {
  readonly policy: DecisionPointHolder;
  readonly subjects: SubjectStore;
  readonly logger: Logger;
  readonly version: string;
}

/**
 * Opens the store and starts what lives on it.
 *
 * @throws SallyportError SP_STORE_UNAVAILABLE, SP_STORE_LOCKED, SP_STORE_MIGRATION, SP_CONFIG_INVALID
 */
export async function startServices(loaded: LoadedConfig, surroundings: ServiceSurroundings): Promise<Services> {
  const location = storeLocation(loaded);
  const { policy, subjects, logger } = surroundings;
  if (location === undefined) {
    const quarantine = await QuarantineService.start({ logger });
    const nothing = (): void => undefined;
    return { gateway: { quarantine }, grown: nothing, policyChanged: nothing, close: () => Promise.resolve() };
  }
  const channels = composeChannels(loaded);
  const store = await openStore(location, logger);
  try {
    const gateway = gatewayId(loaded);
    const directory = recordingsDirectory(loaded);
    const quarantine = await QuarantineService.start({ store, logger });
    const notifications = await NotificationService.start({ store, gateway, channels, logger });
    const urgent = new UrgentSessions(notifications.channels);
    const indexer = new Indexer({
      db: store.db,
      gateway,
      directory,
      reader: createThreadReader(directory, gateway, notifications.channels),
      logger,
      load: createLoadMeter(),
      fulfil: createDuties(channelRates(loaded)),
    });
    const approvals = await ApprovalService.start({
      store,
      gateway,
      reviewers: () => subjects.all.filter(({ id }) => !quarantine.isBarred(id)),
      revision: () => policy.current.revision,
      logger,
      ...(channels.some((channel) => channel.approvals)
        ? { tell: (db, request) => notifications.queueApproval(db, request) }
        : {}),
    });
    const api = await composeApi(loaded, surroundings, { store, approvals, quarantine, indexer });
    // What an earlier run left is read beside the first sessions, not before them.
    const catchingUp = indexer.catchUp().catch((error: unknown) => {
      logger.error({ error: String(error) }, 'the index could not be brought up to date');
    });
    return {
      gateway: { approvals, quarantine, tells: (channel, session) => urgent.tells(channel, session) },
      ...(api === undefined ? {} : { api }),
      grown: (file) => {
        indexer.touched(file, urgent.take(file));
      },
      policyChanged: () => {
        approvals.policyChanged();
      },
      async close() {
        await api?.close();
        await approvals.close();
        await catchingUp;
        await indexer.close();
        await notifications.close();
        await quarantine.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @returns undefined where the configuration wants none */
export function storeLocation(loaded: LoadedConfig): StoreLocation | undefined {
  const { store } = loaded.config;
  if (store === 'none') return undefined;
  if (store === undefined) return { kind: 'pglite', directory: join(dataDirectory(loaded), 'store') };
  const url = createCredential(locateCredential(store.url, loaded))();
  return { kind: 'postgres', url, ...(store.connections === undefined ? {} : { connections: store.connections }) };
}

/** Tells this gateway's recordings and requests from those of others that share its store. Made once. */
export function gatewayId(loaded: LoadedConfig): string {
  const directory = dataDirectory(loaded);
  const file = join(directory, 'gateway-id');
  try {
    const id = readFileSync(file, 'utf8').trim();
    if (id !== '') return id;
  } catch {
    // Not made yet, or not readable: then writing it says so.
  }
  const id = `gw-${randomUUID().slice(0, 8)}`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${id}\n`, { mode: 0o600 });
  return id;
}

async function composeApi(
  loaded: LoadedConfig,
  { subjects, logger, version }: ServiceSurroundings,
  { indexer, ...services }: Pick<ApiOptions, 'store' | 'approvals' | 'quarantine'> & { readonly indexer: Indexer },
): Promise<Api | undefined> {
  const { api } = loaded.config;
  if (api === undefined) return undefined;
  const address = parseAddress(api.address);
  if (address === undefined) throw new SallyportError('SP_CONFIG_INVALID', `${api.address} is not host:port.`);
  return startApi({
    ...address,
    ...(api.tls === undefined
      ? {}
      : { tls: { cert: readText(loaded, api.tls.certificate), key: readText(loaded, api.tls.key) } }),
    ...services,
    subjects,
    auditors: api.auditors ?? [],
    wardens: api.wardens ?? [],
    standing: () => indexer.standing,
    version,
    logger,
  });
}

/** How much of the time since the last call this thread was at work. */
function createLoadMeter(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
