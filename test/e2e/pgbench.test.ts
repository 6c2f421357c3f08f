import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithTool } from './support/each-server.ts';
import { runLibpq } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { withClient } from './support/postgres-server.ts';
import { createShop } from './support/shop.ts';

describeWithTool('pgbench', 'pgbench through the gateway', (server, program) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'pgbench');
    gateway = await startGateway({ server, database });
  });
  afterAll(() => gateway.stop());

  it('-i makes and fills its tables', async () => {
    const made = await runLibpq(program, gateway.endpoint('pipeline'), ['-i', '-s', '1']);
    expect(made.stderr).toContain('done in');
    expect(made.code).toBe(0);
    const accounts = await withClient({ port: server.port, database }, async (client) => {
      const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM pgbench_accounts');
      return rows[0]?.n;
    });
    expect(accounts).toBe('100000');
  });

  const modes = ['simple', 'extended', 'prepared'] as const;
  it.each(modes)('runs its TPC-B-like script with -M %s', async (mode) => {
    const args = ['-n', '-M', mode, '-c', '2', '-j', '2', '-t', '50'];
    const { stdout, code } = await runLibpq(program, gateway.endpoint('pipeline'), args);
    expect(code).toBe(0);
    expect(stdout).toContain('number of transactions actually processed: 100/100');
    expect(stdout).toMatch(/number of failed transactions: 0 /);
  });

  it.each(modes)('a denial in the middle of a script is an error of that statement, with -M %s', async (mode) => {
    const script = path.join(server.scratchFolder, `denied-${mode}.sql`);
    fs.writeFileSync(script, 'SELECT 1;\nDELETE FROM customers;\nSELECT 2;\n');
    const args = ['-n', '-M', mode, '-c', '1', '-t', '1', '-f', script];
    const { stdout, stderr } = await runLibpq(program, gateway.endpoint('agent'), args);
    expect(stderr).toContain('no rule allows this');
    expect(stdout).toContain('number of transactions actually processed: 0/1');
  });

  it('a denial inside a pipeline is answered in its place', async () => {
    const script = path.join(server.scratchFolder, 'pipeline.sql');
    fs.writeFileSync(script, '\\startpipeline\nSELECT 1;\nDELETE FROM customers;\nSELECT 2;\n\\endpipeline\n');
    const args = ['-n', '-M', 'extended', '-c', '1', '-t', '1', '-f', script];
    const { stderr } = await runLibpq(program, gateway.endpoint('agent'), args);
    expect(stderr).toContain('no rule allows this');
  });
});
