import fs from 'node:fs';

/** Linux counts CPU time in ticks of 1/100 s (USER_HZ), on every architecture that Node runs on. */
const microsecondsPerTick = 10_000;

/** CPU time that a process has used so far, in user and kernel mode (proc(5), /proc/pid/stat fields 14 and 15). */
export function cpuMicroseconds(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the program's name in brackets, may hold blanks: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

/** Resident memory of a process in bytes (proc(5), VmRSS). */
export function residentBytes(pid: number): number {
  const line = fs
    .readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith('VmRSS:'));
  if (line === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number.parseInt(line.slice('VmRSS:'.length), 10) * 1024;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 1 ? middle : middle - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no values, no median');
  return (lower + upper) / 2;
}
