import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { runReindex } from '../../cli/commands/reindex.ts';
import { silentLogger } from '../../proxy/log.ts';
import { openStore } from '../../proxy/store/store.ts';
import { temporaryDirectory } from '../proxy/support/fixtures.ts';
import { recordingText } from '../proxy/support/recording.ts';
import { fakeStreams } from './fake-streams.ts';

test('reindex sees to what is still to be told, once, however often it runs', async () => {
  const folder = temporaryDirectory();
  const config = join(folder, 'sallyport.yaml');
  await mkdir(join(folder, 'policies'));
  await writeFile(
    config,
    `policies: policies
data: data
listeners: [{ name: l, protocol: postgres, address: '127.0.0.1:0', resource: r }]
resources: [{ name: r, protocol: postgres, target: { host: h, port: 5432, user: u } }]
subjects: []
notifications: { channels: { ops: { url: { env: NOT_SET_HERE } } } }
`,
  );
  await mkdir(join(folder, 'data/recordings/2026-01-01'), { recursive: true });
  const notify = { kind: 'notify', channel: 'ops' };
  await writeFile(
    join(folder, 'data/recordings/2026-01-01/s1.jsonl'),
    recordingText('s1', [{ effect: 'allow', obligations: [notify] }, 'end']),
  );
  const location = { kind: 'pglite', directory: join(folder, 'data/store') } as const;
  const first = await openStore(location, silentLogger);
  await sql`update sallyport_migrations set timestamp = '2020-01-01T00:00:00Z'`.execute(first.db);
  await first.close();
  for (const _again of [1, 2]) {
    expect(await runReindex({ config, format: 'json' }, fakeStreams([]))).toBe(0);
  }
  const store = await openStore(location, silentLogger);
  expect(await store.db.selectFrom('outbox').select(['source', 'state']).execute()).toEqual([
    { source: 's1.2.0', state: 'waiting' },
  ]);
  expect(await store.db.selectFrom('commands').select('seq').execute()).toEqual([{ seq: 1 }]);
  await store.close();
});
