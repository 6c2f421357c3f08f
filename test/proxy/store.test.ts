import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../proxy/log.ts';
import { openStore, type Store } from '../../proxy/store/store.ts';

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-store-'));
  store = await openStore({ kind: 'pglite', directory: folder }, silentLogger);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const grant = (id: string): Parameters<typeof insertGrant>[0] => ({
  id,
  approval: 'a',
  subject: 's',
  resource: 'r',
  effects: ['drop', 'alter'],
  revision: 'v',
  granted_by: 'ada',
  created: new Date('2026-01-01T00:00:00Z'),
  expires: new Date('2026-01-01T01:00:00Z'),
});

function insertGrant(values: {
  id: string;
  approval: string;
  subject: string;
  resource: string;
  effects: string[];
  revision: string;
  granted_by: string;
  created: Date;
  expires: Date;
}): Promise<unknown> {
  return store.db.insertInto('grants').values(values).execute();
}

describe('the store in a directory', () => {
  it('keeps rows, with times as dates and lists as lists', async () => {
    await insertGrant(grant('g1'));
    const row = await store.db.selectFrom('grants').selectAll().where('id', '=', 'g1').executeTakeFirstOrThrow();
    expect(row).toEqual({ ...grant('g1'), revoked: null, revoked_by: null });
  });

  it('takes back a transaction that fails, and says why with its SQLSTATE', async () => {
    await expect(
      store.db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('grants').execute();
        await sql`select 1 / 0`.execute(transaction);
      }),
    ).rejects.toMatchObject({ code: '22012' });
    expect(await store.db.selectFrom('grants').select('id').execute()).toEqual([{ id: 'g1' }]);
  });

  it('lets transactions take turns', async () => {
    const order: string[] = [];
    const one = (name: string): Promise<void> =>
      store.db.transaction().execute(async (transaction) => {
        order.push(`${name} begins`);
        await sql`select 1`.execute(transaction);
        order.push(`${name} ends`);
      });
    await Promise.all([one('a'), one('b')]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('carries word to everybody who listens, until they stop', async () => {
    const heard: string[] = [];
    const first = await store.listen('news', (payload) => heard.push(`1 ${payload}`));
    const second = await store.listen('news', (payload) => heard.push(`2 ${payload}`));
    await store.notify('news', 'x');
    await first();
    await store.notify('news', 'y');
    await second();
    await store.notify('news', 'z');
    await store.listen('other', () => undefined);
    expect(heard).toEqual(['1 x', '2 x', '2 y']);
  });

  it('keeps a second process out', async () => {
    await expect(openStore({ kind: 'pglite', directory: folder }, silentLogger)).rejects.toMatchObject({
      code: 'SP_STORE_LOCKED',
    });
  });
});

describe('opening a store', () => {
  it('takes over from a process that is gone, and finds what it left', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-store-'));
    try {
      const first = await openStore({ kind: 'pglite', directory }, silentLogger);
      await first.close();
      // No process has this number: it is above the kernel's largest.
      await writeFile(
        join(directory, 'lock'),
        JSON.stringify({ pid: 4_194_305, host: (await import('node:os')).hostname(), started: '' }),
      );
      const second = await openStore({ kind: 'pglite', directory }, silentLogger);
      expect(await second.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
      await second.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('refuses a store that a newer version has changed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-store-'));
    try {
      const first = await openStore({ kind: 'pglite', directory }, silentLogger);
      await sql`insert into sallyport_migrations (name, timestamp) values ('999-later', '2030')`.execute(first.db);
      await first.close();
      await expect(openStore({ kind: 'pglite', directory }, silentLogger)).rejects.toMatchObject({
        code: 'SP_STORE_MIGRATION',
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('says so when a PostgreSQL cannot be reached', async () => {
    await expect(
      openStore({ kind: 'postgres', url: 'postgresql://nobody@127.0.0.1:1/none' }, silentLogger),
    ).rejects.toMatchObject({ code: 'SP_STORE_UNAVAILABLE' });
  });
});
