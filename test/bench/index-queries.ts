import fs from 'node:fs';
import path from 'node:path';
import { run } from '../e2e/support/processes.ts';
import { tokenOf } from '../e2e/support/subjects.ts';
import type { Options } from './options.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';
import { recordTraffic } from './replay/traffic.ts';
import { databases, indexed, startStoreGateway, stopStoreGateway, type StoreGateway } from './stores.ts';

/** What a search may take, in milliseconds. */
const MOST_MS = 300;
const REPEATS = 5;
/** A million commands take PGlite some minutes. */
const INDEX_SECONDS = 3_600;

/**
 * Searches in the index of generated recordings, with each filter and with several together: what `sallyport commands`
 * and `sallyport sessions` ask the API, which is where the time goes. One of each is run as a command, too.
 */
export async function indexFigures(targetPort: number, folder: string, options: Options): Promise<Figure[]> {
  const recordings = path.join(folder, 'recordings');
  const { commands, sessions } = await recordTraffic(recordings, options.indexed);
  process.stdout.write(`recorded ${commands} commands of ${sessions} sessions\n`);
  const figures: Figure[] = [];
  const slow: string[] = [];
  for (const kind of databases) {
    const one = await startStoreGateway({ kind, targetPort, policies: 'test/bench/policies', recordings });
    try {
      const seconds = await indexed(one, INDEX_SECONDS);
      figures.push({ measure: 'indexing', path: kind, unit: 'commands/s', value: commands / seconds, rounds: [] });
      for (const search of await searches(one)) {
        const times = await repeat(REPEATS, () => one.ask(search));
        figures.push({
          measure: search.replace('/v1/', ''),
          path: kind,
          unit: 'ms',
          value: median(times),
          rounds: times,
        });
        // Ten thousand rows take their time to be written out and sent, however they were found.
        if (!search.includes('limit=') && Math.max(...times) > MOST_MS)
          slow.push(`${kind}: ${search}, up to ${Math.max(...times).toFixed(0)} ms`);
      }
      for (const format of ['table', 'json', 'csv']) {
        const times = await repeat(REPEATS, () => asCommand(one, ['commands', '--decision', 'deny', '-f', format]));
        const measure = `sallyport commands --decision deny -f ${format} (all of the process)`;
        figures.push({ measure, path: kind, unit: 'ms', value: median(times), rounds: times });
      }
    } finally {
      await stopStoreGateway(one);
    }
    process.stdout.write('.');
  }
  const verdict =
    slow.length === 0 ? `every search took at most ${MOST_MS} ms` : `over ${MOST_MS} ms:\n  ${slow.join('\n  ')}`;
  process.stdout.write(`\n${commands} commands in the index: ${verdict}\n`);
  fs.rmSync(recordings, { recursive: true, force: true });
  return figures;
}

interface Row {
  readonly subject: string;
  readonly resource: string;
  readonly time: string;
  readonly session: string;
  readonly fingerprint: string;
  readonly revision: string;
  readonly rules: readonly string[];
  readonly effects: readonly string[];
}

/** Each filter with what is frequent, what is rare and what is not there, and the questions that people ask. */
async function searches({ ask }: StoreGateway): Promise<string[]> {
  const rows = (await ask('/v1/commands?limit=10000')) as readonly Row[];
  const rules = byFrequency(rows.flatMap((row) => row.rules));
  const effects = byFrequency(rows.flatMap((row) => row.effects));
  const subjects = byFrequency(rows.map(({ subject }) => subject));
  const resources = byFrequency(rows.map(({ resource }) => resource));
  const fingerprints = byFrequency(rows.map(({ fingerprint }) => fingerprint));
  const [newest, oldest] = [rows[0], rows.at(-1)];
  if (newest === undefined || oldest === undefined) throw new Error('the index is empty');
  const [since, until] = [oldest.time, newest.time].map(encodeURIComponent);
  const each = (name: string, values: readonly string[]): string[] =>
    ends(values).map((value) => `${name}=${encodeURIComponent(value)}`);
  const [subject = ''] = each('subject', subjects);
  const [resource = ''] = each('resource', resources);
  const commands = [
    '',
    'limit=10000',
    ...each('subject', subjects),
    ...each('resource', resources),
    ...each('effect', effects),
    ...each('rule', rules),
    ...each('fingerprint', fingerprints),
    ...each('session', [newest.session, oldest.session]),
    ...each('revision', [newest.revision]),
    ...['allow', 'deny', 'review'].map((decision) => `decision=${decision}`),
    `since=${since ?? ''}`,
    `until=${since ?? ''}`,
    `since=${since ?? ''}&until=${until ?? ''}`,
    ...['allow', 'deny', 'review'].map((decision) => `${subject}&decision=${decision}`),
    ...each('effect', effects).map((effect) => `${subject}&${effect}`),
    ...each('effect', effects).map((effect) => `${subject}&${resource}&since=${since ?? ''}&${effect}&decision=deny`),
    ...each('effect', effects).map((effect) => `${resource}&until=${since ?? ''}&${effect}&decision=review`),
    ...each('rule', rules).map((rule) => `${resource}&${rule}`),
  ];
  const sessions = [
    '',
    'open=true',
    ...each('subject', subjects),
    ...each('resource', resources),
    `since=${since ?? ''}`,
    `until=${since ?? ''}`,
    `${subject}&${resource}`,
    'decision=deny',
    'limit=10000',
  ];
  return [...commands.map((query) => `/v1/commands?${query}`), ...sessions.map((query) => `/v1/sessions?${query}`)];
}

/** The most and the least frequent value, and one that does not occur. */
function ends(values: readonly string[]): string[] {
  return [...new Set([values[0] ?? '', values.at(-1) ?? '', 'nothing-of-the-kind'])].filter((value) => value !== '');
}

function byFrequency(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

async function asCommand({ gateway }: StoreGateway, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(process.execPath, [gateway.main, ...args], {
    env: { SALLYPORT_API: gateway.api(), SALLYPORT_TOKEN: tokenOf('keeper') },
  });
  if (code !== 0) throw new Error(stderr);
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return taken;
}
