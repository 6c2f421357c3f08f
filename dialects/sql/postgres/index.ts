import type { Diagnostic } from '../../../engine/contract.ts';
import { defineDialect, type Dialect, type ParseResult, type Statement } from '../../define.ts';
import { attributesSchema } from './attributes-schema.ts';
import { createServices, type CatalogueOptions } from './catalogue-services.ts';
import { mapStatement, NAME, refusedCommand } from './commands.ts';
import { createOffsetMap } from './offsets.ts';
import { createParser, type ParserError, type ParserOptions } from './parser.ts';
import { readSettings, settingsSchema } from './settings.ts';

export type { PostgresAttributes } from './attributes.ts';
export { DEFAULT_EXTENSIONS, type CatalogueOptions, type FunctionDeclaration } from './catalogue-services.ts';
export { DEFAULT_STATEMENT_BYTES } from './parser.ts';

export interface PostgresDialectOptions extends ParserOptions, CatalogueOptions {}

/**
 * PostgreSQL's dialect: SQL as PostgreSQL 18's own parser reads it, mapped to commands.
 *
 * What it vouches for is the text. What objects of the database do on their own when they are touched (views, rules,
 * triggers, defaults, row security, user-defined types and casts) is not in the text, and does not make a command
 * incomplete.
 */
export async function createPostgresDialect(options: PostgresDialectOptions = {}): Promise<Dialect> {
  const parser = await createParser(options);
  const services = createServices(parser, options);

  function parse(statement: Statement): ParseResult {
    const { text } = statement;
    const { settings, unsupported } = readSettings(statement.settings);
    const parsed = parser.parse(text);
    if (!parsed.ok) return refused(text, parsed.error);
    const toUtf16 = createOffsetMap(text);
    try {
      const commands = (parsed.tree.stmts ?? []).map(
        (raw) => mapStatement(raw, text, toUtf16, services, settings).command,
      );
      if (!unsupported) return { complete: commands.every(({ complete }) => complete), commands, diagnostics: [] };
      return {
        complete: commands.length === 0,
        commands: commands.map((command) => ({
          ...command,
          complete: false,
          reasons: ['unsupported_setting', ...command.reasons],
        })),
        diagnostics: [diagnostic('unsupported_setting', 'The session reads strings in another way than this parser.')],
      };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refused(text, { code: 'too_deep', message: 'The statement is nested too deeply.' });
    }
  }

  return defineDialect({ name: NAME, attributesSchema, settingsSchema, parse });
}

function refused(text: string, error: ParserError): ParseResult {
  return {
    complete: false,
    commands: [refusedCommand(text, error)],
    diagnostics: [diagnostic(error.code, error.message, error.position)],
  };
}

function diagnostic(code: string, message: string, position?: number): Diagnostic {
  return {
    severity: 'error',
    code,
    message,
    ...(position === undefined ? {} : { span: { start: position, end: position } }),
  };
}
