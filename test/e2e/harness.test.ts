import { expect, it } from 'vitest';
import { describeEachServer } from './support/each-server.ts';
import { targetUsers, withClient } from './support/postgres-server.ts';
import { createShop, dropShop } from './support/shop.ts';

/** What the other specifications take for granted of the servers that they run against. */
describeEachServer('the protected server', (server) => {
  it('is the version that it says', async () => {
    const version = await withClient({ port: server.port, database: 'postgres' }, async (client) => {
      const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
      return rows[0]?.server_version_num;
    });
    expect(Math.floor(Number(version) / 10_000)).toBe(server.major);
  });

  it('lets the gateway in as it was told to: SCRAM, MD5, trust; the TLS user not without TLS', async () => {
    const login = (as: { user: string; password: string }) =>
      withClient({ port: server.port, database: 'postgres', ...as }, async (client) => {
        const { rows } = await client.query<{ current_user: string }>('SELECT current_user');
        return rows[0]?.current_user;
      });
    for (const as of [targetUsers.scram, targetUsers.md5, targetUsers.trust]) {
      expect(await login(as)).toBe(as.user);
    }
    await expect(login({ ...targetUsers.scram, password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
    await expect(login({ ...targetUsers.md5, password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
    await expect(login(targetUsers.tls)).rejects.toMatchObject({ code: '28000' });
  });

  it('gives every specification a sample database of its own', async () => {
    const name = await createShop(server, 'harness');
    const count = await withClient({ port: server.port, database: name }, async (client) => {
      const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM customers');
      return rows[0]?.count;
    });
    expect(count).toBe('4');
    await dropShop(server, name);
  });
});
