import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as PostgresModule from '../../dialects/sql/postgres/index.ts';
import type { Command, Input } from '../../engine/contract.ts';
import type * as EngineModule from '../../engine/index.ts';
import { subjects } from '../e2e/support/subjects.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';

/** What is measured is what is shipped: dist, not this program's own copy of the sources. */
async function shipped<Module>(file: string): Promise<Module> {
  return (await import(pathToFileURL(path.resolve('dist', file)).href)) as Module;
}

const statement = 'SELECT abalance FROM pgbench_accounts WHERE aid = ';

/** Microseconds for one decision (worked out, remembered) and for one parse (new text, known text). */
export async function engineFigures(): Promise<Figure[]> {
  const { createPolicyCompiler, loadEngine } = await shipped<typeof EngineModule>('engine/index.js');
  const { createPostgresDialect } = await shipped<typeof PostgresModule>('dialects/sql/postgres/index.js');
  const dialect = await createPostgresDialect();
  const compiler = createPolicyCompiler();
  try {
    const load = (memoEntries: number) =>
      loadEngine(path.resolve('test/bench/policies'), { compiler, dialects: [dialect], memoEntries });
    const [cold, remembering] = [await load(0), await load(10_000)];
    const [command] = dialect.parse({ text: `${statement}1` }).commands;
    if (command === undefined) throw new Error('the statement gave no command');
    const input = inputWith(command);
    if (remembering.evaluate(input).effect !== 'allow') throw new Error('the policy denies what is measured');
    let aid = 0;
    return [
      figure('decision, 20 rules, worked out', 2_000, () => cold.evaluate(input)),
      figure('decision, 20 rules, remembered', 50_000, () => remembering.evaluate(input)),
      figure('parse, new text', 5_000, () => dialect.parse({ text: `${statement}${++aid}` })),
      figure('parse, known text', 50_000, () => dialect.parse({ text: `${statement}1` })),
    ];
  } finally {
    await compiler.close();
  }
}

function figure(measure: string, times: number, work: () => unknown): Figure {
  const batch = () => {
    const started = performance.now();
    for (let i = 0; i < times; i++) work();
    return ((performance.now() - started) * 1000) / times;
  };
  batch();
  const rounds = Array.from({ length: 5 }, batch);
  return { measure, path: 'in process', unit: 'µs', value: median(rounds), rounds };
}

function inputWith(command: Command): Input {
  return {
    schema: 1,
    stage: 'command',
    now: '2025-01-01T00:00:00Z',
    subject: { ...subjects.ada, groups: [...subjects.ada.groups] },
    resource: { name: 'shop', protocol: 'postgres', environment: 'production', labels: { team: 'shop' } },
    client: { address: '127.0.0.1', tls: false },
    session: {
      id: 'bench',
      database: 'postgres',
      user: 'gateway_trust',
      role: 'gateway_trust',
      search_path: ['$user', 'public'],
      transaction: 'idle',
      settings: {},
      effects: [],
      counters: { commands: 0, denied: 0 },
    },
    command,
  };
}
