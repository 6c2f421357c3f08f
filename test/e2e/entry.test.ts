import fs from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachServer, describeWithTool } from './support/each-server.ts';
import { databaseError, psql, queryRows, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { createShop } from './support/shop.ts';
import { gssEncRequest, sslRequest, startup } from './support/wire/frames.ts';
import { errors, WireClient, type Login } from './support/wire/wire-client.ts';

/** How a session begins: encryption, authentication, and what is refused by name. */
describeEachServer('entering the gateway', (server) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'entry');
    gateway = await startGateway({ server, database });
  });
  afterAll(() => gateway.stop());

  const login = (changes: Partial<Login> = {}): Login => ({
    ...gateway.endpoint('keeper'),
    host: '127.0.0.1',
    ...changes,
  });
  const refusal = async (changes: Partial<Login>) => {
    const client = await WireClient.open(gateway.port);
    const { user, database: name, parameters } = login(changes);
    client.send(startup({ user, database: name, ...parameters }));
    const said = await client.untilClosed();
    return errors(said)[0];
  };

  describe('who may', () => {
    it.each([
      ['a wrong token', { password: 'spt_wrong' }],
      ['the token of another subject', { password: 'spt_token-of-ada-that-nobody-may-find-in-a-log' }],
      ['a subject that does not exist', { user: 'mallory' }],
    ])('%s: 28P01, and not a word on what was wrong', async (_, changes) => {
      const error = await databaseError(queryRows({ ...gateway.endpoint('keeper'), ...changes }, 'SELECT 1'));
      expect(error.code).toBe('28P01');
      expect(error.message).toContain('user name or the token is wrong');
    });

    it('an empty token: 28P01', async () => {
      const error = await databaseError(queryRows({ ...gateway.endpoint('keeper'), password: '' }, 'SELECT 1'));
      expect(error.code).toBe('28P01');
    });

    it('a subject’s client is logged in to the target as the gateway’s own user', async () => {
      const rows = await queryRows(gateway.endpoint('ada'), 'SELECT current_user AS u');
      expect(rows).toEqual([{ u: 'gateway_scram' }]);
    });
  });

  describe('to what', () => {
    it('an unknown database is the target’s own error', async () => {
      const attempt = withPg(gateway.endpoint('keeper', 'nowhere'), (client) => client.query('SELECT 1'));
      await expect(attempt).rejects.toMatchObject({ code: '3D000', message: 'database "nowhere" does not exist' });
    });

    it.each([
      ['a replication connection', { replication: 'true' }, /replication/i],
      ['a replication connection to a database', { replication: 'database' }, /replication/i],
      ['client_encoding other than UTF-8', { client_encoding: 'LATIN1' }, /client_encoding/],
      ['standard_conforming_strings=off', { standard_conforming_strings: 'off' }, /standard_conforming_strings/],
      ['the same hidden in options', { options: '-c standard_conforming_strings=off' }, /standard_conforming_strings/],
      [
        'the same hidden in options, in the long form',
        { options: '--standard-conforming-strings=off' },
        /standard_conforming_strings/,
      ],
      ['client_encoding hidden in options', { options: '-cclient_encoding=SJIS' }, /client_encoding/],
    ] as const)('%s is refused by name', async (_, parameters, name) => {
      const error = await refusal({ parameters }).then(async (found) => {
        if (found !== undefined) return found;
        // Some refusals come only once the client is known.
        return WireClient.login(login({ parameters })).then(
          () => ({ M: 'it was let in' }),
          (reason: unknown) => ({ M: String(reason) }),
        );
      });
      expect(error.M).toMatch(name);
    });

    it('harmless parameters and options reach the target', async () => {
      const client = await WireClient.login(
        login({ parameters: { application_name: 'spec', options: '-c statement_timeout=4321', DateStyle: 'German' } }),
      );
      client.end();
      const rows = await queryRows(
        gateway.endpoint('keeper'),
        "SELECT current_setting('statement_timeout') AS t, current_setting('application_name') AS a",
        { options: '-c statement_timeout=4321', application_name: 'spec' },
      );
      expect(rows).toEqual([{ t: '4321ms', a: 'spec' }]);
    });
  });

  describe('before the session', () => {
    it('GSSENCRequest is answered with N, and the session may go on', async () => {
      const client = await WireClient.open(gateway.port);
      expect(await client.answerTo(gssEncRequest)).toBe('N');
      client.end();
    });

    it('bytes behind SSLRequest in the clear are not taken as if they had been encrypted (CVE-2021-23214)', async () => {
      const client = await WireClient.open(gateway.port);
      client.send(sslRequest, startup({ user: 'keeper', database }));
      const said = await client.untilClosed();
      expect(said.filter((message) => message.type === 'R')).toEqual([]);
    });

    it.each([
      ['a length of zero', Buffer.from([0, 0, 0, 0, 0, 3, 0, 0])],
      ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
      ['a length of two gigabytes', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
      ['protocol 2.0', startup({ user: 'keeper' }, 0x20000)],
      ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ])('%s ends the connection and nothing else', async (_, bytes) => {
      const client = await WireClient.open(gateway.port);
      client.send(bytes);
      await client.untilClosed();
      await withPg(gateway.endpoint('keeper'), (each) => each.query('SELECT 1'));
    });

    it('a newer minor protocol version is negotiated, as PostgreSQL itself does it', async () => {
      const client = await WireClient.open(gateway.port);
      client.send(startup({ user: 'keeper', database, '_pq_.unheard_of': '1' }, 196_608 + 99));
      const said = await client.take((message) => message.type === 'R' || message.type === 'E');
      expect(said.map((message) => message.type)).toContain('v');
      client.end();
    });
  });

  it('neither log nor recording ever holds a token or the target’s password', async () => {
    await withPg(gateway.endpoint('ada'), (client) => client.query('SELECT 1'));
    const written =
      gateway.log() +
      gateway
        .recordings()
        .map(({ text }) => text)
        .join('');
    expect(written).not.toContain('nobody-may-find');
    expect(written).not.toContain('target-scram-password');
  });
});

describeEachServer('the gateway’s own way in', (server) => {
  const ways = [
    ['SCRAM-SHA-256', { user: 'scram' }],
    ['MD5', { user: 'md5' }],
    ['trust', { user: 'trust' }],
    ['SCRAM over TLS', { user: 'tls', tls: { mode: 'require' } }],
    ['TLS if the target has it', { user: 'tls', tls: { mode: 'prefer' } }],
  ] as const;

  it.each(ways)('%s', async (_, target) => {
    const database = await createShop(server, 'way');
    const gateway = await startGateway({ server, database, target });
    try {
      const rows = await withPg(gateway.endpoint('keeper'), async (client) => {
        const text = 'SELECT current_user AS u, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
        return (await client.query<{ u: string; ssl: boolean }>(text)).rows;
      });
      expect(rows).toEqual([{ u: `gateway_${target.user}`, ssl: 'tls' in target }]);
    } finally {
      await gateway.stop();
    }
  });

  it('verify-full checks the target’s certificate', async () => {
    const database = await createShop(server, 'verify');
    const outcome = async (tls: object) => {
      const gateway = await startGateway({ server, database, target: { user: 'tls', tls } });
      try {
        return await queryRows(gateway.endpoint('keeper'), 'SELECT 1 AS n').catch((error: unknown) =>
          error instanceof pg.DatabaseError ? error.code : String(error),
        );
      } finally {
        await gateway.stop();
      }
    };
    expect(await outcome({ mode: 'verify-full', ca: server.certificateFile })).toEqual([{ n: 1 }]);
    // Signed by nobody that it trusts.
    expect(await outcome({ mode: 'verify-full' })).toMatch(/^08/);
    expect(await outcome({ mode: 'verify-full', ca: server.certificateFile, server_name: 'elsewhere' })).toMatch(/^08/);
  });

  it.each([
    ['a wrong password', { user: 'scram', password: 'wrong' }],
    ['a wrong MD5 password', { user: 'md5', password: 'wrong' }],
    ['a target that demands TLS', { user: 'tls', tls: { mode: 'disable' } }],
  ] as const)('%s is told to the client without the target’s secrets', async (_, target) => {
    const gateway = await startGateway({ server, database: 'postgres', target });
    try {
      const error = await databaseError(queryRows(gateway.endpoint('keeper'), 'SELECT 1'));
      expect(JSON.stringify(error)).not.toContain('gateway_');
    } finally {
      await gateway.stop();
    }
  });
});

describeWithTool('psql', 'TLS between psql and the gateway', (server, program) => {
  let database: string;
  let optional: Gateway;
  let required: Gateway;

  beforeAll(async () => {
    database = await createShop(server, 'tls');
    [optional, required] = await Promise.all([
      startGateway({ server, database, tls: 'optional' }),
      startGateway({ server, database, tls: 'required' }),
    ]);
  });
  afterAll(async () => {
    await optional.stop();
    await required.stop();
  });

  const attempt = (endpoint: Endpoint, mode: string) =>
    psql(program, endpoint, 'SELECT 1 AS one;', ['-t', '-A', '-d', `sslmode=${mode}`]);
  const encrypted = '\\conninfo';

  it('sslmode=require is encrypted', async () => {
    const { stdout } = await psql(program, optional.endpoint('ada'), encrypted, ['-d', 'sslmode=require']);
    expect(stdout).toMatch(/SSL|TLS/);
  });

  it('sslmode=verify-full works with the gateway’s certificate', async () => {
    const endpoint = { ...optional.endpoint('ada'), caFile: optional.caFile };
    expect(fs.existsSync(endpoint.caFile)).toBe(true);
    expect(await psql(program, endpoint, 'SELECT 1 AS one;', ['-t', '-A'])).toMatchObject({
      stdout: '1\n',
      stderr: '',
    });
  });

  it('sslmode=disable is served where TLS is optional, refused where it is required', async () => {
    expect(await attempt(optional.endpoint('ada'), 'disable')).toMatchObject({ code: 0, stdout: '1\n' });
    const refused = await attempt(required.endpoint('ada'), 'disable');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/TLS|SSL|encrypt/i);
    expect(await attempt(required.endpoint('ada'), 'require')).toMatchObject({ code: 0, stdout: '1\n' });
  });
});
