import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../../engine/catalogue.ts';
import { createPostgresDialect } from '../../../../dialects/sql/postgres/index.ts';

const nothingKnown: Catalogue = {
  version: 'nothing',
  searchPath: ['pg_catalog', 'public'],
  relation: () => undefined,
  relationByOid: () => undefined,
  functions: () => [],
  type: () => undefined,
  operators: () => [],
};

const dialect = await createPostgresDialect();

describe('what the target may quote in its messages about a command', () => {
  it.each([
    ['LISTEN news', { unknown: 'notifications' }],
    ['UNLISTEN news', []],
    ['SELECT 1', []],
    ['SELECT * FROM nowhere', { unknown: 'unknown_relation' }],
    ["DO $$ BEGIN RAISE NOTICE 'a'; END $$", { unknown: 'procedural' }],
  ])('%s', (text, exposed) => {
    const context = { catalogue: nothingKnown, cursors: new Map(), temporary: new Map() };
    expect(dialect.lineage?.({ text }, context).commands[0]?.exposed).toEqual(exposed);
  });
});
