import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RecordingEvent } from '../../engine/contract.ts';
import { askApi } from './support/api.ts';
import { directly, withPg, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { targetUsers, withClient } from './support/postgres-server.ts';
import { eventually, run } from './support/processes.ts';
import { chainFlaw } from './support/recordings.ts';
import { createShop } from './support/shop.ts';
import type { SubjectName } from './support/subjects.ts';

/** Kills of a gateway on each kind of store; 20 in all. `SALLYPORT_KILLS=20` for a longer look. */
const ROUNDS = Number(process.env['SALLYPORT_KILLS'] ?? 10);
const CLIENTS = 20;
const COMMANDS_EACH = 50;

const servers = inject('servers');
// Each kind of store, and each server, without running everything twice.
const settings = [
  ['PGlite', servers[0]],
  ['PostgreSQL', servers.at(-1)],
] as const;

/**
 * kill -9 while 20 clients send 1,000 commands. The target's own table tells what ran: each command that did must stand
 * in a recording, allowed, whatever the moment of the kill. Each round's restart recovers what the last one left.
 */
describe.each(
  settings.flatMap(([store, server]) => (server === undefined ? [] : [{ store, server, name: server.name }])),
)('a gateway that is killed while it works, with its store in $store ($name)', ({ store, server }) => {
  let database: string;
  let gateway: Gateway;
  let storeConfiguration: object | undefined;
  const seen = new Set<string>();

  const start = async (folder?: string): Promise<Gateway> =>
    startGateway({
      server,
      database,
      configuration: { store: storeConfiguration, api: { address: '127.0.0.1:0', auditors: ['keepers'] } },
      ...(folder === undefined ? {} : { folder }),
    });

  beforeAll(async () => {
    database = await createShop(server, 'kill');
    await withPg(directly(server, database), (client) => client.query('CREATE TABLE ran (mark text PRIMARY KEY)'));
    if (store === 'PostgreSQL') {
      const name = `${database}_store`;
      await withClient({ port: server.port, database: 'postgres' }, (client) =>
        client.query(`CREATE DATABASE ${name}`),
      );
      const { user, password } = targetUsers.scram;
      storeConfiguration = { url: `postgresql://${user}:${password}@127.0.0.1:${server.port}/${name}` };
    }
    gateway = await start();
  });
  afterAll(() => gateway.stop());

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'has recorded all that ran, and its index catches up: kill %i',
    async (round) => {
      const since = new Date().toISOString();
      const answered = await workUntil(gateway, round, killAfter(round), () => {
        gateway.signal('SIGKILL');
      });
      await gateway.running.done;
      const ran = await marksThatRan(server, database, round);
      const recorded = newRecordings(gateway.recordingsFolder, seen);
      expect(recorded.flatMap(({ flaw }) => flaw ?? [])).toEqual([]);
      const allowed = new Set(recorded.flatMap(({ allowed }) => allowed));
      expect(ran.filter((mark) => !allowed.has(mark))).toEqual([]);
      // What a client was told had happened.
      expect(answered.filter((mark) => !ran.includes(mark))).toEqual([]);
      gateway = await start(gateway.folder);
      const expected = recorded.flatMap(({ decided }) => decided).sort();
      const listed = await eventually('the index to hold all that was decided', async () => {
        const keys = await indexed(gateway, since);
        return keys.length >= expected.length ? keys : undefined;
      });
      expect(listed).toEqual(expected);
    },
  );

  it('and every chain verifies, as the index made anew agrees', async () => {
    tearLastLine(gateway.recordingsFolder);
    const { code, stdout: told } = await gateway.verifyRecordings();
    expect(code).toBe(0);
    expect(told).toContain('the last line is cut off');
    const { folder, main } = gateway;
    await gateway.stop('keep');
    const config = path.join(folder, 'sallyport.yaml');
    const { stdout } = await run(process.execPath, [main, 'reindex', '-c', config, '-f', 'json'], {
      cwd: folder,
      env: { TARGET_PASSWORD: 'x' },
    });
    const commands = newRecordings(gateway.recordingsFolder, new Set()).flatMap(({ decided }) => decided);
    expect(JSON.parse(stdout)).toMatchObject({ commands: commands.length, broken: [] });
    gateway = await start(folder);
  });
});

/** After how many answers the gateway is killed: early, late and in between. */
function killAfter(round: number): number {
  return 20 + ((round * 389) % (CLIENTS * COMMANDS_EACH - 60));
}

/** Sends marked commands from all clients, and calls `enough` in their midst. @returns the marks that were answered */
async function workUntil(gateway: Gateway, round: number, most: number, enough: () => void): Promise<string[]> {
  const answered: string[] = [];
  const heard = (...marks: readonly string[]): void => {
    const before = answered.length;
    answered.push(...marks);
    if (before < most && answered.length >= most) enough();
  };
  const ways = [simply, inPairs, withParameters, pipelined];
  const who: readonly SubjectName[] = ['ada', 'keeper', 'pipeline'];
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    const marks = Array.from({ length: COMMANDS_EACH }, (__, n) => `k${round}.${client}.${n}`);
    const way = ways[client % ways.length] ?? simply;
    await way(gateway.endpoint(who[client % who.length] ?? 'ada'), marks, heard).catch(() => undefined);
  });
  await Promise.all(clients);
  return answered;
}

type Heard = (...marks: readonly string[]) => void;
type Way = (endpoint: Endpoint, marks: readonly string[], heard: Heard) => Promise<void>;

const simply: Way = (endpoint, marks, heard) =>
  withPg(endpoint, async (client) => {
    for (const mark of marks) {
      await client.query(`INSERT INTO ran VALUES ('${mark}')`);
      heard(mark);
    }
  });

/** Two statements in a message: they stand or fall together. */
const inPairs: Way = (endpoint, marks, heard) =>
  withPg(endpoint, async (client) => {
    for (let n = 0; n + 1 < marks.length; n += 2) {
      const [one = '', two = ''] = marks.slice(n, n + 2);
      await client.query(`INSERT INTO ran VALUES ('${one}'); INSERT INTO ran VALUES ('${two}')`);
      heard(one, two);
    }
  });

const withParameters: Way = (endpoint, marks, heard) =>
  withPg(endpoint, async (client) => {
    for (const mark of marks) {
      await client.query({
        name: 'mark',
        text: 'INSERT INTO ran VALUES ($1)',
        values: [mark],
      } satisfies pg.QueryConfig);
      heard(mark);
    }
  });

const pipelined: Way = async ({ host, port, user, password, database }, marks, heard) => {
  const sql = postgres({ host, port, user, password, database, max: 1, connect_timeout: 5, fetch_types: false });
  try {
    await Promise.all(
      marks.map(async (mark) => {
        await sql`INSERT INTO ran VALUES (${mark})`;
        heard(mark);
      }),
    );
  } finally {
    await sql.end({ timeout: 0 });
  }
};

/** What the target has done, once it is done with what the gateway had sent. */
async function marksThatRan(server: { port: number }, database: string, round: number): Promise<string[]> {
  return withClient({ port: server.port, database }, async (client) => {
    await eventually('the target to be done', async () => {
      const { rowCount } = await client.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
      return rowCount === 0 ? true : undefined;
    });
    const { rows } = await client.query<{ mark: string }>('SELECT mark FROM ran WHERE mark LIKE $1', [`k${round}.%`]);
    return rows.map(({ mark }) => mark);
  });
}

/** Leaves in a recording what a kill may leave, if seldom: the beginning of a line. */
function tearLastLine(folder: string): void {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  const files = names.map((name) => path.join(folder, name));
  const killed = files.find((file) => !fs.readFileSync(file, 'utf8').includes('"type":"end"'));
  if (killed === undefined) throw new Error('no gateway was killed');
  const events = fs.readFileSync(killed, 'utf8').split('\n').length - 1;
  fs.appendFileSync(killed, `{"schema":1,"seq":${events},"time":"20`);
}

interface Found {
  /** Of commands that were allowed. */
  readonly allowed: readonly string[];
  /** `session seq` of each command that was decided. */
  readonly decided: readonly string[];
  readonly flaw: string | undefined;
}

/** Recordings that were not seen before. A last line without its end is what a kill may leave: nothing of it counts. */
function newRecordings(folder: string, seen: Set<string>): Found[] {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  const found = names.filter((name) => !seen.has(name)).map((name) => readFound(path.join(folder, name)));
  for (const name of names) seen.add(name);
  return found;
}

function readFound(file: string): Found {
  const text = fs.readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const events = whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RecordingEvent]));
  const effects = new Map(
    events.flatMap((event) => (event.type === 'decision' ? [[event.command, event.decision.effect] as const] : [])),
  );
  const commands = events.filter((event) => event.type === 'command' && effects.has(event.seq));
  return {
    allowed: commands
      .filter(({ seq }) => effects.get(seq) === 'allow')
      .flatMap((event) => JSON.stringify(event).match(/\bk\d+\.\d+\.\d+\b/g) ?? []),
    decided: commands.map(({ session, seq }) => `${session} ${seq}`),
    flaw: events.length === 0 ? undefined : chainFlaw({ file, text: whole, events }),
  };
}

async function indexed(gateway: Gateway, since: string): Promise<string[]> {
  const { status, body } = await askApi(gateway, 'keeper', `/v1/commands?limit=10000&since=${since}`);
  if (status !== 200 || !Array.isArray(body)) throw new Error(`the API answered ${status}`);
  return (body as { session: string; seq: number }[]).map(({ session, seq }) => `${session} ${seq}`).sort();
}
