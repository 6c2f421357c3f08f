import fs from 'node:fs';
import path from 'node:path';
import { startGateway, type Gateway } from '../e2e/support/gateway.ts';
import { tokenOf } from '../e2e/support/subjects.ts';
import { targetUsers, withClient } from '../e2e/support/postgres-server.ts';
import { database } from './paths.ts';

/** Where a gateway of the benchmark keeps its store. */
export const storeKinds = ['none', 'PGlite', 'PostgreSQL'] as const;
export type StoreKind = (typeof storeKinds)[number];
/** Those that are a database. */
export const databases = ['PGlite', 'PostgreSQL'] as const satisfies readonly StoreKind[];

export interface StoreGateway {
  readonly kind: StoreKind;
  readonly gateway: Gateway;
  /** Asks its API as an auditor. @throws Error for an answer that is not 2xx */
  readonly ask: (path: string, body?: object) => Promise<unknown>;
}

export interface StoreGatewayOptions {
  readonly kind: StoreKind;
  readonly targetPort: number;
  /** Folder of Rego. */
  readonly policies: string;
  /** Recordings that are there already. */
  readonly recordings?: string;
}

let made = 0;

/** A gateway with such a store, made for it: a PostgreSQL store is a database of the target's own server. */
export async function startStoreGateway(options: StoreGatewayOptions): Promise<StoreGateway> {
  const { kind, targetPort, policies, recordings } = options;
  const gateway = await startGateway({
    server: { host: '127.0.0.1', port: targetPort, policyBundle: '' },
    database,
    policies,
    target: { user: 'trust' },
    configuration: {
      recordings: { directory: recordings === undefined ? 'recordings' : path.resolve(recordings) },
      store: await storeOf(kind, targetPort),
      ...(kind === 'none' ? {} : { api: { address: '127.0.0.1:0', auditors: ['keepers'] } }),
      limits: { connections: 5000 },
      log: { level: 'warn' },
    },
  });
  return {
    kind,
    gateway,
    async ask(asked, body) {
      const response = await fetch(new URL(asked, gateway.api()), {
        headers: { authorization: `Bearer ${tokenOf('keeper')}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`${asked}: ${JSON.stringify(answer)}`);
      return answer;
    },
  };
}

async function storeOf(kind: StoreKind, port: number): Promise<unknown> {
  if (kind === 'none') return 'none';
  // Left out: PGlite in the data directory.
  if (kind === 'PGlite') return undefined;
  const name = `bench_store_${(made += 1)}`;
  await withClient({ port, database: 'postgres' }, (client) => client.query(`CREATE DATABASE ${name}`));
  const { user, password } = targetUsers.scram;
  return { url: `postgresql://${user}:${password}@127.0.0.1:${port}/${name}` };
}

/** How often a gateway is asked how far it is, in milliseconds: asking often would keep it from getting there. */
const ASK_MS = 200;

/** Waits until the index holds all that is recorded. @returns how long that took, in seconds */
export async function indexed({ kind, ask }: StoreGateway, timeoutSeconds: number): Promise<number> {
  if (kind === 'none') return 0;
  const started = performance.now();
  for (;;) {
    const { behind, current } = (await ask('/v1/index')) as { behind: number; current: string | null };
    const seconds = (performance.now() - started) / 1000;
    if (behind === 0 && current !== null) return seconds;
    if (seconds > timeoutSeconds) throw new Error(`the index is ${behind} recordings behind after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

/** Stops it and removes its files, but for recordings that were there before. */
export async function stopStoreGateway({ gateway }: StoreGateway): Promise<void> {
  await gateway.stop();
  fs.rmSync(gateway.folder, { recursive: true, force: true });
}
