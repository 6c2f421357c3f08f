import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionEvent, RecordingEvent } from '../../engine/contract.ts';
import { askApi, asReviewer } from './support/api.ts';
import { describeOnceWithTool } from './support/each-server.ts';
import { databaseError, queryRows, runLibpq, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { eventually, run } from './support/processes.ts';
import { chainFlaw } from './support/recordings.ts';
import { createShop } from './support/shop.ts';

/** The policy of these specifications goes by the application's name: see policies/sessions. */
describeOnceWithTool('psql', 'sessions that open', (server, program) => {
  let gateway: Gateway;
  let ada: Endpoint;

  beforeAll(async () => {
    const database = await createShop(server, 'sessions');
    gateway = await startGateway({ server, database, policies: 'test/e2e/policies/sessions' });
    ada = gateway.endpoint('ada');
  });
  afterAll(() => gateway.stop());

  const ask = (application: string, texts: readonly string[], options = '') =>
    runLibpq(program, ada, ['-X', '-At', ...texts.flatMap((text) => ['-c', text])], {
      env: { PGAPPNAME: application, PGOPTIONS: options },
    });

  /** The events of the last session of somebody, once it is over. */
  const lastSession = (subject: string): Promise<readonly RecordingEvent[]> =>
    eventually('the session to end', () => {
      const mine = gateway
        .recordings()
        .filter(({ events: [start] }) => start?.type === 'start' && start.subject.id === subject)
        .sort((a, b) => timeOf(a.events).localeCompare(timeOf(b.events)))
        .at(-1);
      return mine?.events.at(-1)?.type === 'end' ? mine.events : undefined;
    });

  describe('a session that the policy denies', () => {
    it('psql is told which rule, and what to do', async () => {
      const { code, stderr } = await runLibpq(program, gateway.endpoint('agent'), ['-X', '-c', 'SELECT 1']);
      expect(code).toBe(2);
      expect(stderr).toContain('FATAL:  agent-7 does not work at this hour');
      expect(stderr).toMatch(/DETAIL: {2}decision [0-9a-f-]{36}\.0, rule OPEN-1, revision \w+/);
      expect(stderr).toContain('HINT:  Come back during the day, or ask the keepers.');
    });

    it.each<[string, (endpoint: Endpoint) => Promise<unknown>]>([
      ['node-postgres', (endpoint) => queryRows(endpoint, 'SELECT 1')],
      [
        'postgres.js',
        async ({ host, port, user, password, database }) => {
          const sql = postgres({ host, port, user, password, database, max: 1, onnotice: () => undefined });
          try {
            await sql`SELECT 1`;
          } finally {
            await sql.end();
          }
        },
      ],
    ])('%s sees SQLSTATE 28000', async (_driver, connect) => {
      const error: unknown = await connect(gateway.endpoint('agent')).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: '28000', message: 'agent-7 does not work at this hour', severity: 'FATAL' });
    });

    it('is recorded: who came, what was decided about whom, and its end', async () => {
      await databaseError(queryRows(gateway.endpoint('agent'), 'SELECT 1'));
      const events = await lastSession('agent-7');
      expect(events.map(({ type }) => type)).toEqual(['start', 'decision', 'error', 'end']);
      expect(events[1]).toMatchObject({
        command: 0,
        decision: { effect: 'deny', reasons: [{ rule: 'OPEN-1' }] },
        input: { stage: 'session', subject: { id: 'agent-7' }, resource: { name: 'shop' }, client: { tls: false } },
      });
      expect(events[2]).toMatchObject({ code: 'SP_SESSION_DENIED', message: 'agent-7 does not work at this hour' });
      expect(events[3]).toMatchObject({ reason: 'refused', commands: 0, denied: 0 });
      expect(gateway.recordings().map(chainFlaw)).toEqual(gateway.recordings().map(() => undefined));
      expect((await gateway.verifyRecordings()).code).toBe(0);
    });
  });

  describe('what the policy gives a session', () => {
    it('is in force, and SHOW says so', async () => {
      const { stdout } = await ask('readonly', [
        'SHOW default_transaction_read_only',
        'SHOW statement_timeout',
        'INSERT INTO canary VALUES (99, $$x$$)',
      ]);
      expect(stdout).toBe('on\n30s\n');
      const { stderr } = await ask('readonly', ['INSERT INTO canary VALUES (99, $$x$$)']);
      expect(stderr).toContain('cannot execute INSERT in a read-only transaction');
    });

    it.each([
      ['in its options', '-c default_transaction_read_only=off -c statement_timeout=0'],
      ['spelt otherwise', '-c Default_Transaction_Read_Only=off --Statement-Timeout=0'],
    ])('wins over what the client asks for %s', async (_how, options) => {
      const { stdout } = await ask(
        'readonly',
        ['SHOW default_transaction_read_only', 'SHOW statement_timeout'],
        options,
      );
      expect(stdout).toBe('on\n30s\n');
    });

    it('wins over a driver that asks for it beside its options', async () => {
      const rows = await queryRows(ada, 'SHOW statement_timeout', {
        application_name: 'readonly',
        statement_timeout: 5_000,
      });
      expect(rows).toEqual([{ statement_timeout: '30s' }]);
    });

    it('leaves what else the client asks for to it', async () => {
      const { stdout } = await ask('hasty', ['SHOW work_mem', 'SHOW statement_timeout'], '-c work_mem=5MB');
      expect(stdout).toBe('5MB\n200ms\n');
    });

    it('comes back with RESET', async () => {
      const reset = await ask('hasty', [
        'SET statement_timeout = 0',
        'RESET statement_timeout',
        'SHOW statement_timeout',
      ]);
      expect(reset.stdout).toBe('SET\nRESET\n200ms\n');
    });

    it('is what policies see: a SET of it is a command of its own, and theirs to deny', async () => {
      const { stderr, stdout } = await ask('readonly', [
        'SET default_transaction_read_only = off',
        'SHOW default_transaction_read_only',
      ]);
      expect(stderr).toContain('this session reads only');
      expect(stdout).toBe('on\n');
    });

    it('ends a statement that takes longer', async () => {
      const { stderr } = await ask('hasty', ['SELECT pg_sleep(20)']);
      expect(stderr).toContain('canceling statement due to statement timeout');
    });

    it('a search_path is the one that names are judged by', async () => {
      const { stderr } = await ask('path', ['SELECT secret FROM secrets']);
      expect(stderr).toContain('the vault is closed');
      const { stdout } = await ask('path', ['SHOW search_path']);
      expect(stdout).toBe('vault, "$user"\n');
      const { stdout: clean } = await ask('psql', ['SELECT count(*) FROM customers']);
      expect(clean).toBe('4\n');
    });

    it('stands in the recording, and in the state of the commands', async () => {
      await ask('readonly', ['SELECT 1']);
      const events = await lastSession('ada');
      expect(events.find(isDecision)?.decision.obligations).toContainEqual({
        kind: 'settings',
        settings: { default_transaction_read_only: 'on', statement_timeout: '30s' },
      });
      const command = events.find((event) => event.type === 'command');
      expect(command?.input.session.settings).toMatchObject({
        default_transaction_read_only: 'on',
        statement_timeout: '30s',
      });
    });

    it.each<[string, string, string, RegExp]>([
      [
        'a setting that the target does not have',
        'unknown',
        '42704',
        /refuses no_such_setting, which the policy gives/,
      ],
      ['a value that it does not take', 'wrong', '22023', /refuses statement_timeout, which the policy gives.*soon/],
      ['an encoding that hides text from the parser', 'encoding', '42501', /client_encoding "LATIN1" is not UTF8/],
      ['strings that hide text from the parser', 'strings', '42501', /standard_conforming_strings/],
      ['who logs in', 'user', '42501', /"user", which is no setting/],
      ['a search_path that is none', 'torn', '42501', /no list of names/],
      ['two values for one', 'torn apart', '28000', /statement_timeout: "1s" by OPEN-2, "2s" by OPEN-3/],
    ])('%s: the session is refused', async (_what, application, code, message) => {
      const error = await databaseError(queryRows(ada, 'SELECT 1', { application_name: application }));
      expect(error).toMatchObject({ code, severity: 'FATAL', message: expect.stringMatching(message) as string });
    });
  });

  describe('with a store', () => {
    let indexed: Gateway;

    beforeAll(async () => {
      indexed = await startGateway({
        server,
        database: ada.database,
        policies: 'test/e2e/policies/sessions',
        configuration: { store: undefined, api: { address: '127.0.0.1:0', auditors: ['keepers'] } },
      });
    });
    afterAll(() => indexed.stop());

    it('the index finds who was kept out, and who was let in', async () => {
      await queryRows(indexed.endpoint('ada'), 'SELECT 1');
      await databaseError(queryRows(indexed.endpoint('agent'), 'SELECT 1'));
      // No rule is against it, and what its policy asks for cannot be had.
      await databaseError(queryRows(indexed.endpoint('ada'), 'SELECT 1', { application_name: 'rows' }));
      const find = (decision: string, count: number) =>
        // A gateway that is busy takes its time to index: what is recorded is safe.
        eventually(
          'the index',
          async () => {
            const { body } = await askApi(indexed, 'keeper', `/v1/sessions?decision=${decision}`);
            const found = body as { subject: string }[];
            return found.length < count ? undefined : found.toSorted((a, b) => a.subject.localeCompare(b.subject));
          },
          90_000,
        );
      expect(await find('deny', 2)).toMatchObject([
        { subject: 'ada', end_reason: 'refused' },
        { subject: 'agent-7', end_reason: 'refused', rules: ['OPEN-1'], decision: 'deny', commands: 0 },
      ]);
      expect(await find('allow', 1)).toMatchObject([
        { subject: 'ada', decision: 'allow', rules: ['policy.session.opening.allow'] },
      ]);
      const denied = await asReviewer(indexed, 'keeper', 'sessions', '--decision', 'deny', '-f', 'csv');
      expect(denied.stdout.split('\r\n')).toHaveLength(4);
      const own = await asReviewer(indexed, 'agent', 'sessions');
      expect(own.stdout).toMatch(/agent-7 .*deny .*refused/);
    }, 200_000);

    it('the recording is shown, and explained', async () => {
      const [denied] = indexed
        .recordings()
        .filter(({ events: [start] }) => start?.type === 'start' && start.subject.id === 'agent-7');
      if (denied === undefined) throw new Error('nothing was recorded');
      const cli = (...args: readonly string[]) =>
        run(process.execPath, [indexed.main, ...args], { cwd: indexed.folder });
      expect((await cli('recordings', 'show', denied.file)).stdout).toContain('deny of the session OPEN-1: agent-7');
      const { stdout, code } = await cli('explain', `${denied.file}#0`, 'policies');
      expect(code).toBe(0);
      expect(stdout).toContain('decided then: deny');
      expect(stdout).toMatch(/Fired\n {2}deny OPEN-1 Agents work by day/);
      expect((await cli('replay', 'recordings', '--bundle', 'policies')).code).toBe(0);
    });
  });

  describe('what else the policy may ask of a session', () => {
    it('sessions at once: the next one is refused, and let in when there is room', async () => {
      const alone = { application_name: 'alone' };
      await withPg(
        ada,
        async () => {
          const error = await databaseError(queryRows(ada, 'SELECT 1', alone));
          expect(error).toMatchObject({ code: '53300', severity: 'FATAL' });
        },
        alone,
      );
      const room = await eventually('room', () => queryRows(ada, 'SELECT 1 AS one', alone).catch(() => undefined));
      expect(room).toEqual([{ one: 1 }]);
    });

    it('its length: it ends when its time is over', async () => {
      await withPg(
        ada,
        async (client) => {
          const ended = new Promise((resolve) => client.on('error', resolve));
          expect(await ended).toMatchObject({ severity: 'FATAL' });
        },
        { application_name: 'brief' },
      );
    });

    it('an end: it does not begin', async () => {
      const error = await databaseError(queryRows(ada, 'SELECT 1', { application_name: 'terminated' }));
      expect(error).toMatchObject({ code: '28000', message: 'not today' });
    });

    it('limits of commands: nobody can hold a session to them, so it is refused', async () => {
      const error = await databaseError(queryRows(ada, 'SELECT 1', { application_name: 'rows' }));
      expect(error).toMatchObject({ code: '42501', message: expect.stringContaining('limits rows') as string });
    });

    it('a notice: it is written, without a command', async () => {
      await queryRows(gateway.endpoint('pipeline'), 'SELECT 1');
      const notice = await eventually('the notice', () =>
        gateway
          .log()
          .split('\n')
          .find((line) => line.includes('a pipeline came in')),
      );
      expect(JSON.parse(notice)).toMatchObject({ channel: 'security', subject: 'pipeline', effect: 'allow' });
    });
  });
});

function timeOf([start]: readonly RecordingEvent[]): string {
  return start?.time ?? '';
}

function isDecision(event: RecordingEvent): event is DecisionEvent {
  return event.type === 'decision';
}
