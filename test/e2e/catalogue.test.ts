import { describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../dialects/sql/postgres/catalogue/functions.generated.ts';
import { readServer, unite } from '../../dialects/sql/postgres/catalogue/generate.mjs';
import type { Group } from '../../dialects/sql/postgres/catalogue/groups.ts';
import { OPERATORS } from '../../dialects/sql/postgres/catalogue/operators.generated.ts';
import { RELATIONS } from '../../dialects/sql/postgres/catalogue/relations.generated.ts';
import { lookupSetting } from '../../dialects/sql/postgres/catalogue/settings.ts';
import { TYPES } from '../../dialects/sql/postgres/catalogue/types.generated.ts';
import { describeEachServer } from './support/each-server.ts';
import { withClient } from './support/postgres-server.ts';

const generated = { functions: FUNCTIONS, operators: OPERATORS, types: TYPES, relations: RELATIONS };

/** The built-in names of one version, each with its key, sorted. */
function slice(groups: readonly (readonly [string, readonly string[]])[], version: string): string[] {
  return groups
    .flatMap(([key, names]) => {
      const [versions = '', schema = '', ...rest] = key.split('|');
      if (schema === '' || !versions.split(' ').includes(version)) return [];
      return names.map((name) => [schema, ...rest, name].join('|'));
    })
    .sort();
}

const split = (groups: readonly Group[]): [string, string[]][] => groups.map(([key, names]) => [key, names.split(' ')]);

describeEachServer('the committed catalogue is what the server says of itself', (server) => {
  const version = String(server.major);
  const covered = FUNCTIONS.some(([key]) => key.split('|')[0]?.split(' ').includes(version));

  describe.skipIf(!covered)(`version ${version}`, () => {
    test('functions, operators, types, relations and settings', async () => {
      const facts = await withClient({ port: server.port, database: 'template1' }, async (client) => {
        const read = await readServer(client, { extensions: false });
        expect(read.version).toBe(version);
        return read.facts;
      });
      for (const kind of ['functions', 'operators', 'types', 'relations'] as const) {
        const live = unite([{ version, groups: facts[kind] }]);
        expect(slice(split(generated[kind]), version)).toEqual(slice(live, version));
      }
      // Distributions add and leave out settings.
      const settings = [...facts.settings.values()].flat();
      expect(settings.filter((name) => lookupSetting(name) === undefined)).toEqual([]);
    });
  });
});
