import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareWithOthers } from './others.ts';
import { measureReplay } from './measure.ts';
import { base, packs, recordTraffic } from './traffic.ts';

const usage = `npm run bench:replay -- [options]
  --commands N    recorded commands (1000000)
  --quick         50,000 commands: for a look, not for a figure
  --jobs N        threads of the replay (one for each core)
  --rounds N      replays (3; --quick: 1)
  --inputs N      inputs for the comparison with OPA and conftest (2000)
  --keep DIR      write the recordings there and keep them; use those that are there
`;

/**
 * Measures `sallyport replay` on generated recordings, with the packs that come with Sallyport: commands a second,
 * CPU time and the most memory that the process ever had, compiling and verifying included. OPA and conftest, where
 * they are there, decide on some of the same inputs in the same run.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      commands: { type: 'string' },
      quick: { type: 'boolean', default: false },
      jobs: { type: 'string' },
      rounds: { type: 'string' },
      inputs: { type: 'string', default: '2000' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const commands = Number(values.commands ?? (values.quick ? 50_000 : 1_000_000));
  const folder = values.keep ?? fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-bench-replay-'));
  try {
    await prepare(folder, commands);
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
    const jobs = values.jobs === undefined ? [] : ['--jobs', values.jobs];
    const places = [...packs.map((pack) => `pack:${pack}`), base].flatMap((place) => ['--bundle', place]);
    for (let round = 1; round <= rounds; round++) {
      const figure = await measureReplay([folder, ...places, ...jobs], folder);
      const { judged, seconds, cpuSeconds, peakBytes, compileSeconds } = figure;
      print(
        `replay ${round}/${rounds}: ${count(judged)} commands in ${seconds.toFixed(1)} s (${compileSeconds.toFixed(1)} s of it to compile), ` +
          `${count(judged / seconds)} commands/s; CPU ${cpuSeconds.toFixed(1)} s, ${((cpuSeconds * 1e6) / judged).toFixed(1)} µs a command; ` +
          `at most ${count(peakBytes / 1e6)} MB`,
      );
    }
    await compareWithOthers(folder, [...packs.map((pack) => `pack:${pack}`), base], Number(values.inputs), print);
  } finally {
    if (values.keep === undefined) fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, commands: number): Promise<void> {
  const facts = path.join(folder, 'traffic.json');
  const cpus = `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`;
  print(`${cpus}; load ${os.loadavg()[0]?.toFixed(1) ?? '?'}`);
  if (!fs.existsSync(facts)) {
    // The recordings are of a gateway that had the same packs in force, so that every decision has to come out the same.
    fs.writeFileSync(facts, JSON.stringify(await recordTraffic(folder, commands)));
  }
  const traffic = JSON.parse(fs.readFileSync(facts, 'utf8')) as Record<string, number>;
  const words = Object.entries(traffic).map(([name, amount]) => `${count(amount)} ${name}`);
  print(`recordings: ${words.join(', ')}`);
}

function count(amount: number): string {
  return Math.round(amount).toLocaleString('en-US');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
