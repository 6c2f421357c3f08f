import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../engine/package-root.ts';
import { cpuMicroseconds, residentBytes } from '../process-stats.ts';

export interface ReplayFigure {
  readonly judged: number;
  /** Of the whole process. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Resident memory of the process, its threads and its children, at the moment when it was largest. */
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
  // One child compiles the policies.
  let childCpu = 0;
  let compileSeconds = 0;
  const timer = setInterval(() => {
    try {
      const children = childrenOf(pid);
      peakBytes = Math.max(
        peakBytes,
        [pid, ...children].reduce((sum, one) => sum + residentBytes(one), 0),
      );
      cpu = cpuMicroseconds(pid);
      childCpu = Math.max(
        childCpu,
        children.reduce((sum, one) => sum + cpuMicroseconds(one), 0),
      );
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
  return { judged: counts.judged, seconds, cpuSeconds: (cpu + childCpu) / 1e6, peakBytes, compileSeconds };
}

interface Details {
  readonly counts: { readonly judged: number };
  readonly changes: Readonly<Record<string, { readonly count: number }>>;
}

/** Children of the process's main thread (proc(5), /proc/pid/task/tid/children). */
function childrenOf(pid: number): number[] {
  const text = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((one) => one !== '')
    .map(Number);
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
