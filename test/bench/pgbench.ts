import { run } from '../e2e/support/processes.ts';
import type { BenchPath } from './paths.ts';
import { cpuMicroseconds } from './process-stats.ts';

export const modes = ['simple', 'extended', 'prepared'] as const;
export type Mode = (typeof modes)[number];
export const clientCounts = [1, 8] as const;

export interface PgbenchRun {
  readonly tps: number;
  /** CPU time of the process in the middle for one transaction, in microseconds. */
  readonly cpuPerTransaction?: number;
}

export async function initialize(pgbench: string, path: BenchPath): Promise<void> {
  const made = await run(pgbench, ['-i', '-q', '-s', '2', ...connection(path)], {
    env: { PGPASSWORD: path.password },
    timeoutMs: 120_000,
  });
  if (made.code !== 0) throw new Error(`pgbench -i failed: ${made.stderr}`);
}

/** One run of the built-in select-only script. */
export async function selectOnly(
  pgbench: string,
  path: BenchPath,
  mode: Mode,
  clients: number,
  seconds: number,
): Promise<PgbenchRun> {
  const before = path.pid === undefined ? 0 : cpuMicroseconds(path.pid);
  const jobs = Math.min(clients, 2);
  const args = ['-n', '-S', '-M', mode, '-c', String(clients), '-j', String(jobs), '-T', String(seconds)];
  const outcome = await run(pgbench, [...args, ...connection(path)], {
    env: { PGPASSWORD: path.password },
    timeoutMs: (seconds + 30) * 1000,
  });
  const tps = reported(outcome.stdout, 'tps = ');
  const transactions = reported(outcome.stdout, 'number of transactions actually processed: ');
  const failed = reported(outcome.stdout, 'number of failed transactions: ');
  if (outcome.code !== 0 || tps === undefined || transactions === undefined || failed !== 0) {
    throw new Error(`pgbench through ${path.name} failed: ${outcome.stderr}${outcome.stdout}`);
  }
  if (path.pid === undefined) return { tps };
  return { tps, cpuPerTransaction: (cpuMicroseconds(path.pid) - before) / transactions };
}

function connection(path: BenchPath): string[] {
  return ['-h', '127.0.0.1', '-p', String(path.port), '-U', path.user, path.database];
}

/** The number behind a label in pgbench's report. */
function reported(output: string, label: string): number | undefined {
  const line = output.split('\n').find((candidate) => candidate.startsWith(label));
  return line === undefined ? undefined : Number.parseFloat(line.slice(label.length));
}
