import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { withClient, type ServerInfo } from './postgres-server.ts';

const template = 'shop_template';

/** Makes the sample database once for each server; `createShop` copies it. */
export async function createShopTemplate(port: number): Promise<void> {
  const text = fs.readFileSync(new URL('shop.sql', import.meta.url), 'utf8');
  await withClient({ port, database: 'postgres' }, (client) => client.query(`CREATE DATABASE ${template}`));
  await withClient({ port, database: template }, (client) => client.query(text));
}

/** A sample database of the caller's own. `prefix` shows up in its name. */
export async function createShop(server: ServerInfo, prefix: string): Promise<string> {
  const name = `shop_${prefix}_${randomBytes(3).toString('hex')}`;
  await withClient({ port: server.port, database: 'postgres' }, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`),
  );
  return name;
}

export async function dropShop(server: ServerInfo, name: string): Promise<void> {
  await withClient({ port: server.port, database: 'postgres' }, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  );
}
