import { startGateway } from '../e2e/support/gateway.ts';
import { query } from '../e2e/support/wire/frames.ts';
import { WireClient } from '../e2e/support/wire/wire-client.ts';
import { stream } from './bulk.ts';
import type { Options } from './options.ts';
import { database, direct, type BenchPath } from './paths.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';

const COLUMNS = ['plain', 'by_null', 'by_redact', 'by_partial', 'by_hash'] as const;
const VALUE = "'ada.' || i || '@lovelace.test'";

/**
 * MB/s of the same rows through one gateway, with and without a mask on a column. All of them take turns; what is compared is the megabytes that
 * the target sent, not those that are left of them: rows a second, by the size of a plain row.
 */
export async function maskedStreamFigures(port: number, options: Options): Promise<Figure[]> {
  const target = direct(port);
  await prepare(target, options.selectRows);
  const gateway = await startGateway({
    server: { host: '127.0.0.1', port, policyBundle: '' },
    database,
    policies: 'test/bench/masking-policies',
    target: { user: 'trust' },
    configuration: { recordings: { directory: 'recordings' }, log: { level: 'warn' } },
  });
  try {
    const { user, password } = gateway.endpoint('ada');
    const masked: BenchPath = { ...target, name: 'Sallyport', port: gateway.port, user, password };
    const runs: [string, BenchPath, string, string][] = [
      ['direct', target, 'plain', 'bench_masked'],
      ...COLUMNS.map((column): [string, BenchPath, string, string] => [column, masked, column, 'bench_masked']),
      ['detectors', masked, 'plain', 'bench_searched'],
    ];
    const figures: Figure[] = [];
    for (const kind of ['SELECT', 'COPY'] as const) {
      const rounds = new Map(runs.map(([name]) => [name, [] as number[]]));
      for (let round = 0; round < options.rounds + 1; round++) {
        for (const [name, path, column, table] of runs) {
          const rows = `SELECT id, name, ${column}, note FROM ${table}`;
          const started = performance.now();
          await stream(path, kind === 'COPY' ? `COPY (${rows}) TO STDOUT` : rows);
          // The first round warms up.
          if (round > 0) rounds.get(name)?.push((performance.now() - started) / 1000);
        }
      }
      const size = options.selectRows * (kind === 'COPY' ? 69 : 89);
      for (const [name, seconds] of rounds) {
        const values = seconds.map((each) => size / 1e6 / each);
        figures.push({
          measure: `${kind}, ${options.selectRows} rows, masked`,
          path: name,
          unit: 'MB/s',
          value: median(values),
          rounds: values,
        });
      }
    }
    const plain = (measure: string): number =>
      figures.find((figure) => figure.measure === measure && figure.path === 'plain')?.value ?? Number.NaN;
    return figures.map((figure) => ({ ...figure, ofNone: figure.value / plain(figure.measure) }));
  } finally {
    await gateway.stop();
  }
}

async function prepare(target: BenchPath, rows: number): Promise<void> {
  const columns = COLUMNS.map((column) => `${VALUE} AS ${column}`).join(', ');
  const select = `SELECT i AS id, 'Ada Lovelace'::text AS name, ${columns}, 'it was the age of wisdom'::text AS note`;
  const tables = ['bench_masked', 'bench_searched'];
  const statements = tables.map((table) => `CREATE TABLE ${table} AS ${select} FROM generate_series(1, ${rows}) AS i`);
  for (const statement of [...statements, 'VACUUM ANALYZE']) {
    const client = await WireClient.login(target);
    await client.drain(query(statement));
    client.end();
  }
}
