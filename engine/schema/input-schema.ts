import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dialect, JsonSchema } from '../dialect.ts';
import { packageRoot } from '../package-root.ts';
import { isObject } from '../is-object.ts';

/** The names of the contract's parts that stand on their own. */
export type ContractName =
  'Input' | 'Command' | 'Decision' | 'RecordingEvent' | 'Subject' | 'Resource' | 'Client' | 'Session';

let contract: { $defs: Record<string, JsonSchema> } | undefined;

function contractDefinitions(): Record<string, JsonSchema> {
  contract ??= JSON.parse(readFileSync(join(packageRoot(), 'engine', 'schema', 'contract.v1.schema.json'), 'utf8')) as {
    $defs: Record<string, JsonSchema>;
  };
  return contract.$defs;
}

/**
 * The JSON Schema (draft 2020-12) of one part of the contract.
 *
 * `dialects` types `command.attributes` as the union of theirs, so that a policy that reads a name which no dialect
 * gives is a compile error, and an input with one is refused. Without dialects, attributes are any object.
 */
export function contractSchema(
  name: ContractName,
  dialects: readonly Pick<Dialect, 'name' | 'attributesSchema'>[] = [],
): JsonSchema {
  const definitions: Record<string, JsonSchema> = { ...contractDefinitions() };
  if (dialects.length > 0) {
    definitions['CommandAttributes'] = {
      anyOf: dialects.map((dialect) => hoist(dialect.attributesSchema, dialect.name, definitions)),
    };
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: name,
    $ref: `#/$defs/${name}`,
    $defs: definitions,
  };
}

/** Moves a schema's own `$defs` among `definitions` under names of its own, and its references with them. */
function hoist(schema: JsonSchema, prefix: string, definitions: Record<string, JsonSchema>): JsonSchema {
  const { $defs, $schema: _dialect, $id: _id, ...body } = schema;
  if (isObject($defs)) {
    for (const [name, definition] of Object.entries($defs)) {
      definitions[`${prefix}.${name}`] = rewriteReferences(definition, prefix) as JsonSchema;
    }
  }
  return rewriteReferences(body, prefix) as JsonSchema;
}

function rewriteReferences(value: unknown, prefix: string): unknown {
  if (Array.isArray(value)) return value.map((item) => rewriteReferences(item, prefix));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === '$ref' && typeof item === 'string' && item.startsWith('#/$defs/')
        ? [key, `#/$defs/${prefix}.${item.slice('#/$defs/'.length)}`]
        : [key, rewriteReferences(item, prefix)],
    ),
  );
}
