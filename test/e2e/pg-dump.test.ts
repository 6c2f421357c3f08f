import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithTool } from './support/each-server.ts';
import { directly, runLibpq } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { run } from './support/processes.ts';
import { createShop } from './support/shop.ts';

describeWithTool('pg_dump', 'pg_dump through the gateway', (server, program) => {
  let gateway: Gateway;
  let database: string;

  beforeAll(async () => {
    database = await createShop(server, 'dump');
    gateway = await startGateway({ server, database });
  });
  afterAll(() => gateway.stop());

  const shapes = [
    ['the whole database', []],
    ['INSERT statements', ['--inserts', '--column-inserts']],
    ['the schema alone, clean', ['--schema-only', '--clean', '--if-exists']],
    ['one table', ['--table', 'customers']],
  ] as const;

  it.each(shapes)('%s: the same bytes as without it, or the same refusal', async (_, args) => {
    // The keeper may read the vault, too. Where pg_dump is older than the server it refuses, through both alike.
    const direct = await runLibpq(program, directly(server, database), args);
    const through = await runLibpq(program, gateway.endpoint('keeper'), args);
    expect({ ...through, stdout: withoutTokens(through.stdout) }).toEqual({
      ...direct,
      stdout: withoutTokens(direct.stdout),
    });
  });

  it('is understood to the last statement: a subject that must be understood can dump what it may read', async (context) => {
    const { stdout } = await run(program, ['--version']);
    const major = Number(/ (\d+)/.exec(stdout)?.[1]);
    context.skip(major < server.major, `pg_dump ${major} does not dump from ${server.name}`);
    const dump = await runLibpq(program, gateway.endpoint('ada'), ['--exclude-schema', 'vault']);
    expect(dump).toMatchObject({ code: 0, stderr: '' });
    expect(dump.stdout).toContain('ada@example.com');
  });
});

/** Newer versions put a random token around a dump: \restrict … \unrestrict. */
function withoutTokens(dump: string): string {
  return dump.replace(/^\\(un)?restrict .*$/gm, '\\$1restrict');
}
