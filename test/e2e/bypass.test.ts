import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bypassRows, harmless } from './support/bypass-rows.ts';
import { canaryState } from './support/canary.ts';
import { describeEachServer } from './support/each-server.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { chainFlaw, judged } from './support/recordings.ts';
import { statementsSeen, unjudged } from './support/server-log.ts';
import { createShop, dropShop } from './support/shop.ts';
import { extendedQuery, query } from './support/wire/frames.ts';
import { errors, WireClient, type Message } from './support/wire/wire-client.ts';

/** The whole way: a client's socket, the gateway as it is run, a real server whose own log is the witness. */
describeEachServer('ways around the gateway', (server) => {
  let gateway: Gateway;
  let database: string;
  let scratch: string;
  let before: string;

  beforeAll(async () => {
    database = await createShop(server, 'bypass');
    scratch = fs.mkdtempSync(path.join(server.scratchFolder, 'bypass-'));
    fs.chmodSync(scratch, 0o777);
    gateway = await startGateway({ server, database });
    before = await canaryState(server, database, scratch);
  });
  afterAll(async () => {
    await gateway.stop();
    await dropShop(server, database);
  });

  const login = () => WireClient.login({ ...gateway.endpoint('agent'), host: '127.0.0.1' });
  const fill = (text: string) => text.replaceAll('{scratch}', scratch).replaceAll('{database}', database);

  for (const [protocol, message] of [
    ['the simple protocol', query],
    ['the extended protocol', (text: string) => extendedQuery(text)],
  ] as const) {
    describe(`with ${protocol}`, () => {
      it.each(bypassRows.map(({ name, steps }) => [name, steps] as const))('%s', async (_, steps) => {
        const client = await login();
        const said: Message[] = [];
        for (const step of steps) said.push(...(await client.exchange(message(fill(step)))));
        client.end();
        // The target's user is a superuser, so that a 42501 can only be Sallyport's.
        expect(errors(said).map((error) => error['C'])).toContain('42501');
        expect(Buffer.concat(said.map(({ body }) => body)).toString('latin1')).not.toMatch(/crown jewels|root:x:0/);
        expect(await canaryState(server, database, scratch)).toBe(before);
      });

      it.each(protocol === 'the simple protocol' ? [...harmless, 'BEGIN; SELECT 1; COMMIT'] : harmless)(
        'is no way around and is allowed: %s',
        async (text) => {
          const client = await login();
          const said = await client.exchange(message(text));
          client.end();
          expect(errors(said)).toEqual([]);
          expect(await canaryState(server, database, scratch)).toBe(before);
        },
      );
    });
  }

  it('the target saw nothing that was not judged and allowed', async () => {
    const recordings = gateway.recordings();
    const allowed = new Set(
      judged(recordings)
        .filter(({ effect }) => effect === 'allow')
        .map(({ text }) => text),
    );
    const seen = await statementsSeen(server, 'gateway_scram', database);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.map((statement) => unjudged(statement, allowed)).filter((rest) => rest !== '')).toEqual([]);
  });

  it('every attempt is in the recordings, whose chains are whole', async () => {
    const recordings = gateway.recordings();
    expect(recordings.map(chainFlaw).filter((flaw) => flaw !== undefined)).toEqual([]);
    expect(await gateway.verifyRecordings()).toMatchObject({ code: 0 });
    const denied = judged(recordings).filter(({ effect }) => effect === 'deny');
    expect(denied.length).toBeGreaterThanOrEqual(bypassRows.length * 2);
  });
});
