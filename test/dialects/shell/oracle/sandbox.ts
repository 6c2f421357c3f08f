import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carriers, stubs } from './generate.ts';

/** A program that ran: its name and its arguments. */
export type Ran = readonly string[];

export interface Sandbox {
  /** Runs scripts with bash, each in a directory of its own; what ran, by script. Undefined where bash was stopped. */
  run(scripts: readonly string[]): readonly (readonly Ran[] | undefined)[];
  remove(): void;
}

/** Whether this machine has what the oracle needs. */
export const hasBash = existsSync('/bin/bash') && existsSync('/usr/bin/env');

/**
 * A directory with nothing on PATH but stubs, which note their arguments and do nothing else, and the few programs of
 * the system that run others. Scripts name no absolute path and no network.
 */
export function createSandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-shell-oracle-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  // Each run of a stub writes a file of its own: those of a pipeline run at once.
  const stub = `#!/bin/bash\nprintf '%s\\0' "\${0##*/}" "$@" > "$ORACLE_LOG/$BASHPID.$RANDOM"\necho s\nexit $((RANDOM % 2))\n`;
  for (const name of stubs) {
    writeFileSync(join(bin, name), stub);
    chmodSync(join(bin, name), 0o755);
  }
  for (const name of [...carriers, 'cat']) {
    const real = [`/usr/bin/${name}`, `/bin/${name}`].find((path) => existsSync(path));
    if (real !== undefined) symlinkSync(real, join(bin, name));
  }
  return {
    run: (scripts) => runAll(folder, bin, scripts),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function runAll(folder: string, bin: string, scripts: readonly string[]): readonly (readonly Ran[] | undefined)[] {
  const root = mkdtempSync(join(folder, 'run-'));
  scripts.forEach((script, index) => {
    const own = join(root, String(index));
    mkdirSync(join(own, 'work'), { recursive: true });
    writeFileSync(join(own, 'script'), script);
    writeFileSync(join(own, 'work', 'f.txt'), 'line\n');
    mkdirSync(join(own, 'log'));
  });
  // One bash for many scripts; each runs in a shell of its own, with bounds on time, processes' memory and files.
  const driver = `ulimit -f 1000 -t 20; for ((i = 0; i < ${scripts.length}; i++)); do
    cd "${root}/$i/work" || exit 1
    HOME="${root}/$i/work" ORACLE_LOG="${root}/$i/log" /usr/bin/timeout -k 1 5 /bin/bash --norc --noprofile -c "$(<../script)" < /dev/null > /dev/null 2>&1
    echo $? > ../status
  done`;
  spawnSync('/bin/bash', ['--norc', '--noprofile', '-c', driver], {
    cwd: root,
    env: { PATH: bin, LC_ALL: 'C.UTF-8' },
    timeout: 300_000,
    stdio: 'ignore',
  });
  const found = scripts.map((_, index) => readRun(join(root, String(index))));
  rmSync(root, { recursive: true, force: true });
  return found;
}

function readRun(folder: string): readonly Ran[] | undefined {
  if (!existsSync(join(folder, 'status'))) return undefined;
  const log = join(folder, 'log');
  return readdirSync(log).map((file) => readFileSync(join(log, file), 'utf8').split('\0').slice(0, -1));
}
