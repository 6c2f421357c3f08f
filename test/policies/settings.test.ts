import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createJudge, packs } from './support/judge.ts';

// How a gateway's own data file changes what packs do, as their READMEs tell it.

const everybody = `${import.meta.dirname}/support/everybody`;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A place with nothing but a data file. */
function settings(yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-settings-'));
  folders.push(folder);
  writeFileSync(join(folder, 'data.yaml'), yaml);
  return folder;
}

describe('packs without any data file', async () => {
  const judge = await createJudge([...packs, everybody]);

  test('have their defaults', () => {
    expect(judge.verdict('person', 'production', 'DROP TABLE orders')).toBe('SP-DS-001');
    expect(judge.verdict('person', 'prod', 'DROP TABLE orders')).toBe('SP-DS-001');
    expect(judge.verdict('person', 'staging', 'DROP TABLE orders')).toBe('allow');
    expect(judge.verdict('dba', 'production', 'DROP TABLE orders')).toBe('review');
  });

  test('mask and limit nothing, for nothing is declared', () => {
    expect(judge.decide('person', 'production', 'SELECT email FROM customers').obligations).toEqual([]);
  });
});

describe('one data file for several packs', async () => {
  const judge = await createJudge([
    ...packs,
    everybody,
    settings(`
destructive_sql: { production: [live], administrators: [owners] }
change_approval: { production: [live] }
exfiltration: { rows: 500 }
pii_masking: { columns: { public.customers: { email: hash } } }
`),
  ]);

  test('takes the place of the defaults that it names', () => {
    expect(judge.verdict('person', 'live', 'DROP TABLE orders')).toBe('SP-DS-001');
    expect(judge.verdict('dba', 'live', 'DROP TABLE orders')).toBe('SP-DS-001');
    expect(judge.verdict('person', 'production', 'DROP TABLE orders')).toBe('allow');
  });

  test('leaves the other defaults', () => {
    expect(judge.verdict('agent', 'staging', 'DROP TABLE orders')).toBe('SP-AR-001 SP-DS-002');
    expect(judge.verdict('person', 'live', 'SET row_security = off')).toBe('SP-PE-005');
  });

  test('declares what is masked and limited', () => {
    expect(judge.decide('agent', 'live', 'SELECT email FROM customers WHERE id = 1').obligations).toEqual([
      { kind: 'limit', rows: 500 },
      { kind: 'mask', with: 'hash', columns: ['public.customers.email'], labels: [], detect: [] },
    ]);
  });
});

test.each([...packs, 'pack:change-windows'])('a setting of %s that does not exist denies everything', async (pack) => {
  const name = pack.replace('pack:', '').replaceAll('-', '_');
  const judge = await createJudge([pack, everybody, settings(`${name}: { no_such_setting: [] }`)]);
  const { effect, reasons } = judge.decide('dba', 'staging', 'SELECT 1');
  expect(effect).toBe('deny');
  expect(reasons[0]?.message).toContain(`data.${name}.no_such_setting is no setting`);
});

test('two files that give the same setting collide', async () => {
  const places = [settings('exfiltration: { rows: 1 }'), settings('exfiltration: { rows: 2 }')];
  await expect(createJudge([...packs, everybody, ...places])).rejects.toThrow(/rows/);
});

test('two files that give different settings of a pack come together', async () => {
  const places = [settings('exfiltration: { rows: 1 }'), settings('exfiltration: { bytes: 2 }')];
  const judge = await createJudge([...packs, everybody, ...places]);
  const { obligations } = judge.decide('agent', 'staging', 'SELECT id FROM orders');
  expect(obligations).toEqual([{ kind: 'limit', rows: 1, bytes: 2 }]);
});
