import fs from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordingEvent } from '../../engine/contract.ts';
import { describeEachServer, describeWithTool } from './support/each-server.ts';
import { databaseError, directly, psql, queryRows, runLibpq, withPg } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { eventually } from './support/processes.ts';
import { createShop } from './support/shop.ts';
import * as frontend from './support/wire/frames.ts';
import { errors, rows, shape, WireClient, type Message } from './support/wire/wire-client.ts';

/** What stands in the labelled columns, in pieces that no client of these specifications writes itself. */
const SEEDS = ['Lovelace', 'Hopper', 'Turing', 'example.com', '411111111111', '550000000000', '340000000000'];
const HASH = /^[0-9a-f]{32}$/;

function seedsIn(text: string): string[] {
  const clear = text.toLowerCase();
  const hex = (seed: string): string => Buffer.from(seed).toString('hex');
  return SEEDS.filter((seed) => clear.includes(seed.toLowerCase()) || clear.includes(hex(seed)));
}

/** All that an error says. */
function whole({ message, detail, hint, where, internalQuery, table, column, constraint }: pg.DatabaseError): object {
  return { message, detail, hint, where, internalQuery, table, column, constraint };
}

describeEachServer('masking', (server) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'masking');
    gateway = await startGateway({ server, database, policies: 'test/e2e/policies/masking' });
  });
  afterAll(() => gateway.stop());

  const asAgent = <T>(work: (client: pg.Client) => Promise<T>, options: pg.ClientConfig = {}): Promise<T> =>
    withPg(gateway.endpoint('agent'), work, options);
  const wire = (): Promise<WireClient> => WireClient.login({ ...gateway.endpoint('agent'), parameters: {} });
  const shown = (messages: readonly Message[]): string[] =>
    seedsIn(messages.map(({ body }) => body.toString('latin1')).join('\n'));

  const roads: [road: string, text: string][] = [
    ['a column', 'SELECT email FROM customers'],
    ['all columns', 'SELECT * FROM customers'],
    ['an alias', 'SELECT email AS id, name AS created_at FROM customers'],
    ['an expression', "SELECT upper(name) || '!', reverse(email), length(email) FROM customers"],
    ['a cast', 'SELECT email::text::varchar, name::bytea FROM customers'],
    ['JSON', 'SELECT row_to_json(c), to_jsonb(c.email), json_agg(c) OVER () FROM customers c'],
    ['a whole row', 'SELECT c, c::text, ROW(c.email) FROM customers c'],
    ['an array', 'SELECT array_agg(email), ARRAY(SELECT name FROM customers) FROM customers'],
    ['a view', 'SELECT * FROM open_orders'],
    ['a CTE', 'WITH x AS (SELECT email AS y FROM customers) SELECT y FROM x'],
    ['a subquery', 'SELECT (SELECT max(email) FROM customers), x.n FROM (SELECT name AS n FROM customers) x'],
    ['a union', "SELECT 'a' UNION ALL SELECT email FROM customers"],
    ['a window', 'SELECT first_value(name) OVER (ORDER BY id) FROM customers'],
    ['XML', 'SELECT xmlforest(email, name) FROM customers'],
    ['a join', 'SELECT c.name, o.total FROM orders o JOIN customers c ON c.id = o.customer_id'],
    ['RETURNING', 'UPDATE customers SET notes = notes RETURNING *'],
    ['several statements', "SELECT 1; SELECT email FROM customers; SELECT 'b', name FROM customers"],
    ['SHOW and EXPLAIN beside it', 'EXPLAIN SELECT email FROM customers; SELECT name FROM customers'],
  ];

  it.each(roads)('%s shows nothing that is labelled, in either protocol, as text and in binary', async (_, text) => {
    const direct: unknown = await withPg(directly(server, database), (client) =>
      client.query<unknown[]>({ text, rowMode: 'array' }),
    );
    const clear = (Array.isArray(direct) ? direct : [direct]).map(({ rows: found }: { rows: unknown }) => found);
    expect(
      seedsIn(JSON.stringify(clear, (_key, value: unknown) => (Buffer.isBuffer(value) ? value.toString() : value))),
    ).not.toEqual([]);
    const client = await wire();
    expect(shown(await client.exchange(frontend.query(text)))).toEqual([]);
    if (!text.includes(';')) {
      const bound = (format: number): Buffer =>
        frontend.frame(
          'B',
          Buffer.concat([frontend.cstring(''), frontend.cstring(''), Buffer.from([0, 0, 0, 0, 0, 1, 0, format])]),
        );
      for (const format of [0, 1]) {
        const described = [frontend.parse(text), bound(format), frontend.describePortal(), frontend.execute()];
        const plain = [frontend.parse(text), frontend.describeStatement(), bound(format), frontend.execute()];
        expect(shown(await client.exchange(Buffer.concat([...described, frontend.sync])))).toEqual([]);
        expect(shown(await client.exchange(Buffer.concat([...plain, frontend.sync])))).toEqual([]);
      }
    }
    client.end();
  });

  it('what is clean is shown as it is, and hashes are equal for equal values', () =>
    asAgent(async (client) => {
      const text = 'SELECT id, name, email, card_number, created_at FROM customers ORDER BY id';
      const { rows: masked } = await client.query<Record<string, unknown>>(text);
      const { rows: again } = await client.query<Record<string, unknown>>({ text, name: 'again' });
      const clear = await queryRows(directly(server, database), text);
      expect(again).toEqual(masked);
      expect(masked.map(({ id, created_at: at }) => [id, at])).toEqual(clear.map(({ id, created_at: at }) => [id, at]));
      for (const row of masked) {
        expect(row).toMatchObject({ name: expect.stringMatching(HASH) as string, card_number: null });
      }
      const { rows: joined } = await client.query<{ name: string }>(
        'SELECT name AS name FROM customers WHERE id = $1',
        [1],
      );
      expect(joined[0]?.name).toBe(masked[0]?.['name']);
    }));

  it('who is not masked sees everything', async () => {
    const text = 'SELECT * FROM customers ORDER BY id';
    expect(await queryRows(gateway.endpoint('ada'), text)).toEqual(await queryRows(directly(server, database), text));
  });

  it('a client that asks for no description gets none, and masked rows', async () => {
    const client = await wire();
    const pipeline = [
      frontend.parse('SELECT id, email FROM customers ORDER BY id', 's'),
      frontend.bind([], 's'),
      frontend.execute('', 2),
      frontend.execute('', 2),
      frontend.bind([], 's', 'p'),
      frontend.execute('p'),
      frontend.sync,
    ];
    const answer = await client.exchange(Buffer.concat(pipeline));
    expect(shape(answer)).toBe('12DDsDDs2DDDDCZ');
    expect(rows(answer).map(([id]) => id)).toEqual(['1', '2', '3', '4', '1', '2', '3', '4']);
    expect(shown(answer)).toEqual([]);
    client.end();
  });

  describe('COPY out', () => {
    it.each([
      ['text', 'COPY customers TO STDOUT'],
      ['a query', 'COPY (SELECT id, upper(email) FROM customers) TO STDOUT'],
      ['CSV', 'COPY customers TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)'],
      ['binary', 'COPY customers TO STDOUT (FORMAT binary)'],
    ])('as %s is masked', async (_, text) => {
      const client = await wire();
      for (const sent of [frontend.query(text), frontend.extendedQuery(text)]) {
        const answer = await client.exchange(sent);
        expect(errors(answer)).toEqual([]);
        expect(shape(answer)).toContain('d');
        expect(shown(answer)).toEqual([]);
      }
      client.end();
    });
  });

  describe('cursors', () => {
    it('of DECLARE, closed and declared again', () =>
      asAgent(async (client) => {
        await client.query('BEGIN');
        await client.query('DECLARE c CURSOR FOR SELECT id, upper(name) AS n FROM customers ORDER BY id');
        const { rows: first } = await client.query<{ id: number; n: string }>('FETCH 2 FROM c');
        expect(first.map(({ id }) => id)).toEqual([1, 2]);
        expect(first[0]?.n).toMatch(HASH);
        await client.query('CLOSE c; DECLARE c CURSOR FOR SELECT total FROM orders ORDER BY id');
        expect((await client.query('FETCH 1 FROM c')).rows).toHaveLength(1);
        await client.query('ROLLBACK');
      }));

    it('of a portal, fetched from by its name', async () => {
      const client = await wire();
      await client.exchange(frontend.query('BEGIN'));
      const answer = await client.exchange(
        Buffer.concat([
          frontend.parse('SELECT reverse(name) FROM customers'),
          frontend.bind([], '', 'p'),
          frontend.sync,
        ]),
      );
      expect(shape(answer)).toBe('12Z');
      const fetched = await client.exchange(frontend.query('FETCH ALL FROM p'));
      expect(rows(fetched)).toHaveLength(4);
      expect(rows(fetched)[0]?.[0]).toMatch(HASH);
      client.end();
    });
  });

  describe('temporary tables', () => {
    it('are filled with labelled values, which are masked when they come out', () =>
      asAgent(async (client) => {
        await client.query('CREATE TEMP TABLE copies AS SELECT id, lower(email) AS e FROM customers');
        await client.query('CREATE TEMP TABLE more (id int, x text)');
        await client.query('INSERT INTO more SELECT id, reverse(name) FROM customers');
        const { rows: copies } = await client.query<{ id: number; e: string }>('SELECT * FROM copies ORDER BY id');
        expect(copies.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
        expect(copies[0]?.e).toMatch(HASH);
        const { rows: more } = await client.query<{ id: number; y: string }>(
          'SELECT id, upper(x) AS y FROM more ORDER BY id',
        );
        expect(more.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
        expect(more[0]?.y).toMatch(HASH);
      }));

    it('that hide a table of the same name let nothing of either through', () =>
      asAgent(async (client) => {
        await client.query(
          "BEGIN; CREATE TEMP TABLE customers ON COMMIT DROP AS SELECT 'x'::text AS email, 1 AS id; COMMIT",
        );
        const { rows: found } = await client.query('SELECT upper(email) AS e, id FROM customers');
        expect(seedsIn(JSON.stringify(found))).toEqual([]);
      }));
  });

  it('that hide tables whose columns are not labelled are not taken for them', () =>
    asAgent(async (client) => {
      const masked = async (text: string): Promise<void> => {
        const { rows: found } = await client.query<Record<string, unknown>>(text);
        expect(seedsIn(JSON.stringify(found))).toEqual([]);
      };
      await client.query('CREATE TEMP VIEW kinds AS SELECT name AS t FROM customers');
      await masked('SELECT t || $$!$$ AS x FROM kinds');
      await client.query('CREATE TEMP VIEW other AS SELECT email AS status, id FROM customers');
      await client.query('ALTER VIEW other RENAME TO orders');
      await masked('SELECT upper(status) AS x FROM orders');
      await client.query('DISCARD ALL');
      await client.query(
        'SET search_path = pg_temp, public; CREATE VIEW orders AS SELECT email AS status FROM customers',
      );
      await masked('SELECT upper(status) AS x FROM orders');
      await client.query('DISCARD ALL');
      await client.query('CREATE TEMP TABLE child (mail text) INHERITS (canary)');
      await client.query('INSERT INTO child (id, note) SELECT id, reverse(reverse(name)) FROM customers');
      await masked('SELECT upper(note) AS x FROM canary');
    }));

  describe('labelled values stay where they are', () => {
    it.each([
      ['another table', 'CREATE TABLE taken AS SELECT email FROM customers', 'the table'],
      ['a table that is there', 'INSERT INTO kinds (t) SELECT name FROM customers', 'the table'],
      ['a setting', "SELECT set_config('my.setting', email, false) FROM customers", 'the setting'],
      ['a channel', "SELECT pg_notify('news', email) FROM customers", 'the channel'],
    ])('a command that would carry them into %s is refused', async (_, text, place) => {
      const error = await databaseError(asAgent((client) => client.query(text)));
      expect(error.code).toBe('42501');
      expect(error.message).toMatch(/The masked column public\.customers\.(email|name) would go into /);
      expect(error.message).toContain(place);
    });

    it('they may be changed in their own place', () =>
      asAgent(async (client) => {
        await client.query("UPDATE customers SET email = 'x' || email WHERE id = 4");
        await client.query('UPDATE customers SET email = substr(email, 2) WHERE id = 4');
      }));
  });

  describe('texts', () => {
    const quoting: [string, string, string][] = [
      ['a cast', 'SELECT email::int FROM customers', '22P02'],
      ['a predicate', 'SELECT id FROM customers WHERE name::int = 1', '22P02'],
      ['a constraint', 'INSERT INTO customers (name, email) SELECT name, email FROM customers', '23505'],
      ['a row that fails', 'UPDATE customers SET name = NULL', '23502'],
    ];
    it.each(quoting)('an error of %s says its code alone', async (_, text, code) => {
      const direct = await databaseError(queryRows(directly(server, database), text));
      expect(seedsIn(JSON.stringify(whole(direct)))).not.toEqual([]);
      for (const values of [undefined, []]) {
        const error = await databaseError(asAgent((client) => client.query({ text, ...(values && { values }) })));
        expect(error.code).toBe(code);
        expect(seedsIn(JSON.stringify(whole(error)))).toEqual([]);
        expect(error.message).toContain('withheld');
      }
    });

    it('what is not about labelled columns is told as ever', async () => {
      const error = await databaseError(asAgent((client) => client.query("SELECT 'x'::int")));
      expect(error.message).toBe('invalid input syntax for type integer: "x"');
    });

    it('payloads of notifications are withheld from those who are masked, and from nobody else', async () => {
      for (const [subject, told] of [
        ['agent', ''],
        ['ada', 'ada@example.com'],
      ] as const) {
        await withPg(gateway.endpoint(subject), async (client) => {
          const payloads: (string | undefined)[] = [];
          client.on('notification', ({ payload }) => payloads.push(payload));
          await client.query('LISTEN news');
          await queryRows(
            directly(server, database),
            "SELECT pg_notify('news', email) FROM customers WHERE name LIKE 'Ada%'",
          );
          await client.query('SELECT 1');
          await eventually('the notification', () => (payloads.length >= 1 ? true : undefined));
          expect(payloads).toEqual([told]);
        });
      }
    });
  });

  it('what detectors know is masked wherever it stands, also in errors', () =>
    withPg(
      gateway.endpoint('ada'),
      async (client) => {
        const { rows: found } = await client.query<{ email: string; name: string }>(
          'SELECT email, name FROM customers',
        );
        expect(found[0]?.name).toBe('Ada Lovelace');
        expect(JSON.stringify(found)).not.toContain('example.com');
        const error = await databaseError(client.query('SELECT email::int FROM customers'));
        expect(error.message).not.toContain('example.com');
        expect(error.message).toContain('invalid input syntax');
      },
      { application_name: 'detect' },
    ));

  it('limits count masked rows as any others, and prepared statements follow a policy that changes', async () => {
    const own = await createShop(server, 'masking_change');
    const other = await startGateway({ server, database: own, policies: 'test/e2e/policies/masking' });
    try {
      await withPg(other.endpoint('ada'), async (client) => {
        const query = { name: 's', text: 'SELECT id, email FROM customers WHERE id = $1', values: [1] };
        expect((await client.query<{ email: string }>(query)).rows[0]?.email).toBe('ada@example.com');
        const file = path.join(other.policiesFolder, 'more.rego');
        fs.writeFileSync(
          file,
          'package policy.more\n\nmask contains {"labels": ["email"], "with": "redact"}\n\nlimit contains {"rows": 3}\n',
        );
        await eventually('the policy to be in force', () =>
          other.log().includes('policy put in force') ? true : undefined,
        );
        expect((await client.query<{ email: string }>(query)).rows[0]?.email).not.toContain('example');
        const error = await databaseError(client.query('SELECT email FROM customers'));
        expect(error.code).toBe('54000');
      });
    } finally {
      await other.stop();
    }
  });

  it('what is changed in a transaction is unknown until it ends, and known again then', () =>
    asAgent(async (client) => {
      await client.query('CREATE TABLE plain (id int, label text)');
      await client.query("INSERT INTO plain VALUES (1, 'one')");
      const text = 'SELECT id, label FROM plain';
      expect((await client.query(text)).rows).toEqual([{ id: 1, label: 'one' }]);
      await client.query('BEGIN');
      await client.query('ALTER TABLE plain RENAME COLUMN label TO email');
      const { rows: within } = await client.query<{ email: string }>('SELECT id, email FROM plain');
      expect(within[0]?.email).not.toBe('one');
      await client.query('ROLLBACK');
      expect((await client.query(text)).rows).toEqual([{ id: 1, label: 'one' }]);
      await client.query('DROP TABLE plain');
    }));

  it('a labelled column keeps its label under another name', () =>
    asAgent(async (client) => {
      await client.query('ALTER TABLE customers RENAME COLUMN email TO contact');
      try {
        const { rows: found } = await client.query('SELECT contact FROM customers');
        expect(seedsIn(JSON.stringify(found))).toEqual([]);
      } finally {
        await client.query('ALTER TABLE customers RENAME COLUMN contact TO email');
      }
    }));

  it('postgres.js gets masked rows of valid types', async () => {
    const { host, port, user, password } = gateway.endpoint('agent');
    const sql = postgres({
      host,
      port,
      username: user,
      password,
      database,
      ssl: false,
      max: 1,
      onnotice: () => undefined,
    });
    try {
      const found =
        await sql`SELECT id, name, card_number, notes, created_at FROM customers WHERE id < ${3} ORDER BY id`;
      expect(found.map(({ id }) => id as number)).toEqual([1, 2]);
      expect(found[0]).toMatchObject({ card_number: null });
      expect(seedsIn(JSON.stringify(found))).toEqual([]);
      await sql`SELECT email FROM customers`.cursor(2, (some) => {
        expect(seedsIn(JSON.stringify(some))).toEqual([]);
      });
    } finally {
      await sql.end();
    }
  });

  it('recordings tell what was masked and how, and neither they nor the log hold a value', async () => {
    await asAgent((client) => client.query('SELECT id, name, card_number FROM customers'));
    const recordings = await eventually('the last result', () => {
      const found = gateway.recordings();
      return found.some(({ events }) => events.some(isMasked)) ? found : undefined;
    });
    const masked = recordings.flatMap(({ events }) => events.filter(isMasked)).map((event) => event.masked);
    expect(masked).toContainEqual({
      columns: [
        { name: 'name', with: 'hash' },
        { name: 'card_number', with: 'null' },
      ],
      detected: {},
    });
    const commands = recordings.flatMap(({ events }) =>
      events.flatMap((event) => (event.type === 'command' ? [event] : [])),
    );
    const asked = commands.find(({ input }) => input.command?.text === 'SELECT id, name, card_number FROM customers');
    expect(asked?.input.result?.columns).toEqual([
      { name: 'id', type: expect.any(String) as string, labels: [], provenance: 'clean' },
      { name: 'name', type: 'text', labels: ['pii'], provenance: 'direct' },
      { name: 'card_number', type: 'text', labels: ['card'], provenance: 'direct' },
    ]);
    expect(seedsIn(recordings.map(({ text }) => text).join('\n'))).toEqual([]);
    expect(seedsIn(gateway.log())).toEqual([]);
    expect((await gateway.verifyRecordings()).code).toBe(0);
  });
});

type MaskedEvent = Extract<RecordingEvent, { type: 'result' }>;
function isMasked(event: RecordingEvent): event is MaskedEvent {
  return event.type === 'result' && event.masked !== undefined;
}

describeWithTool('psql', 'psql where masks are put on', (server, program) => {
  let gateway: Gateway;
  let database: string;
  beforeAll(async () => {
    database = await createShop(server, 'masking_psql');
    gateway = await startGateway({ server, database, policies: 'test/e2e/policies/masking' });
  });
  afterAll(() => gateway.stop());

  it('shows masked rows', async () => {
    const { stdout, stderr } = await psql(
      program,
      gateway.endpoint('agent'),
      'TABLE customers; \\copy customers TO STDOUT\nSELECT name FROM customers \\gdesc\nSELECT name AS n, id FROM customers \\gset x\n',
    );
    expect(seedsIn(stdout + stderr)).toEqual([]);
    expect(stdout).toContain('name');
  });

  const introspection = [
    '\\d',
    '\\d+ customers',
    '\\dt+',
    '\\df',
    '\\dv+',
    '\\dT+',
    '\\l',
    '\\du',
    '\\dn+',
    '\\z',
    '\\sf order_count',
    '\\sv open_orders',
    '\\dx',
    '\\di+',
  ];
  it.each(introspection)('%s is byte for byte what the target says', async (command) => {
    const through = await psql(program, gateway.endpoint('agent'), `${command}\n`);
    expect(through).toEqual(await psql(program, directly(server, database), `${command}\n`));
  });
});

describeWithTool('pg_dump', 'pg_dump where masks are put on', (server, program) => {
  it('dumps a schema, and tables without labels, as the target gives them', async () => {
    const database = await createShop(server, 'masking_dump');
    const gateway = await startGateway({ server, database, policies: 'test/e2e/policies/masking' });
    try {
      const strip = (text: string): string => text.replaceAll(/^\\(un)?restrict .*$/gm, '');
      for (const args of [['--schema-only'], ['--table=orders'], ['--table=kinds', '--inserts']]) {
        const direct = await runLibpq(program, directly(server, database), args);
        const through = await runLibpq(program, gateway.endpoint('agent'), args);
        expect(through.stderr).toBe(direct.stderr);
        expect(strip(through.stdout)).toBe(strip(direct.stdout));
      }
      const { stdout } = await runLibpq(program, gateway.endpoint('agent'), ['--table=customers']);
      expect(seedsIn(stdout)).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });
});
