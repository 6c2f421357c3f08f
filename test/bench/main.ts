import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram, installations } from '../e2e/support/installations.ts';
import { startPostgres, type PostgresServer } from '../e2e/support/postgres-server.ts';
import { approvalFigures } from './approvals.ts';
import { copyStatement, selectStatement, stream } from './bulk.ts';
import { engineFigures } from './engine.ts';
import { startBenchGateway } from './gateway.ts';
import { maskedStreamFigures } from './masked-streams.ts';
import { maskingFigures } from './masking.ts';
import { perIdleConnection } from './memory.ts';
import { shellFigures } from './shell.ts';
import { readOptions, usage, type Options } from './options.ts';
import { indexFigures } from './index-queries.ts';
import { barePipe, direct, pgbouncer, type BenchPath } from './paths.ts';
import { clientCounts, initialize, modes, selectOnly } from './pgbench.ts';
import { median } from './process-stats.ts';
import { hottestFunctions } from './profile.ts';
import { table, withRatios, writeJson, type Figure } from './report.ts';
import { storeFigures } from './store-cost.ts';

/**
 * Measures the way through Sallyport beside the direct one, a bare Node pipe and pgbouncer. All paths take turns in
 * every round, so that whatever else the machine does falls on all of them alike. Loopback only.
 */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(usage);
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-bench-'));
  fs.chmodSync(folder, 0o755);
  const stops: (() => Promise<void>)[] = [];
  try {
    // What runs in this process alone needs no server.
    const needsServer = options.only.some((part) => part !== 'engine' && part !== 'shell');
    const port = needsServer ? (await startTarget(stops)).port : 0;
    const figures: Figure[] = [];
    // By themselves first: gateways that wait for their turn would have them share the machine's memory.
    if (options.only.includes('stores')) figures.push(...(await storeFigures(port, options)));
    if (options.only.includes('approvals')) figures.push(...(await approvalFigures(port, options)));
    if (options.only.includes('index')) figures.push(...(await indexFigures(port, folder, options)));
    const compared = (['pgbench', 'bulk', 'memory'] as const).some((part) => options.only.includes(part));
    const paths = compared ? await startPaths(port, options, folder, stops) : [];
    if (options.only.includes('pgbench')) figures.push(...(await pgbenchFigures(paths, options)));
    if (options.only.includes('bulk')) figures.push(...(await bulkFigures(paths, options)));
    if (options.only.includes('memory')) figures.push(...(await memoryFigures(paths, options)));
    if (options.only.includes('shell')) figures.push(...(await shellFigures()));
    if (options.only.includes('engine')) figures.push(...(await engineFigures()));
    if (options.only.includes('masking')) {
      figures.push(...(await maskedStreamFigures(port, options)), ...(await maskingFigures()));
    }
    const result = withRatios(figures);
    process.stdout.write(`\n${table(result)}\n`);
    const machine = { cpus: os.cpus().length, model: os.cpus()[0]?.model, node: process.version };
    const file = writeJson('bench-results', { machine, options, figures: result });
    process.stdout.write(`\nwritten to ${file}\n`);
  } finally {
    for (const stop of stops.reverse()) await stop();
    // The profile is written when the gateway ends.
    if (options.profile) process.stdout.write(`\n${hottestFunctions(folder, 'bench-results')}\n`);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function startTarget(stops: (() => Promise<void>)[]): Promise<PostgresServer> {
  const installation = installations().found.at(-1);
  if (installation === undefined) throw new Error('there is no PostgreSQL server here');
  const server = await startPostgres(installation, { settings: ['max_connections = 1300', 'shared_buffers = 256MB'] });
  stops.push(() => server.remove());
  process.stdout.write(`target: ${installation.name}\n`);
  return server;
}

async function startPaths(
  port: number,
  options: Options,
  folder: string,
  stops: (() => Promise<void>)[],
): Promise<BenchPath[]> {
  const paths = [direct(port), await barePipe(port), await startBenchGateway(port, folder, options)];
  const pooler = await pgbouncer(port, folder);
  if (pooler === undefined) process.stdout.write('skipped: pgbouncer (not installed)\n');
  else paths.push(pooler);
  stops.push(...paths.map((each) => each.stop));
  return paths;
}

/** Runs every path once per round and keeps the medians. */
async function interleaved(
  measure: string,
  unit: string,
  paths: readonly BenchPath[],
  rounds: number,
  once: (path: BenchPath) => Promise<{ value: number; cpuPerTransaction?: number } | undefined>,
): Promise<Figure[]> {
  const runs = new Map<string, { value: number; cpuPerTransaction?: number }[]>();
  for (let round = 0; round < rounds; round++) {
    for (const each of paths) {
      const run = await once(each);
      if (run !== undefined) runs.set(each.name, [...(runs.get(each.name) ?? []), run]);
    }
  }
  process.stdout.write('.');
  return [...runs].map(([name, all]) => {
    const cpu = all.flatMap((run) => (run.cpuPerTransaction === undefined ? [] : [run.cpuPerTransaction]));
    return {
      measure,
      path: name,
      unit,
      value: median(all.map((run) => run.value)),
      rounds: all.map((run) => run.value),
      ...(cpu.length === 0 ? {} : { cpuPerTransaction: median(cpu) }),
    };
  });
}

async function pgbenchFigures(paths: readonly BenchPath[], options: Options): Promise<Figure[]> {
  const program = findProgram('pgbench');
  const [first] = paths;
  if (program === undefined || first === undefined) {
    process.stdout.write('skipped: pgbench (not installed)\n');
    return [];
  }
  await initialize(program, first);
  for (const each of paths) await selectOnly(program, each, 'simple', 2, 1);
  const figures: Figure[] = [];
  for (const mode of modes) {
    for (const clients of clientCounts) {
      figures.push(
        ...(await interleaved(`pgbench ${mode}, ${clients} cl.`, 'tx/s', paths, options.rounds, async (each) => {
          const { tps, ...cpu } = await selectOnly(program, each, mode, clients, options.seconds);
          return { value: tps, ...cpu };
        })),
      );
    }
  }
  return figures;
}

async function bulkFigures(paths: readonly BenchPath[], options: Options): Promise<Figure[]> {
  const statements = [
    [`COPY out, ${options.copyMegabytes} MB`, copyStatement(options.copyMegabytes)],
    [`SELECT, ${options.selectRows} rows`, selectStatement(options.selectRows)],
  ] as const;
  const figures: Figure[] = [];
  for (const [measure, statement] of statements) {
    figures.push(
      ...(await interleaved(measure, 'MB/s', paths, options.rounds, async (each) => ({
        value: await stream(each, statement),
      }))),
    );
  }
  return figures;
}

async function memoryFigures(paths: readonly BenchPath[], options: Options): Promise<Figure[]> {
  return interleaved(`memory, ${options.connections} idle`, 'KiB/conn', paths, 1, async (each) => {
    const value = await perIdleConnection(each, options.connections);
    return value === undefined ? undefined : { value };
  });
}

await main();
