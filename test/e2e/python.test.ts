import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithTool } from './support/each-server.ts';
import { directly, runLibpq } from './support/endpoint.ts';
import { startGateway, type Gateway } from './support/gateway.ts';
import { createShop } from './support/shop.ts';

const script = (name: string): string => fileURLToPath(new URL(`clients/${name}.py`, import.meta.url));

for (const driver of ['psycopg2', 'psycopg'] as const) {
  describeWithTool(driver, `Python's ${driver} through the gateway`, (server, python) => {
    let gateway: Gateway;
    let database: string;

    beforeAll(async () => {
      database = await createShop(server, driver);
      gateway = await startGateway({ server, database });
    });
    afterAll(() => gateway.stop());

    it('gets the same results and errors as without it', async () => {
      const conversations = [script(`${driver}_conversations`)];
      const direct = await runLibpq(python, directly(server, database), conversations);
      const through = await runLibpq(python, gateway.endpoint('ada'), conversations);
      expect(direct).toMatchObject({ code: 0, stderr: '' });
      expect(through.stdout.split('\n')).toEqual(direct.stdout.split('\n'));
      expect(through).toEqual(direct);
    });

    it.runIf(driver === 'psycopg')('sees a denial as an error of its statement, also in a pipeline', async () => {
      const { stdout, stderr } = await runLibpq(python, gateway.endpoint('agent'), [script('psycopg_denied')]);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual(['42501', '42501', 'ok', '42501', 'ok']);
    });
  });
}
