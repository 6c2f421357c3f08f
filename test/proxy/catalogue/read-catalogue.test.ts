import fs from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Catalogue } from '../../../engine/catalogue.ts';
import { readCatalogue } from '../../../proxy/catalogue/read-catalogue.ts';
import { runOn } from './support.ts';

let database: PGlite;
let catalogue: Catalogue;

beforeAll(async () => {
  database = await PGlite.create();
  await database.exec(fs.readFileSync(new URL('../../e2e/support/shop.sql', import.meta.url), 'utf8'));
  catalogue = await readCatalogue(runOn(database), {
    resource: 'shop',
    labels: { 'shop.public.customers.email': ['pii'] },
  });
});

afterAll(() => database.close());

test('columns carry the labels of policy data', () => {
  const labels = catalogue.relation('public', 'customers')?.columns.map((column) => [column.name, column.labels]);
  expect(labels).toContainEqual(['email', ['pii']]);
  expect(labels).toContainEqual(['name', []]);
});

test('the target prints views with every name qualified', () => {
  expect(catalogue.relation('public', 'revenue')?.definition).toContain('FROM public.orders');
});
