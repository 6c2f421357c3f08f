import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import ts from 'typescript';

/** `Node` for a wrapped child (`{"ColumnRef": {…}}`), otherwise the struct's own name. */
export type FieldTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Reads from @pgsql/types, which is generated from PostgreSQL's own structs, which fields of which node hold other
 * nodes. Only nodes count that PostgreSQL's grammar can make: the rest appears after analysis and is unknown here.
 */
export function readNodeFields(analysed: ReadonlySet<string>): FieldTable {
  const path = createRequire(import.meta.url)
    .resolve('@pgsql/types')
    .replace(/index\.js$/, 'types.d.ts');
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022);
  const structs = new Set<string>();
  for (const statement of file.statements) if (ts.isInterfaceDeclaration(statement)) structs.add(statement.name.text);
  const table: Record<string, Record<string, string>> = {};
  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement) || analysed.has(statement.name.text)) continue;
    const fields: Record<string, string> = {};
    for (const member of statement.members) {
      if (!ts.isPropertySignature(member) || member.type === undefined) continue;
      const type = ts.isArrayTypeNode(member.type) ? member.type.elementType : member.type;
      const name = type.getText(file);
      const field = member.name.getText(file);
      if (field !== 'xpr' && (name === 'Node' || structs.has(name)) && !analysed.has(name)) fields[field] = name;
    }
    table[statement.name.text] = fields;
  }
  return table;
}

export function renderNodeFields(table: FieldTable): string {
  const lines = Object.entries(table).map(([node, fields]) => {
    const pairs = Object.entries(fields).map(([field, type]) => `${field}: '${type}'`);
    return `  ${node}: {${pairs.length > 0 ? ` ${pairs.join(', ')} ` : ''}},`;
  });
  return [
    '// Generated from @pgsql/types by test/dialects/postgres/node-fields.test.ts (UPDATE=1); do not edit.',
    '/**',
    ' * The fields of every node of the raw grammar that hold other nodes: `Node` for a wrapped child',
    ' * (`{"ColumnRef": {…}}`), otherwise the name of the struct that stands there bare.',
    ' */',
    'export const nodeFields = {',
    ...lines,
    '} as const;',
    '',
  ].join('\n');
}
