import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { introspection } from '../corpus/masking/introspection.ts';
import { labelledQueries, talkingQueries, type Case } from '../corpus/masking/labelled.ts';
import { labels } from '../corpus/masking/labels.ts';
import { mixedQueries } from '../corpus/masking/mixed.ts';
import { isOpaque } from '../corpus/masking/opaque.ts';
import { directly, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { targetUsers, withClient } from './support/postgres-server.ts';
import { dropShop } from './support/shop.ts';
import * as frontend from './support/wire/frames.ts';
import { errors, rows, WireClient, type Message } from './support/wire/wire-client.ts';

const schema = fs.readFileSync(new URL('../corpus/masking/schema.sql', import.meta.url), 'utf8');

/**
 * What the labelled values of the corpus look like, wherever they turn up: as they are, turned round, in capitals, in
 * hexadecimal and base64, as numbers and dates in text and in PostgreSQL's binary formats.
 */
const SEEDS: readonly RegExp[] = [
  /zq7|7qz|ZQ7|7a7137|5a5137|enE3|pxN2|6cTd/,
  /9117000\d|911750\d|1911-01-\d\d|1911 ?-?01/,
];

/** 91170001 to 91170006 as int4, 1911-01-02 to 1911-01-07 as days before 2000. */
const NUMBERS: readonly string[] = [1, 2, 3, 4, 5, 6].flatMap((n) => {
  const days = (Date.UTC(1911, 0, 1 + n) - Date.UTC(2000, 0, 1)) / 86_400_000;
  return [91_170_000 + n, days].map((value) => frontend.int32(value).toString('latin1'));
});

function seedsIn(bytes: string): string | undefined {
  const number = NUMBERS.find((one) => bytes.includes(one));
  if (number !== undefined) return `binary ${JSON.stringify(number)}`;
  for (const seed of SEEDS) {
    const found = seed.exec(bytes);
    if (found !== null) return bytes.slice(Math.max(0, found.index - 30), found.index + 30);
  }
  return undefined;
}

const flat = (one: Case): readonly string[] => (typeof one === 'string' ? [one] : one);
const labelled = Object.values(labelledQueries).flat().map(flat);
const talking = talkingQueries.map(flat);

/** As `extendedQuery`, with results in binary. */
function binaryQuery(text: string): Buffer {
  const bound = Buffer.concat([frontend.cstring(''), frontend.cstring(''), ...[0, 0, 1, 1].map(frontend.int16)]);
  const parts = [frontend.parse(text), frontend.frame('B', bound), frontend.describePortal(), frontend.execute()];
  return Buffer.concat([...parts, frontend.sync]);
}

// One server will do: what other versions do otherwise is a matter of syntax, which the dialect's own specification covers.
describe.each(inject('servers').slice(0, 1))('the corpus of masking ($name)', (server) => {
  let gateway: Gateway;
  let database: string;
  let masked: WireClient;
  let direct: WireClient;

  const login = (endpoint: Endpoint): Promise<WireClient> => {
    const { host, port, user, password, database: name } = endpoint;
    return WireClient.login({ host, port, user, password, database: name });
  };

  const straight = (): Endpoint => ({ ...directly(server, database), ...targetUsers.trust });

  beforeAll(async () => {
    database = `masking_${randomBytes(3).toString('hex')}`;
    const owner = targetUsers.trust.user;
    await withClient({ port: server.port, database: 'postgres' }, (client) =>
      client.query(`CREATE DATABASE ${database} OWNER ${owner}`),
    );
    const plain = `CREATE SCHEMA plain; SET search_path = plain; ${schema.replaceAll('zq7', 'abc')}`;
    await withClient({ port: server.port, database }, (client) =>
      client.query(`SET ROLE ${owner}; ${schema}; ${plain}`),
    );
    gateway = await startGateway({
      server,
      database,
      policies: 'test/e2e/policies/masking-corpus',
      target: { user: 'trust' },
    });
    masked = await login(gateway.endpoint('ada'));
    direct = await login(straight());
  }, 60_000);

  afterAll(async () => {
    masked.end();
    direct.end();
    await gateway.stop();
    await dropShop(server, database);
  });

  /** Everything that a session says to statements in a transaction that is undone. */
  async function said(client: WireClient, statements: readonly Buffer[]): Promise<Message[]> {
    const all = await client.exchange(frontend.query('BEGIN'));
    for (const statement of statements) all.push(...(await client.exchange(statement)));
    all.push(...(await client.exchange(frontend.query('ROLLBACK'))));
    if (statements.length > 1) all.push(...(await client.exchange(frontend.query('DEALLOCATE ALL'))));
    return all;
  }

  const bytesOf = (messages: readonly Message[]): string =>
    messages.map(({ type, body }) => type + body.toString('latin1')).join('');

  async function leaks(cases: readonly (readonly string[])[], frame: (text: string) => Buffer): Promise<string[]> {
    const found: string[] = [];
    for (const statements of cases) {
      const seed = seedsIn(bytesOf(await said(masked, statements.map(frame))));
      if (seed !== undefined) found.push(`${statements.join('; ')}: ${JSON.stringify(seed)}`);
    }
    return found;
  }

  it('is held to the labels that the policies have', () => {
    const file = new URL('./policies/masking-corpus/data.json', import.meta.url);
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual({ labels });
  });

  it('shows labelled values without the gateway, so that they would be found', async () => {
    const shown = ['SELECT email FROM public.customers', 'SELECT salary, birth_date FROM public.customers'];
    for (const text of shown) {
      expect(seedsIn(bytesOf(await said(direct, [frontend.query(text)]))), text).toBeDefined();
      expect(seedsIn(bytesOf(await said(direct, [binaryQuery(text)]))), text).toBeDefined();
    }
  });

  it('shows no labelled value in a simple query', async () => {
    expect(await leaks(labelled, frontend.query)).toEqual([]);
  }, 60_000);

  it('shows no labelled value in the extended protocol, in text and binary', async () => {
    const single = labelled.filter(({ length }) => length === 1);
    expect(await leaks(single, (text) => frontend.extendedQuery(text))).toEqual([]);
    expect(await leaks(labelled, binaryQuery)).toEqual([]);
  }, 60_000);

  it('shows no labelled value in errors and notices', async () => {
    expect(await leaks(talking, frontend.query)).toEqual([]);
    expect(await leaks(talking, binaryQuery)).toEqual([]);
  }, 60_000);

  it('lets notifications through without what they carry', async () => {
    const listener = await login(gateway.endpoint('ada'));
    await listener.exchange(frontend.query('SELECT email FROM customers; LISTEN mails'));
    await direct.exchange(frontend.query("SELECT pg_notify('mails', email) FROM public.customers"));
    expect(seedsIn(bytesOf(await listener.exchange(frontend.query('SELECT 1'))))).toBeUndefined();
    listener.end();
  });

  it('shows what is not labelled, but for 10 % of the columns at most', async () => {
    let clean = 0;
    let hidden = 0;
    for (const text of mixedQueries) {
      const theirs = rows(await said(direct, [frontend.query(text)]));
      const ours = rows(await said(masked, [frontend.query(text)]));
      expect(ours.length, text).toBe(theirs.length);
      theirs[0]?.forEach((_, index) => {
        const values = theirs.map((row) => row[index] ?? '');
        // Without a seed in it a column is taken for clean, though it may depend on one.
        if (values.some((value) => seedsIn(value) !== undefined)) return;
        clean += 1;
        if (ours.map((row) => row[index] ?? '').join() !== values.join()) hidden += 1;
      });
    }
    console.log(`${hidden} of ${clean} columns without a labelled value are masked`);
    expect(hidden / clean).toBeLessThanOrEqual(0.1);
  }, 60_000);

  it('passes the same queries over tables without labels through as they are', async () => {
    const told = (messages: readonly Message[]): string =>
      // The gateway words where in the text an error is in its own way.
      bytesOf(messages.filter(({ type }) => type !== 'E')) +
      errors(messages)
        .map(({ C, M }) => `${C ?? ''} ${M ?? ''}`)
        .join();
    const different: string[] = [];
    const sessions = async (): Promise<[WireClient, WireClient]> => {
      const both: [WireClient, WireClient] = [await login(straight()), await login(gateway.endpoint('ada'))];
      for (const client of both) await client.exchange(frontend.query('SET search_path = plain'));
      return both;
    };
    const shared = await sessions();
    for (const statements of labelled) {
      const texts = statements.map((text) => text.replaceAll('zq7', 'abc').replaceAll('public.', 'plain.'));
      if (isOpaque(texts.join())) continue;
      // The gateway keeps in mind what cursors and temporary tables held before, under the same names.
      const own = texts.length > 1;
      const [theirs, ours] = own ? await sessions() : shared;
      for (const frame of texts.length === 1 ? [frontend.query, binaryQuery] : [frontend.query]) {
        const frames = texts.map(frame);
        // A temporary table has another OID in each session, which RowDescription tells.
        const kept = (messages: readonly Message[]): readonly Message[] =>
          texts.join().includes('TEMP') ? messages.filter(({ type }) => type !== 'T') : messages;
        const [one, other] = [told(kept(await said(theirs, frames))), told(kept(await said(ours, frames)))];
        if (one !== other) different.push(`${texts.join('; ')}: ${JSON.stringify([one, other])}`);
      }
      if (own) for (const client of [theirs, ours]) client.end();
    }
    for (const client of shared) client.end();
    expect(different).toEqual([]);
  }, 60_000);

  it('passes through what clients ask the database about itself, byte for byte', async () => {
    const [one, another] = [await login(straight()), await login(straight())];
    const ours = await login(gateway.endpoint('ada'));
    // As the gateway does when it logs in; pg_settings tells of it.
    for (const client of [one, another]) await client.exchange(frontend.query("SET client_encoding = 'UTF8'"));
    const different: string[] = [];
    let same = 0;
    for (const [client, texts] of await introspection()) {
      for (const text of texts) {
        const answer = async (session: WireClient): Promise<string> =>
          bytesOf(await said(session, [frontend.query(text)]));
        const expected = await answer(one);
        const failed = expected.includes('ERROR');
        // What differs from session to session (process ids, statistics, the time) tells nothing.
        if (failed || expected !== (await answer(another))) continue;
        if ((await answer(ours)) === expected) same += 1;
        else different.push(`${client}: ${text}`);
      }
    }
    for (const client of [one, another, ours]) client.end();
    expect(different).toEqual([]);
    console.log(`${same} questions of clients are answered as without the gateway`);
    expect(same).toBeGreaterThan(300);
  }, 60_000);

  it('writes no labelled value to the log or the recordings', () => {
    const asked = [...labelled, ...talking].flat().join('\n');
    const files = fs.readdirSync(gateway.recordingsFolder, { recursive: true, encoding: 'utf8' });
    const written = files
      .map((file) => path.join(gateway.recordingsFolder, file))
      .filter((file) => fs.statSync(file).isFile())
      .map((file) => fs.readFileSync(file, 'utf8'));
    for (const text of [gateway.log(), ...written]) {
      // What the statements themselves say is the client's own.
      const found = [...text.matchAll(/zq7[\w-]*|9117000\d|1911-01-\d\d/g)].map(([seed]) => seed);
      expect([...new Set(found)].filter((seed) => !asked.includes(seed))).toEqual([]);
    }
  });
});
