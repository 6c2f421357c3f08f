import { findProgram } from '../e2e/support/installations.ts';
import type { Options } from './options.ts';
import { database, direct, type BenchPath } from './paths.ts';
import { initialize, selectOnly } from './pgbench.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';
import { indexed, startStoreGateway, stopStoreGateway, storeKinds, type StoreGateway } from './stores.ts';

const CLIENTS = 8;
const modes = ['simple', 'prepared'] as const;
/** What one round has recorded is in the index before the next one is measured. */
const CATCH_UP_SECONDS = 300;

/**
 * What a store costs on the data path: pgbench through gateways without one, with PGlite and with PostgreSQL, in
 * alternating rounds. Each is let catch up with its index before the next one is measured, and how long that takes is a
 * figure of its own: while a gateway is busy, its index falls behind rather than its clients.
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
      const runs = new Map(
        gateways.map((one) => [one, { tps: [] as number[], cpu: [] as number[], late: [] as number[] }]),
      );
      for (const one of gateways) await selectOnly(program, pathOf(one), mode, CLIENTS, Math.max(2, options.seconds));
      for (const one of gateways) await indexed(one, CATCH_UP_SECONDS);
      for (let round = 0; round < options.rounds; round += 1) {
        // Each comes first as often as the others: a machine grows warm.
        for (const [one, run] of rotated([...runs], round)) {
          const { tps, cpuPerTransaction } = await selectOnly(program, pathOf(one), mode, CLIENTS, options.seconds);
          run.tps.push(tps);
          if (cpuPerTransaction !== undefined) run.cpu.push(cpuPerTransaction);
          run.late.push(await indexed(one, CATCH_UP_SECONDS));
        }
      }
      const none = median(runs.get(gateways[0] ?? fail())?.tps ?? []);
      for (const [one, { tps, cpu, late }] of runs) {
        const value = median(tps);
        const measure = `pgbench ${mode}, ${CLIENTS} cl., store`;
        figures.push({
          measure,
          path: one.kind,
          unit: 'tx/s',
          value,
          rounds: tps,
          cpuPerTransaction: median(cpu),
          ofNone: value / none,
        });
        if (one.kind !== 'none') {
          figures.push({
            measure: `index behind after that`,
            path: one.kind,
            unit: 's',
            value: median(late),
            rounds: late,
          });
        }
      }
      process.stdout.write('.');
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

function fail(): never {
  throw new RangeError('there are no gateways');
}
