import type { RawStmt } from '@pgsql/types';
import { Mapping } from './mapping.ts';
import { statementName } from './statement-names.ts';

/** Texts within texts within texts: beyond this nobody vouches. */
const MAX_NESTING = 8;

/**
 * Maps SQL text that a literal holds as part of the command: it runs when the command runs.
 *
 * @param reason why the command is not complete should the text not parse
 */
export function mapDynamicSql(text: string, mapping: Mapping, reason = 'dynamic_sql'): void {
  if (mapping.nesting >= MAX_NESTING) {
    mapping.incomplete('too_deep');
    return;
  }
  const parsed = mapping.services.parser.parse(text);
  if (!parsed.ok) {
    mapping.incomplete(parsed.error.code === 'syntax_error' ? reason : parsed.error.code);
    return;
  }
  for (const statement of parsed.tree.stmts ?? []) mapNested(statement, text, mapping);
}

function mapNested(statement: RawStmt, text: string, mapping: Mapping): void {
  const inner = new Mapping(mapping, text, mapping.command, mapping.nesting + 1);
  inner.mode = mapping.mode;
  inner.primary = false;
  inner.changesSeen = mapping.changesSeen;
  inner.variables = mapping.variables;
  inner.statementText = text;
  const name = statementName(statement.stmt);
  if (name !== undefined) mapping.command.nested(name);
  inner.visit(statement.stmt);
  mapping.changesSeen = inner.changesSeen;
  mapping.dependsOnText = true;
  // Places in the inner text are no places in the outer one, so the literal that holds it is secret as a whole.
  if (inner.secretsAt.length > 0) mapping.holdsNestedSecret = true;
}
