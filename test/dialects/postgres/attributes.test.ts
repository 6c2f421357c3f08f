import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { attributesSchema } from '../../../dialects/sql/postgres/attributes-schema.ts';

/** Members of an interface of attributes.ts, with the keywords of those that are plain. */
function membersOf(name: string): Map<string, boolean> {
  const url = new URL('../../../dialects/sql/postgres/attributes.ts', import.meta.url);
  const file = ts.createSourceFile('attributes.ts', readFileSync(url, 'utf8'), ts.ScriptTarget.ES2022);
  const members = new Map<string, boolean>();
  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== name) continue;
    for (const member of statement.members) {
      if (ts.isPropertySignature(member)) members.set(member.name.getText(file), member.questionToken === undefined);
    }
  }
  return members;
}

function propertiesOf(schema: unknown): Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return {};
  return { ...(schema.properties as object) };
}

function itemsOf(schema: unknown): unknown {
  return typeof schema === 'object' && schema !== null && 'items' in schema ? schema.items : undefined;
}

describe('the schema of attributes and their types say the same', () => {
  const properties = propertiesOf(attributesSchema);

  it.each([
    ['PostgresAttributes', properties],
    ['SettingAttribute', propertiesOf(itemsOf(properties['settings']))],
    ['TransactionAttribute', propertiesOf(properties['transaction'])],
    ['BodyAttribute', propertiesOf(properties['body'])],
  ])('%s', (name, described) => {
    expect(Object.keys(described).sort()).toEqual([...membersOf(name).keys()].sort());
  });

  it('every object is closed, so that a policy cannot misspell an attribute', () => {
    const open: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if (
        'type' in schema &&
        schema.type === 'object' &&
        !('additionalProperties' in schema && schema.additionalProperties === false)
      ) {
        open.push(path);
      }
      for (const [key, child] of Object.entries(schema)) visit(child, `${path}/${key}`);
    };
    visit(attributesSchema, '');
    expect(open).toEqual([]);
  });

  it('uses only what OPA’s type checker understands', () => {
    const text = JSON.stringify(attributesSchema);
    for (const keyword of ['oneOf', 'const', 'patternProperties', 'not']) expect(text).not.toContain(`"${keyword}":`);
    expect(text).not.toContain('"type":[');
  });
});
