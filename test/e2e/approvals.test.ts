import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApi, asReviewer, waitingFor } from './support/api.ts';
import { describeOnceWithTool } from './support/each-server.ts';
import { databaseError, directly, psql, queryRows, runLibpq, startLibpq, withPg } from './support/endpoint.ts';
import { startGateway, type Gateway, type GatewayOptions } from './support/gateway.ts';
import { targetUsers, withClient } from './support/postgres-server.ts';
import { eventually } from './support/processes.ts';
import { judged } from './support/recordings.ts';
import { createShop } from './support/shop.ts';

const apiOf = { address: '127.0.0.1:0', auditors: ['keepers'] };

describeOnceWithTool('psql', 'approvals', (server, program) => {
  let gateway: Gateway;
  let database: string;

  const start = (more: Partial<GatewayOptions> = {}, configuration: object = {}): Promise<Gateway> =>
    startGateway({
      server,
      database,
      policies: 'test/e2e/policies/review',
      configuration: { store: undefined, api: apiOf, ...configuration },
      ...more,
    });

  beforeAll(async () => {
    database = await createShop(server, 'approvals');
    gateway = await start();
  });
  afterAll(() => gateway.stop());

  const tableExists = async (name: string): Promise<boolean> =>
    (await queryRows(directly(server, database), `SELECT to_regclass('${name}') IS NOT NULL AS there`))[0]?.[
      'there'
    ] === true;

  describe('a command that is held', () => {
    it('runs when it is approved: psql waits, is told so, and goes on', async () => {
      const client = startLibpq(program, gateway.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_a (id int)']);
      const { id } = await waitingFor(gateway, 'CREATE TABLE held_a');
      await eventually('psql to be told', () => (client.output().stderr.includes(id) ? true : undefined));
      expect(client.output().stderr).toMatch(/NOTICE: +Sallyport holds this for approval: request apr-\w{10}/);
      expect(await tableExists('held_a')).toBe(false);
      const approved = await asReviewer(gateway, 'keeper', 'approvals', 'approve', id, '-m', 'fine with me');
      expect(approved).toMatchObject({ code: 0 });
      expect(await client.done).toMatchObject({ code: 0, stdout: 'CREATE TABLE\n' });
      expect(await tableExists('held_a')).toBe(true);
    });

    it('is refused in the words of whoever rejects it, and the session goes on', async () => {
      const client = startLibpq(program, gateway.endpoint('ada'), [
        '-X',
        '-At',
        '-c',
        'CREATE TABLE held_b (id int)',
        '-c',
        'SELECT 7',
      ]);
      const { id } = await waitingFor(gateway, 'CREATE TABLE held_b');
      await asReviewer(gateway, 'keeper', 'approvals', 'reject', id, '-m', 'use a migration');
      const { stdout, stderr } = await client.done;
      expect(stderr).toContain('ERROR:  rejected by keeper: use a migration');
      expect(stderr).toContain(`request ${id}`);
      expect(stdout).toBe('7\n');
      expect(await tableExists('held_b')).toBe(false);
    });

    it('is withdrawn by Ctrl-C, and cannot be approved any more', async () => {
      const client = startLibpq(program, gateway.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_c (id int)']);
      const { id } = await waitingFor(gateway, 'CREATE TABLE held_c');
      client.kill('SIGINT');
      expect((await client.done).stderr).toContain('canceling statement due to user request');
      await waitingFor(gateway, 'CREATE TABLE held_c', 'withdrawn');
      const late = await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
      expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('SP_APPROVAL_CLOSED') as string });
      expect(await tableExists('held_c')).toBe(false);
    });

    it('is withdrawn when its client is gone', async () => {
      const client = startLibpq(program, gateway.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_d (id int)']);
      await waitingFor(gateway, 'CREATE TABLE held_d');
      client.kill('SIGKILL');
      await waitingFor(gateway, 'CREATE TABLE held_d', 'withdrawn');
      expect(await tableExists('held_d')).toBe(false);
    });

    it('waits for node-postgres too, with parameters, which the reviewer sees', async () => {
      await withPg(gateway.endpoint('ada'), async (client) => {
        const notices: string[] = [];
        client.on('notice', (notice) => notices.push(notice.message ?? ''));
        const running = client.query({ text: 'CREATE TABLE held_e AS SELECT $1::text AS word', values: ['grün'] });
        const { id } = await waitingFor(gateway, 'CREATE TABLE held_e');
        const { body } = await askApi(gateway, 'keeper', `/v1/approvals/${id}`);
        expect(body).toMatchObject({
          commands: [{ text: 'CREATE TABLE held_e AS SELECT $1::text AS word', parameters: [{ text: 'grün' }] }],
          yours: true,
        });
        await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
        await running;
        expect(notices).toEqual([expect.stringContaining(id)]);
      });
      expect(await queryRows(directly(server, database), 'SELECT word FROM held_e')).toEqual([{ word: 'grün' }]);
    });

    it('waits for postgres.js too, which pipelines behind it', async () => {
      const { host, port, user, password } = gateway.endpoint('ada');
      const sql = postgres({ host, port, user, password, database, max: 1, onnotice: () => undefined });
      try {
        const running = Promise.all([sql`CREATE TABLE held_f (id int)`, sql<{ n: number }[]>`SELECT 3 AS n`]);
        const { id } = await waitingFor(gateway, 'CREATE TABLE held_f');
        await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
        const [, rows] = await running;
        expect(rows[0]?.n).toBe(3);
      } finally {
        await sql.end();
      }
      expect(await tableExists('held_f')).toBe(true);
    });

    it('keeps the transaction that it stands in', async () => {
      const script = 'BEGIN;\nCREATE TABLE held_g (id int);\nSELECT count(*) FROM held_g;\nROLLBACK;\n';
      const client = runLibpq(program, gateway.endpoint('ada'), ['-X', '-q', '-At'], { input: script });
      const { id } = await waitingFor(gateway, 'CREATE TABLE held_g');
      await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
      expect(await client).toMatchObject({ code: 0, stdout: '0\n' });
      expect(await tableExists('held_g')).toBe(false);
    });

    it('dies when the policies change, also when it was approved by then', async () => {
      const client = startLibpq(program, gateway.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_h (id int)']);
      await waitingFor(gateway, 'CREATE TABLE held_h');
      fs.appendFileSync(path.join(gateway.policiesFolder, 'review.rego'), '\n# changed\n');
      expect((await client.done).stderr).toContain('the policies changed while this waited for approval');
      await waitingFor(gateway, 'CREATE TABLE held_h', 'superseded');
      expect(await tableExists('held_h')).toBe(false);
    });

    it('is decided by nobody who may not', async () => {
      const client = startLibpq(program, gateway.endpoint('keeper'), ['-X', '-c', 'CREATE TABLE held_i (id int)']);
      // The only keeper asks: there is nobody left.
      expect((await client.done).stderr).toContain('Nobody in keepers may approve this');
      const other = startLibpq(program, gateway.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_j (id int)']);
      const { id } = await waitingFor(gateway, 'CREATE TABLE held_j');
      for (const who of ['ada', 'agent', 'pipeline'] as const) {
        expect(await askApi(gateway, who, `/v1/approvals/${id}/approve`, {})).toMatchObject({
          status: 403,
          body: { code: 'SP_APPROVAL_FORBIDDEN' },
        });
      }
      expect(await askApi(gateway, undefined, `/v1/approvals/${id}/approve`, {})).toMatchObject({ status: 401 });
      other.kill('SIGINT');
      await other.done;
    });

    it('is recorded: asked for before it runs, decided before it is released', async () => {
      const events = gateway
        .recordings()
        .find(({ text }) => text.includes('held_a'))
        ?.events.filter(({ type }) => type !== 'start' && type !== 'end');
      expect(events).toMatchObject([
        { type: 'command' },
        { type: 'decision', decision: { effect: 'review' } },
        { type: 'approval', state: 'waiting' },
        { type: 'approval', state: 'approved', reviewers: ['keeper'], comment: 'fine with me' },
        { type: 'result', status: 'ok' },
      ]);
      expect(await gateway.verifyRecordings()).toMatchObject({ code: 0 });
    });
  });

  describe('a client that does not wait', () => {
    const remove = 'DELETE FROM orders WHERE id = 3';

    it('is refused at once, and runs exactly that once when it is approved', async () => {
      const endpoint = gateway.endpoint('agent');
      const first = await psql(program, endpoint, remove);
      expect(first.stderr).toContain('this needs approval: request apr-');
      const { id } = await waitingFor(gateway, remove);
      expect((await psql(program, endpoint, remove)).stderr).toContain(`request ${id}`);
      await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
      expect((await psql(program, endpoint, 'DELETE FROM orders WHERE id = 4')).stderr).toContain('needs approval');
      expect((await psql(program, endpoint, remove)).stderr).toBe('');
      expect(await queryRows(directly(server, database), 'SELECT id FROM orders WHERE id = 3')).toEqual([]);
      expect((await psql(program, endpoint, remove)).stderr).toContain('needs approval');
    });

    it('is not let in by what another subject was allowed', async () => {
      const text = 'DELETE FROM orders WHERE id = 5';
      await psql(program, gateway.endpoint('agent'), text);
      await asReviewer(gateway, 'keeper', 'approvals', 'approve', (await waitingFor(gateway, text)).id);
      // Ada may not delete at all; what the agent was allowed does not help her.
      expect((await psql(program, gateway.endpoint('ada'), text)).stderr).toContain('no rule allows this');
    });

    it('is told when nobody could approve', async () => {
      const { stderr } = await psql(program, gateway.endpoint('agent'), 'LOCK TABLE orders');
      expect(stderr).toContain('Nobody in nobody may approve this');
    });
  });

  describe('access for a while', () => {
    it('covers what it names until it is revoked', async () => {
      const write = (total: number): Promise<{ stderr: string }> =>
        psql(program, gateway.endpoint('pipeline'), `UPDATE orders SET total = ${total} WHERE id = 1`);
      const first = write(10);
      await asReviewer(gateway, 'keeper', 'approvals', 'approve', (await waitingFor(gateway, 'UPDATE orders')).id);
      expect((await first).stderr).toMatch(/^NOTICE/);
      expect((await write(11)).stderr).toBe('');
      const grants = JSON.parse((await asReviewer(gateway, 'keeper', 'grants', 'list', '-f', 'json')).stdout) as {
        id: string;
      }[];
      expect(grants).toMatchObject([
        { subject: 'pipeline', resource: 'shop', effects: ['read', 'write'], granted_by: 'keeper' },
      ]);
      expect(await asReviewer(gateway, 'keeper', 'grants', 'revoke', grants[0]?.id ?? '')).toMatchObject({ code: 0 });
      const after = write(12);
      const { id } = await waitingFor(gateway, 'UPDATE orders SET total = 12');
      await asReviewer(gateway, 'keeper', 'approvals', 'reject', id);
      expect((await after).stderr).toContain('rejected by keeper');
    });
  });

  describe('what the reviewer sees', () => {
    async function held(text: string, look: (id: string) => Promise<void>): Promise<void> {
      await withPg(gateway.endpoint('ada'), async (client) => {
        const running = client.query(text).catch((error: unknown) => error);
        const { id } = await waitingFor(gateway, text.slice(0, 20));
        await look(id);
        await asReviewer(gateway, 'keeper', 'approvals', 'reject', id);
        await running;
      });
    }

    it('is all of a long command, or says how much is missing, and wants that acknowledged', async () => {
      const long = `CREATE TABLE long_a (a text DEFAULT '${'x'.repeat(200_000)}', last_column int)`;
      await held(long, async (id) => {
        const short = await asReviewer(gateway, 'keeper', 'approvals', 'show', id);
        expect(short.stdout).toMatch(/… and \d+ more characters: --full shows them/);
        const full = await asReviewer(gateway, 'keeper', 'approvals', 'show', id, '--full');
        expect(full.stdout).toContain('last_column int)');
        const approve = await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
        expect(approve).toMatchObject({ code: 2, stderr: expect.stringContaining('--acknowledge') as string });
      });
    });

    it('is all of a megabyte, or says what it cannot show, where a gateway takes such a statement', async () => {
      const large = await start({}, { limits: { statement_bytes: 4 * 1024 * 1024 } });
      const filling = 'x'.repeat(1_000_000);
      try {
        await withPg(large.endpoint('ada'), async (client) => {
          for (const [text, shown, cautions] of [
            // Longer than the dialect parses: nobody vouches for it, and what is quoted may be a secret.
            [`CREATE TABLE long_b (a int) /* ${filling} */`, filling, ['incomplete', 'long']],
            [
              `CREATE TABLE long_d (a text DEFAULT '${filling}')`,
              "DEFAULT '***'",
              ['incomplete', 'secrets_cut', 'long'],
            ],
          ] as const) {
            const running = client.query(text).catch((error: unknown) => error);
            const { id } = await waitingFor(large, text.slice(0, 20));
            const { body } = await askApi(large, 'keeper', `/v1/approvals/${id}`);
            const { commands, cautions: told } = body as {
              commands: { text: string }[];
              cautions: { code: string; acknowledge: boolean }[];
            };
            expect(commands[0]?.text.includes(shown)).toBe(true);
            expect(told.map(({ code }) => code)).toEqual(cautions);
            expect(told.every(({ acknowledge }) => acknowledge)).toBe(true);
            const unseen = { status: 422, body: { code: 'SP_APPROVAL_UNSEEN' } };
            expect(await askApi(large, 'keeper', `/v1/approvals/${id}/approve`, {})).toMatchObject(unseen);
            const full = await asReviewer(large, 'keeper', 'approvals', 'show', id, '--full');
            expect(full.stdout.includes(shown)).toBe(true);
            await asReviewer(large, 'keeper', 'approvals', 'approve', id, '--acknowledge');
            expect(await running).toMatchObject({ command: 'CREATE' });
          }
        });
        expect([await tableExists('long_b'), await tableExists('long_d')]).toEqual([true, true]);
      } finally {
        await large.stop();
      }
    });

    it('counts long values as well', async () => {
      const values = ['y'.repeat(20_000)];
      await withPg(gateway.endpoint('ada'), async (client) => {
        const running = client.query({ text: 'CREATE TABLE long_c AS SELECT $1::text AS word', values });
        const { id } = await waitingFor(gateway, 'CREATE TABLE long_c');
        const { body } = await askApi(gateway, 'keeper', `/v1/approvals/${id}`);
        expect(body).toMatchObject({ cautions: [{ code: 'long' }], commands: [{ parameters: [{ text: values[0] }] }] });
        expect(await asReviewer(gateway, 'keeper', 'approvals', 'approve', id)).toMatchObject({ code: 2 });
        await asReviewer(gateway, 'keeper', 'approvals', 'approve', id, '--acknowledge');
        await running;
      });
    });

    it('is text that cannot deceive: control and direction characters are shown as escapes', async () => {
      await held('CREATE TABLE odd_a ("\u202eoops\u001b[2K" int)', async (id) => {
        const { stdout } = await asReviewer(gateway, 'keeper', 'approvals', 'show', id);
        expect(stdout).toContain('\\u{202e}oops\\x1b[2K');
        expect(stdout).not.toContain('\u202e');
        expect(stdout).toContain('control or direction characters');
        for (const args of [['list'], ['list', '-f', 'json'], ['show', id, '-f', 'json']]) {
          const shown = await asReviewer(gateway, 'keeper', 'approvals', ...args);
          expect(shown.stdout).toContain(args.includes('json') ? '\\u202eoops\\u001b[2K' : '\\u{202e}oops\\x1b[2K');
          expect(shown.stdout).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
        }
        const { body } = await askApi(gateway, 'keeper', `/v1/approvals/${id}`);
        expect(body).toMatchObject({ cautions: [{ code: 'hidden_characters', acknowledge: false }] });
      });
    });

    it('says when nobody vouches for the command', async () => {
      await held("DO $$ BEGIN EXECUTE current_setting('my.text'); END $$", async (id) => {
        const { stdout } = await asReviewer(gateway, 'keeper', 'approvals', 'show', id);
        expect(stdout).toContain('does not vouch that what it shows is all that would happen');
        const approve = await asReviewer(gateway, 'keeper', 'approvals', 'approve', id);
        expect(approve).toMatchObject({ code: 2, stderr: expect.stringContaining('SP_APPROVAL_UNSEEN') as string });
        const { body } = await askApi(gateway, 'keeper', `/v1/approvals/${id}`);
        expect(body).toMatchObject({
          commands: [{ complete: false }],
          cautions: [{ code: 'incomplete', acknowledge: true }],
        });
        expect(await askApi(gateway, 'keeper', `/v1/approvals/${id}/approve`, {})).toMatchObject({
          status: 422,
          body: { code: 'SP_APPROVAL_UNSEEN' },
        });
      });
    });

    it('never holds a secret', async () => {
      await held("CREATE ROLE somebody_a PASSWORD 'hunter2-secret'", async (id) => {
        const { body } = await askApi(gateway, 'keeper', `/v1/approvals/${id}`);
        expect(JSON.stringify(body)).not.toContain('hunter2-secret');
        expect(body).toMatchObject({ cautions: [{ code: 'secrets_cut' }] });
      });
    });
  });

  describe('the index', () => {
    it('answers who ran what, from the recordings', async () => {
      const { stdout } = await eventually('the index to hold it', async () => {
        const found = await asReviewer(
          gateway,
          'keeper',
          'commands',
          '--subject',
          'ada',
          '--effect',
          'create',
          '-f',
          'json',
        );
        return found.stdout.includes('held_a') ? found : undefined;
      });
      const rows = JSON.parse(stdout) as { text: string; decision: string; rules: string[]; status: string | null }[];
      const row = rows.find(({ text }) => text.includes('held_a'));
      expect(row).toMatchObject({ decision: 'review', rules: ['REVIEW-1'], status: 'ok' });
      const table = await asReviewer(gateway, 'keeper', 'sessions', '--subject', 'ada', '--limit', '3');
      expect(table).toMatchObject({ code: 0, stdout: expect.stringContaining('client') as string });
      const csv = await asReviewer(gateway, 'keeper', 'commands', '--decision', 'review', '--format', 'csv');
      expect(csv.stdout.split('\r\n')[0]).toContain('session,seq,time');
    });

    it('shows others than auditors their own', async () => {
      const { body } = await askApi(gateway, 'agent', '/v1/commands?limit=1000');
      expect(new Set((body as { subject: string }[]).map(({ subject }) => subject))).toEqual(new Set(['agent-7']));
      expect(await askApi(gateway, 'agent', '/v1/commands?subject=ada')).toMatchObject({ status: 200 });
    });

    it('agrees with the recordings after a restart', async () => {
      const expected = judged(gateway.recordings()).length;
      const { folder } = gateway;
      await gateway.stop('keep');
      const config = path.join(folder, 'sallyport.yaml');
      const reindexed = await runCli(gateway.main, folder, 'reindex', '--config', config, '-f', 'json');
      expect(JSON.parse(reindexed.stdout)).toMatchObject({ commands: expected, broken: [] });
      gateway = await start({ folder });
      const listed = await asReviewer(gateway, 'keeper', 'commands', '--limit', '10000', '-f', 'json');
      expect((JSON.parse(listed.stdout) as unknown[]).length).toBe(expected);
    });
  });

  describe('the API', () => {
    it('describes itself, and refuses what it does not know', async () => {
      const { body } = await askApi(gateway, undefined, '/openapi.json');
      expect(body).toMatchObject({
        openapi: '3.1.0',
        paths: { '/v1/approvals': {}, '/v1/approvals/{id}/approve': {}, '/v1/commands': {} },
      });
      expect(await askApi(gateway, undefined, '/healthz')).toMatchObject({ status: 200 });
      expect(await askApi(gateway, 'keeper', '/v1/nothing')).toMatchObject({ status: 404 });
      expect(await askApi(gateway, 'keeper', '/v1/commands?colour=red')).toMatchObject({
        status: 400,
        body: { code: 'SP_USAGE' },
      });
      expect(await askApi(gateway, 'keeper', '/v1/approvals/apr-none')).toMatchObject({
        status: 404,
        body: { code: 'SP_APPROVAL_UNKNOWN' },
      });
    });
  });

  describe('two gateways on one PostgreSQL store', () => {
    let here: Gateway;
    let there: Gateway;
    const name = `store_${createHash('sha256').update(String(process.hrtime.bigint())).digest('hex').slice(0, 8)}`;

    beforeAll(async () => {
      await withClient({ port: server.port, database: 'postgres' }, (client) =>
        client.query(`CREATE DATABASE ${name}`),
      );
      const { user, password } = targetUsers.scram;
      const store = { url: `postgresql://${user}:${password}@127.0.0.1:${server.port}/${name}` };
      [here, there] = await Promise.all([start({}, { store }), start({}, { store })]);
    });
    afterAll(async () => {
      await Promise.all([here.stop(), there.stop()]);
    });

    it('one holds, the other approves', async () => {
      const client = startLibpq(program, here.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_x (id int)']);
      const { id } = await waitingFor(there, 'CREATE TABLE held_x');
      expect(await asReviewer(there, 'keeper', 'approvals', 'approve', id)).toMatchObject({ code: 0 });
      expect(await client.done).toMatchObject({ code: 0, stdout: 'CREATE TABLE\n' });
    });

    it('one refuses, the other runs it once it is approved, and only one of many', async () => {
      const text = 'DELETE FROM orders WHERE id = 6';
      await psql(program, here.endpoint('agent'), text);
      await asReviewer(here, 'keeper', 'approvals', 'approve', (await waitingFor(there, text)).id);
      const runs = await Promise.all(
        [here, there, here, there].map((one) => psql(program, one.endpoint('agent'), text)),
      );
      expect(runs.filter(({ stderr }) => stderr === '')).toHaveLength(1);
    });

    it('still hears of it after the connection that listens was lost', async () => {
      const client = startLibpq(program, here.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_y (id int)']);
      const { id } = await waitingFor(there, 'CREATE TABLE held_y');
      await withClient({ port: server.port, database: 'postgres' }, (admin) =>
        admin.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport store (listening)'",
        ),
      );
      await asReviewer(there, 'keeper', 'approvals', 'approve', id);
      expect(await client.done).toMatchObject({ code: 0, stdout: 'CREATE TABLE\n' });
    });
  });

  it('is withdrawn when its gateway is killed', async () => {
    const killed = await start();
    const client = startLibpq(program, killed.endpoint('ada'), ['-X', '-c', 'CREATE TABLE held_z (id int)']);
    const { id } = await waitingFor(killed, 'CREATE TABLE held_z');
    killed.signal('SIGKILL');
    await killed.running.done;
    expect((await client.done).code).not.toBe(0);
    const again = await start({ folder: killed.folder });
    await waitingFor(again, 'CREATE TABLE held_z', 'withdrawn');
    const late = await asReviewer(again, 'keeper', 'approvals', 'approve', id);
    expect(late).toMatchObject({ code: 2 });
    expect(await tableExists('held_z')).toBe(false);
    await again.stop();
  });

  it('errors of drivers carry the request', async () => {
    const error = await databaseError(queryRows(gateway.endpoint('agent'), 'DELETE FROM orders WHERE id = 9'));
    expect(error.code).toBe('42501');
    expect(error.detail).toMatch(/request apr-\w{10}/);
    expect(error.hint).toContain('again once it is approved');
  });
});

async function runCli(
  main: string,
  cwd: string,
  ...args: readonly string[]
): Promise<{ stdout: string; stderr: string }> {
  const { run } = await import('./support/processes.ts');
  return run(process.execPath, [main, ...args], { cwd, env: { TARGET_PASSWORD: 'x' } });
}
