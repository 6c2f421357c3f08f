import { findProgram } from '../e2e/support/installations.ts';
import type { Options } from './options.ts';
import { database, direct, type BenchPath } from './paths.ts';
import { initialize, selectOnly } from './pgbench.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';
import {
  indexed,
  startStoreGateway,
  stopStoreGateway,
  storeKinds,
  type StoreGateway,
  type StoreKind,
} from './stores.ts';

const CLIENTS = 8;
const modes = ['simple', 'prepared'] as const;
/** For each of the rounds that are asked for: a comparison of gateways that differ by a few hundredths needs many. */
const ROUNDS_EACH = 4;
/** What one round has recorded is in the index before the next one is measured. */
const CATCH_UP_SECONDS = 120;

interface Runs {
  readonly tps: number[];
  readonly cpu: number[];
  readonly late: number[];
}

/**
 * What a store costs on the data path: pgbench through gateways without one, with PGlite and with PostgreSQL, in
 * short rounds that take turns. Each is let catch up with its index before the next one is measured, and how long that
 * takes is a figure of its own: while a gateway is busy, its index falls behind rather than its clients.
 */
export async function storeFigures(targetPort: number, options: Options): Promise<Figure[]> {
  const program = findProgram('pgbench');
  if (program === undefined) {
    process.stdout.write('skipped: pgbench (not installed)\n');
    return [];
  }
  await initialize(program, direct(targetPort));
  const gateways: StoreGateway[] = [];
  try {
    for (const kind of storeKinds) {
      gateways.push(await startStoreGateway({ kind, targetPort, policies: 'test/bench/policies' }));
    }
    const figures: Figure[] = [];
    for (const mode of modes) {
      for (const one of gateways) await selectOnly(program, pathOf(one), mode, CLIENTS, Math.max(2, options.seconds));
      for (const one of gateways) await indexed(one, CATCH_UP_SECONDS);
      const runs = new Map<StoreKind, Runs>(storeKinds.map((kind) => [kind, { tps: [], cpu: [], late: [] }]));
      for (let round = 0; round < options.rounds * ROUNDS_EACH; round += 1) {
        // Each comes first as often as the others: a machine grows warm.
        for (const one of rotated(gateways, round)) {
          const run = await selectOnly(program, pathOf(one), mode, CLIENTS, options.seconds);
          runs.get(one.kind)?.tps.push(run.tps);
          runs.get(one.kind)?.cpu.push(run.cpuPerTransaction ?? Number.NaN);
          runs.get(one.kind)?.late.push(await indexed(one, CATCH_UP_SECONDS));
        }
        process.stdout.write('.');
      }
      for (const one of gateways) {
        const run = runs.get(one.kind);
        if (run === undefined) continue;
        figures.push({
          measure: `pgbench ${mode}, ${CLIENTS} cl., store`,
          path: one.kind,
          unit: 'tx/s',
          value: median(run.tps),
          rounds: run.tps,
          cpuPerTransaction: median(run.cpu),
          ofNone: median(run.tps) / median(runs.get('none')?.tps ?? []),
        });
        if (one.kind === 'none') continue;
        figures.push({
          measure: 'index behind after that',
          path: one.kind,
          unit: 's',
          value: median(run.late),
          rounds: run.late,
        });
      }
    }
    return figures;
  } finally {
    for (const one of gateways) await stopStoreGateway(one);
  }
}

function pathOf({ kind, gateway }: StoreGateway): BenchPath {
  const { user, password } = gateway.endpoint('ada');
  const { port, pid } = gateway;
  return { name: `store ${kind}`, port, user, password, database, pid, stop: () => Promise.resolve() };
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
