import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canaryState } from './support/canary.ts';
import { describeEachServer } from './support/each-server.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { withClient } from './support/postgres-server.ts';
import { createShop } from './support/shop.ts';
import { extendedQuery, query } from './support/wire/frames.ts';
import { errors, rows, WireClient, type Message } from './support/wire/wire-client.ts';

/**
 * Settings that change what a text means: whoever may do anything, even what Sallyport does not understand, may not
 * change these, for the parser would from then on read another language than the target.
 */
describeEachServer('settings that change what statements mean', (server) => {
  let gateway: Gateway;
  let database: string;
  let before: string;

  beforeAll(async () => {
    database = await createShop(server, 'settings');
    gateway = await startGateway({ server, database });
    before = await canaryState(server, database, server.scratchFolder);
  });
  afterAll(() => gateway.stop());

  const login = () => WireClient.login({ ...gateway.endpoint('keeper'), host: '127.0.0.1' });

  const roads: readonly string[] = [
    'SET standard_conforming_strings = off',
    "SET SESSION standard_conforming_strings TO 'off'",
    'SET standard_conforming_strings = 0',
    'SET "standard_conforming_strings" = false',
    'SET Standard_Conforming_Strings = off',
    'BEGIN; SET LOCAL standard_conforming_strings = off',
    "SELECT set_config('standard_conforming_strings', 'off', false)",
    "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', true) FROM customers",
    'ALTER ROLE gateway_scram SET standard_conforming_strings = off',
    'ALTER ROLE ALL SET standard_conforming_strings = off',
    'ALTER DATABASE {database} SET standard_conforming_strings = off',
    'ALTER SYSTEM SET standard_conforming_strings = off',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET standard_conforming_strings = off AS 'SELECT 1'",
    "SET client_encoding = 'LATIN1'",
    "SET NAMES 'SJIS'",
    "SELECT set_config('client_encoding', 'GBK', false)",
    'ALTER ROLE gateway_scram SET client_encoding = LATIN1',
  ];

  describe.each([
    ['simple', query],
    ['extended', (text: string) => extendedQuery(text)],
  ] as const)('refused by name, with the %s protocol', (_, message) => {
    it.each(roads)('%s', async (road) => {
      const client = await login();
      const said = await client.exchange(message(road.replace('{database}', database)));
      expect(errors(said)).toHaveLength(1);
      // The backslash is an ordinary character: one statement with one string, and not a DELETE behind it.
      const after: Message[] = client.closed
        ? []
        : await client.exchange(query('ROLLBACK'), query("SELECT '\\' AS a, '; DELETE FROM canary; --' AS b"));
      after.push(...(client.closed ? [] : await client.untilReady()));
      expect(rows(after)).toEqual([['\\', '; DELETE FROM canary; --']]);
      client.end();
      expect(await canaryState(server, database, server.scratchFolder)).toBe(before);
    });
  });

  it.each([
    "DO $$ BEGIN PERFORM set_config('standard_' || 'conforming_strings', 'off', false); END $$",
    "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name LIKE 'standard_conf%'",
    "DO $$ BEGIN PERFORM set_config('client_' || 'encoding', 'LATIN1', false); END $$",
  ])('what gets there by a road that nobody sees ends the session: %s', async (road) => {
    const client = await login();
    client.send(query(road), query("SELECT 'still here'"));
    const said = await client.untilClosed();
    expect(rows(said).flat()).not.toContain('still here');
    client.end();
  });

  it('a role whose settings are wrong from the start is refused at the door', async () => {
    const alter = (setting: string) =>
      withClient({ port: server.port, database: 'postgres' }, (admin) =>
        admin.query(`ALTER ROLE gateway_scram IN DATABASE ${database} ${setting}`),
      );
    await alter('SET standard_conforming_strings = off');
    try {
      const outcome = await login().then(
        (client) => client.exchange(query('SHOW standard_conforming_strings')).then(rows),
        (error: unknown) => String(error),
      );
      // Either it turns the setting on for its own session, or it lets nobody in.
      if (typeof outcome === 'string') expect(outcome).toContain('standard_conforming_strings');
      else expect(outcome).toEqual([['on']]);
    } finally {
      await alter('RESET standard_conforming_strings');
    }
  });
});
