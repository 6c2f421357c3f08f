import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithTool } from './support/each-server.ts';
import { directly, psql, startLibpq, type Endpoint } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { withClient } from './support/postgres-server.ts';
import { eventually } from './support/processes.ts';
import { describeCommands, scripts } from './support/psql-cases.ts';
import { createShop } from './support/shop.ts';

const mark = '### next command';

describeWithTool('psql', 'psql through the gateway', (server, program) => {
  let gateway: Gateway;
  let database: string;
  let through: Endpoint;

  beforeAll(async () => {
    database = await createShop(server, 'psql');
    gateway = await startGateway({ server, database });
    through = gateway.endpoint('ada');
  });
  afterAll(() => gateway.stop());

  describe('its catalog commands', () => {
    /** One psql runs them all, with a mark before each: a process for each would take a minute. */
    const script = describeCommands.map((command) => `\\echo ${mark}\n${command}\n`).join('');
    const outputs: { direct: string[]; through: string[]; errors: [string, string] } = {
      direct: [],
      through: [],
      errors: ['', ''],
    };

    beforeAll(async () => {
      const direct = await psql(program, directly(server, database), script);
      const seen = await psql(program, through, script);
      outputs.direct = direct.stdout.split(`${mark}\n`).slice(1);
      outputs.through = seen.stdout.split(`${mark}\n`).slice(1);
      outputs.errors = [direct.stderr, seen.stderr];
    });

    it.each(describeCommands.map((command, index) => [command, index] as const))(
      '%s shows the same as without it',
      (_, index) => {
        expect(outputs.through[index]).toBe(outputs.direct[index]);
        expect(outputs.through).toHaveLength(describeCommands.length);
      },
    );

    it('give no error but those that they give without it', () => {
      expect(outputs.errors[1]).toBe(outputs.errors[0]);
    });
  });

  it.each(scripts.map((each) => [each.name, each] as const))('%s: the same outcome as without it', async (_, each) => {
    const { script, args = [] } = each;
    // Scripts write: each road gets a database of its own.
    const [one, other] = [await createShop(server, 'direct'), await createShop(server, 'through')];
    const direct = await psql(program, directly(server, one), script, args);
    const seen = await psql(program, gateway.endpoint('ada', other), script, args);
    expect(withoutProcessId(seen)).toEqual(withoutProcessId(direct));
  });

  it('a syntax error keeps its words and its position, and gains the decision', async () => {
    const script = 'SELECT name\nFROM customers\nWHERE ==;';
    const direct = await psql(program, directly(server, database), script);
    const seen = await psql(program, through, script);
    expect(seen.stderr.startsWith(direct.stderr)).toBe(true);
    expect(seen.stderr).toContain('DETAIL:  decision ');
  });

  it('\\copy works both ways', async () => {
    const folder = fs.mkdtempSync(path.join(server.scratchFolder, 'copy-'));
    const file = path.join(folder, 'customers.csv');
    const out = await psql(program, through, `\\copy customers TO '${file}' WITH (FORMAT csv, HEADER)`);
    expect(out).toMatchObject({ code: 0, stderr: '' });
    expect(fs.readFileSync(file, 'utf8')).toContain('Ada Lovelace,ada@example.com');
    const back = await psql(
      program,
      through,
      `CREATE TABLE copied (LIKE customers);\n\\copy copied FROM '${file}' WITH (FORMAT csv, HEADER)\nSELECT count(*) FROM copied;`,
      ['-A', '-t'],
    );
    expect(back).toMatchObject({ code: 0, stdout: '4\n', stderr: '' });
  });

  it('\\copy in binary gives the same bytes as without it', async () => {
    const folder = fs.mkdtempSync(path.join(server.scratchFolder, 'binary-'));
    const files = [path.join(folder, 'direct'), path.join(folder, 'through')];
    const endpoints = [directly(server, database), through];
    for (const [index, endpoint] of endpoints.entries()) {
      const script = `\\copy kinds TO '${files[index] ?? ''}' WITH (FORMAT binary)`;
      expect(await psql(program, endpoint, script)).toMatchObject({ code: 0, stderr: '' });
    }
    const [direct, seen] = files.map((file) => fs.readFileSync(file));
    expect(seen).toEqual(direct);
  });

  it('\\watch goes on until Ctrl-C', async () => {
    const watching = startLibpq(program, through, ['-X', '-q', '-t', '-A']);
    watching.write("SELECT 'tick' \\watch 0.1\n");
    await eventually('three results', () => (watching.output().stdout.split('tick').length > 3 ? true : undefined));
    watching.kill('SIGINT');
    watching.child.stdin?.end();
    await watching.done;
  });

  it('Ctrl-C cancels its own statement and no other session’s', async () => {
    const asleep = startLibpq(program, through, ['-X', '-q', '-c', 'SELECT pg_sleep(20) AS mine']);
    const other = startLibpq(program, through, [
      '-X',
      '-q',
      '-t',
      '-A',
      '-c',
      "SELECT 'undisturbed' FROM pg_sleep(1.5) AS theirs",
    ]);
    await eventually('both to be running', async () => ((await sleepers(server.port)) === 2 ? true : undefined));
    asleep.kill('SIGINT');
    const cancelled = await asleep.done;
    expect(cancelled.stderr).toContain('canceling statement due to user request');
    expect(await other.done).toMatchObject({ code: 0, stdout: 'undisturbed\n' });
  });

  describe('a denied statement', () => {
    const verbose = '\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never\n';

    it('says which rule denied it and what to do next', async () => {
      const { stderr, code } = await psql(program, through, `${verbose}DROP TABLE orders CASCADE;`);
      expect(stderr).toContain('ERROR:  42501: ');
      expect(stderr).toContain('drop is not for ada');
      expect(stderr).toMatch(/DETAIL: .*SHOP-001/);
      expect(stderr).toContain('HINT:  Ask for a reviewed migration.');
      expect(code).toBe(0);
    });

    it('leaves the session usable', async () => {
      const script = "DROP TABLE orders CASCADE;\nSELECT 'goes on' AS state;";
      const { stdout, stderr } = await psql(program, through, script, ['-t', '-A']);
      expect(stderr).toContain('drop is not for ada');
      expect(stdout).toBe('goes on\n');
    });

    it('fails its transaction, as any error does', async () => {
      const script = "BEGIN;\nDROP TABLE orders CASCADE;\nSELECT 1;\nCOMMIT;\nSELECT 'after' AS state;";
      const { stdout, stderr } = await psql(program, through, script, ['-t', '-A']);
      expect(stderr).toContain('drop is not for ada');
      expect(stderr).toContain('current transaction is aborted');
      expect(stdout).toBe('after\n');
    });

    it('is undone by ROLLBACK TO SAVEPOINT', async () => {
      const script =
        'BEGIN;\nINSERT INTO orders (customer_id, total) VALUES (1, 77);\nSAVEPOINT s;\nDROP TABLE orders CASCADE;\nROLLBACK TO SAVEPOINT s;\nSELECT count(*) FROM orders WHERE total = 77;\nROLLBACK;';
      const { stdout, stderr } = await psql(program, through, script, ['-t', '-A']);
      expect(stderr).toContain('drop is not for ada');
      expect(stdout).toBe('1\n');
    });

    it('is survived with ON_ERROR_ROLLBACK', async () => {
      const script =
        "\\set ON_ERROR_ROLLBACK on\nBEGIN;\nDROP TABLE orders CASCADE;\nSELECT 'in transaction' AS state;\nCOMMIT;";
      const { stdout, stderr } = await psql(program, through, script, ['-t', '-A']);
      expect(stderr).toContain('drop is not for ada');
      expect(stdout).toBe('in transaction\n');
    });

    it('takes the rest of its message with it, before and behind', async () => {
      const script =
        "INSERT INTO orders (customer_id, total) VALUES (1, 88)\\; DROP TABLE orders CASCADE\\; SELECT 'never';\nSELECT count(*) FROM orders WHERE total = 88;";
      const { stdout, stderr } = await psql(program, through, script, ['-t', '-A']);
      expect(stderr).toContain('drop is not for ada');
      expect(stdout).toBe('0\n');
    });

    it('shows in \\errverbose with its SQLSTATE', async () => {
      const { stderr, stdout } = await psql(program, through, 'DROP TABLE orders CASCADE;\n\\errverbose');
      expect(stderr + stdout).toContain('ERROR:  42501: ');
    });
  });

  it('large objects are left to the policy: refused here, for the server’s files stand behind them', async () => {
    const file = path.join(server.scratchFolder, 'object');
    fs.writeFileSync(file, 'large');
    const agent = await psql(program, gateway.endpoint('agent'), `\\lo_import '${file}'`);
    expect(agent.stderr).toContain('ERROR');
    const count = await withClient({ port: server.port, database }, async (client) => {
      const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM pg_largeobject_metadata');
      return rows[0]?.n;
    });
    expect(count).toBe('0');
  });
});

/** LISTEN's answer and cancel messages name the server process, which differs from session to session. */
function withoutProcessId<T extends { stdout: string; stderr: string }>(output: T): T {
  const mend = (text: string) => text.replace(/(PID|pid) \d+/g, '$1 …');
  return { ...output, stdout: mend(output.stdout), stderr: mend(output.stderr) };
}

async function sleepers(port: number): Promise<number> {
  return withClient({ port, database: 'postgres' }, async (client) => {
    const { rows } = await client.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()",
    );
    return rows[0]?.n ?? 0;
  });
}
