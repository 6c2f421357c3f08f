import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { runList, runSuggest, type SuggestLabelsOptions } from '../../cli/commands/labels.ts';
import { fakeStreams } from '../cli/fake-streams.ts';
import { describeEachServer } from './support/each-server.ts';
import { targetUsers, withClient } from './support/postgres-server.ts';
import { createShop, dropShop } from './support/shop.ts';

const tables = `
  CREATE TABLE messages (id int, body text, reference text, sent_at timestamptz);
  INSERT INTO messages SELECT n, 'Write to person' || n || '@example.com please', 'A-' || n, now() FROM generate_series(1, 500) AS n;
  CREATE TABLE numbers (id int, serial bigint);
  INSERT INTO numbers SELECT n, n FROM generate_series(1, 500) AS n;
  CREATE TABLE vault.staff (ssn text, phone text);
  CREATE TABLE leads (email text) PARTITION BY LIST (email); CREATE TABLE leads_1 PARTITION OF leads DEFAULT;
  COMMENT ON COLUMN customers.name IS 'As on the card. @labels(pii, name)';
`;

describeEachServer('sallyport labels', (server) => {
  let database: string;
  let folder: string;

  beforeAll(async () => {
    database = await createShop(server, 'labels');
    await withClient({ port: server.port, database }, (client) => client.query(tables));
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-labels-'));
    fs.mkdirSync(path.join(folder, 'policies'));
    fs.writeFileSync(
      path.join(folder, 'policies', 'shop.rego'),
      'package policy.shop\n\nallow contains "all" if true\n',
    );
    put({});
  });
  afterAll(async () => {
    await dropShop(server, database);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Writes the configuration, and what policy data says. */
  function put(labels: object, target: object = {}): void {
    fs.writeFileSync(path.join(folder, 'policies', 'data.json'), JSON.stringify({ labels }));
    const { user, password } = targetUsers.scram;
    const configuration = {
      policies: 'policies',
      listeners: [{ name: 'shop', protocol: 'postgres', address: '127.0.0.1:6432', resource: 'shop' }],
      resources: [
        {
          name: 'shop',
          protocol: 'postgres',
          target: {
            host: '127.0.0.1',
            port: server.port,
            user,
            password,
            database,
            tls: { mode: 'disable' },
            ...target,
          },
        },
      ],
      subjects: [],
    };
    fs.writeFileSync(path.join(folder, 'sallyport.yaml'), JSON.stringify(configuration));
  }

  interface Suggested {
    readonly labels: Record<string, string[]>;
    readonly new: Record<string, string[]>;
    readonly stale: string[];
    readonly skipped: { table: string; reason: string }[];
  }

  async function suggest(more: Partial<SuggestLabelsOptions> = {}): Promise<{ code: number; text: string }> {
    const streams = fakeStreams([]);
    const options = {
      config: path.join(folder, 'sallyport.yaml'),
      rows: 1_000,
      timeout: 10_000,
      format: 'json',
    } as const;
    const code = await runSuggest('shop', { ...options, ...more }, streams);
    return { code, text: streams.output() };
  }

  const suggestJson = async (more: Partial<SuggestLabelsOptions> = {}): Promise<[number, Suggested]> => {
    const { code, text } = await suggest(more);
    return [code, JSON.parse(text) as Suggested];
  };

  describe('suggest', () => {
    test('finds columns by their names, their types, and what is in them, and says why', async () => {
      put({});
      const [code, found] = await suggestJson();
      expect(code).toBe(1);
      expect(found.new).toEqual({
        'shop.public.customers.card_number': ['named card_number', 'card in 100 % of 3 values'],
        'shop.public.customers.email': ['named email', 'email in 100 % of 4 values'],
        'shop.public.kinds.ip': ['named ip'],
        'shop.public.leads.email': ['named email'],
        'shop.public.messages.body': ['email in 100 % of 500 values'],
        'shop.vault.secrets.secret': ['named secret'],
        'shop.vault.staff.phone': ['named phone'],
        'shop.vault.staff.ssn': ['named ssn'],
      });
      expect(found.labels['shop.public.customers.email']).toEqual(['pii', 'email']);
      expect(found).toMatchObject({ stale: [], skipped: [] });
    });

    test('never shows a value', async () => {
      put({});
      for (const format of ['yaml', 'json'] as const) {
        const { text } = await suggest({ format });
        for (const value of ['example.com', '4111', 'Lovelace', 'crown']) expect(text).not.toContain(value);
      }
    });

    test('prints a data file that reads back, with the reasons beside it', async () => {
      put({ 'shop.public.customers.email': 'mail' });
      const { text } = await suggest({ format: 'yaml' });
      const read = parseYaml(text) as { labels: Record<string, unknown> };
      expect(read.labels).toMatchObject({
        'shop.public.customers.email': 'mail',
        'shop.public.messages.body': ['pii', 'email'],
      });
      expect(text).toContain('# new: email in 100 % of 500 values\n  shop.public.messages.body: [ pii, email ]\n');
    });

    test('is content once everything is labelled, and says what is stale', async () => {
      const [, first] = await suggestJson();
      put(first.labels);
      const [code, second] = await suggestJson();
      expect([code, second.new, second.labels]).toEqual([0, {}, first.labels]);
      put({
        ...first.labels,
        'shop.public.customers.fax': 'phone',
        'shop.public.people.email': 'pii',
        'other.a.b.c': 'pii',
      });
      const [staleCode, third] = await suggestJson();
      expect([staleCode, third.stale]).toEqual([1, ['shop.public.customers.fax', 'shop.public.people.email']]);
    });

    test('compares with another data file', async () => {
      put({});
      const file = path.join(folder, 'labels.yaml');
      fs.writeFileSync(file, 'labels:\n  shop.public.messages.*: [pii]\n');
      const [, found] = await suggestJson({ data: file });
      expect(found.labels['shop.public.messages.*']).toEqual(['pii']);
      expect(Object.keys(found.new)).not.toContain('shop.public.messages.body');
    });

    test('looks at one schema, or at no values at all', async () => {
      put({});
      const [, one] = await suggestJson({ schema: ['vault'] });
      expect(Object.keys(one.new)).toEqual([
        'shop.vault.secrets.secret',
        'shop.vault.staff.phone',
        'shop.vault.staff.ssn',
      ]);
      const [, none] = await suggestJson({ rows: 0 });
      expect(Object.keys(none.new)).not.toContain('shop.public.messages.body');
    });

    test('goes by names alone where it may not read, and says so', async () => {
      const role = `labels_${database}`;
      await withClient({ port: server.port, database }, (client) =>
        client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'labels-password'`),
      );
      put({}, { user: role, password: 'labels-password' });
      const [code, found] = await suggestJson();
      expect(code).toBe(1);
      expect(found.new['shop.public.customers.email']).toEqual(['named email']);
      expect(found.skipped).toContainEqual({
        table: 'public.messages',
        reason: expect.stringContaining('42501') as string,
      });
      await withClient({ port: server.port, database }, (client) => client.query(`DROP ROLE ${role}`));
    });
  });

  test('list tells every label and where it comes from', async () => {
    put({ 'shop.public.customers.email': 'mail', 'shop.public.leads.*': 'pii' });
    const streams = fakeStreams([]);
    const code = await runList('shop', { config: path.join(folder, 'sallyport.yaml'), format: 'json' }, streams);
    expect(code).toBe(0);
    expect((JSON.parse(streams.output()) as { labels: unknown }).labels).toEqual([
      { column: 'public.customers.email', label: 'mail', from: 'data.labels["shop.public.customers.email"]' },
      { column: 'public.customers.name', label: 'name', from: 'comment' },
      { column: 'public.customers.name', label: 'pii', from: 'comment' },
      { column: 'public.leads.email', label: 'pii', from: 'data.labels["shop.public.leads.*"]' },
      { column: 'public.leads_1.email', label: 'pii', from: 'inherited' },
    ]);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      'a resource that is not there',
      () =>
        runSuggest(
          'shopp',
          { config: path.join(folder, 'sallyport.yaml'), rows: 1, timeout: 1, format: 'json' },
          fakeStreams([]),
        ),
      'SP_USAGE',
    ],
    ['another database than the one there is', () => suggest({ database: 'other' }), 'SP_USAGE'],
    ['a data file that is not there', () => suggest({ data: 'nowhere.yaml' }), 'SP_USAGE'],
    [
      'labels that cannot be read',
      () => {
        put({ email: 'pii' });
        return suggest();
      },
      'SP_POLICY_INVALID',
    ],
    [
      'a target that cannot be reached',
      () => {
        put({}, { port: 1 });
        return suggest();
      },
      'SP_TARGET_UNREACHABLE',
    ],
  ])('could not run: %s', async (_what, run, code) => {
    await expect(run()).rejects.toMatchObject({ code });
  });
});
