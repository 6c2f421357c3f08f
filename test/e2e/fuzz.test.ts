import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canaryState } from './support/canary.ts';
import { describeEachServer } from './support/each-server.ts';
import { withPg } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { targetUsers } from './support/postgres-server.ts';
import { judged } from './support/recordings.ts';
import { statementsSeen, unjudged } from './support/server-log.ts';
import { createShop } from './support/shop.ts';
import * as frames from './support/wire/frames.ts';
import { query } from './support/wire/frames.ts';
import { rows, WireClient } from './support/wire/wire-client.ts';

/** Frames that are right, nearly right and wrong, in any order. */
const texts = fc.constantFrom(
  'SELECT 1',
  'DELETE FROM canary',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'SELECT $1::int',
  'SELEC',
  '',
  'COPY canary FROM STDIN',
  'COPY customers TO STDOUT',
  'SELECT 1; DELETE FROM canary; SELECT 2',
  'DECLARE c CURSOR FOR SELECT 1',
);
const names = fc.constantFrom('', 'a', 'b');
const sane = fc.oneof(
  texts.map(frames.query),
  fc.tuple(texts, names).map(([text, name]) => frames.parse(text, name)),
  fc.tuple(fc.array(fc.option(fc.constantFrom('1', 'x', '')), { maxLength: 2 }), names, names).map(([values, name, portal]) => frames.bind(values, name, portal)),
  names.map(frames.describeStatement),
  names.map(frames.describePortal),
  names.map(frames.closeStatement),
  names.map(frames.closePortal),
  fc.tuple(names, fc.integer({ min: 0, max: 3 })).map(([portal, max]) => frames.execute(portal, max)),
  fc.constantFrom(frames.sync, frames.flush, frames.copyDone, frames.copyFail('no'), frames.copyData('9\tx\n')),
  fc.nat(5000).map((oid) => frames.functionCall(oid, [])),
); // prettier-ignore
const damaged = fc.tuple(sane, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, value]) => {
  const copy = Buffer.from(bytes);
  copy[at % copy.length] = value;
  return copy;
});
const wild = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const mostlySane = fc.oneof(
  { weight: 20, arbitrary: sane },
  { weight: 2, arbitrary: damaged },
  { weight: 1, arbitrary: wild },
);

describeEachServer('fuzzed frames', (server) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'fuzz');
    gateway = await startGateway({ server, database });
  });
  afterAll(() => gateway.stop());

  const login = () => WireClient.login({ ...gateway.endpoint('agent'), host: '127.0.0.1' });

  it('valid frames in any order never put question and answer out of step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sane, { maxLength: 12 }), async (parts) => {
        const client = await login();
        client.send(...parts);
        // Out of whatever state that was: a COPY, a skipped pipeline, a failed transaction.
        client.send(frames.copyFail('end'), frames.sync, query('ROLLBACK'), query("SELECT 'in step'"));
        const said = await client.take((message) => message.type === 'D' && message.body.includes('in step'));
        client.end();
        expect(rows(said).at(-1)).toEqual(['in step']);
      }),
      { numRuns: 60 },
    );
  });

  it('damaged frames never bring the gateway down, and never get an unjudged statement through', async () => {
    const before = await canaryState(server, database, server.scratchFolder);
    await fc.assert(
      fc.asyncProperty(fc.array(mostlySane, { minLength: 1, maxLength: 12 }), async (parts) => {
        const client = await login();
        client.send(...parts);
        await client.take((message) => message.type === 'E' || message.type === 'Z', 300).catch(() => undefined);
        client.end();
      }),
      { numRuns: 120 },
    );
    expect(gateway.running.child.exitCode).toBeNull();
    expect(await canaryState(server, database, server.scratchFolder)).toBe(before);
    await withPg(gateway.endpoint('agent'), async (client) => {
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
    const allowed = new Set(
      judged(gateway.recordings())
        .filter(({ effect }) => effect === 'allow')
        .map(({ text }) => text),
    );
    const seen = await statementsSeen(server, targetUsers.scram.user, database);
    expect(seen.map((statement) => unjudged(statement, allowed)).filter((rest) => rest !== '')).toEqual([]);
  });

  it('bytes from nowhere at the door do no harm', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const client = await WireClient.open(gateway.port);
        client.send(Buffer.from(bytes));
        client.end();
        await Promise.resolve();
      }),
      { numRuns: 100 },
    );
    await withPg(gateway.endpoint('agent'), (client) => client.query('SELECT 1'));
    expect(gateway.running.child.exitCode).toBeNull();
  });
});
