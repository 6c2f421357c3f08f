import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../engine/package-root.ts';
import { cpuMicroseconds } from '../process-stats.ts';

export interface ReplayFigure {
  readonly judged: number;
  /** Of the whole process. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** VmHWM of the process, all its threads included (proc(5)). */
  readonly peakBytes: number;
  /** Until the first byte of a recording was read. */
  readonly compileSeconds: number;
}

/** Runs the built command line with its JSON report in a file, and looks at the process while it runs. */
export async function measureReplay(args: readonly string[], folder: string): Promise<ReplayFigure> {
  const report = path.join(folder, 'report.json');
  const started = Date.now();
  const child = spawn(
    process.execPath,
    [path.join(packageRoot(), 'dist', 'cli', 'main.js'), 'replay', ...args, '--report', `json=${report}`],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('the replay did not start');
  let peakBytes = 0;
  let cpu = 0;
  let compileSeconds = 0;
  const timer = setInterval(() => {
    try {
      peakBytes = Math.max(peakBytes, highWater(pid));
      cpu = cpuMicroseconds(pid);
      if (compileSeconds === 0 && readsRecordings(pid)) compileSeconds = (Date.now() - started) / 1_000;
    } catch {
      // It ended between two looks.
    }
  }, 50);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const seconds = (Date.now() - started) / 1_000;
  clearInterval(timer);
  const { counts, changes } = (JSON.parse(fs.readFileSync(report, 'utf8')) as { details: Details }).details;
  const different = Object.values(changes).reduce((sum, { count }) => sum + count, 0);
  // A figure of a replay that came out wrong is no figure.
  if (code !== 0 || different > 0) throw new Error(`the replay ended with ${code} and ${different} changes`);
  return { judged: counts.judged, seconds, cpuSeconds: cpu / 1e6, peakBytes, compileSeconds };
}

interface Details {
  readonly counts: { readonly judged: number };
  readonly changes: Readonly<Record<string, { readonly count: number }>>;
}

function highWater(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

function readsRecordings(pid: number): boolean {
  return fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('.jsonl');
    } catch {
      return false;
    }
  });
}
