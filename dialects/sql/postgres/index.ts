import type { Command, Diagnostic } from '../../../engine/contract.ts';
import { defineDialect, type Dialect, type ParseResult, type Statement } from '../../define.ts';
import { attributesSchema } from './attributes-schema.ts';
import { createServices, type CatalogueOptions } from './catalogue-services.ts';
import { mapStatement, NAME, refusedCommand } from './commands.ts';
import { blotMessage } from './mapping/secrets.ts';
import { createLineage } from './lineage/lineage.ts';
import { createOffsetMap } from './offsets.ts';
import { createParser, type ParserError, type ParserOptions } from './parser.ts';
import { readSettings, settingsSchema, type SessionSettings } from './settings.ts';
import { createTemplateCache, type Mapped } from './template-cache.ts';

export type { PostgresAttributes } from './attributes.ts';
export { DEFAULT_EXTENSIONS, type CatalogueOptions, type FunctionDeclaration } from './catalogue-services.ts';
export { DEFAULT_STATEMENT_BYTES } from './parser.ts';

export interface PostgresDialectOptions extends ParserOptions, CatalogueOptions {
  /** Most texts, and most templates of texts, whose results are remembered; 4,096 by default, 0 for none. */
  readonly cacheEntries?: number;
}

/**
 * PostgreSQL's dialect: SQL as PostgreSQL 18's own parser reads it, mapped to commands.
 *
 * What it vouches for is the text. What objects of the database do on their own when they are touched (views, rules,
 * triggers, defaults, row security, user-defined types and casts) is not in the text, and does not make a command
 * incomplete. Results are frozen and may be shared between equal texts.
 */
export async function createPostgresDialect(options: PostgresDialectOptions = {}): Promise<Dialect> {
  const parser = await createParser(options);
  const services = createServices(parser, options);
  const { cacheEntries } = options;
  const cache =
    cacheEntries === 0 ? undefined : createTemplateCache(cacheEntries === undefined ? {} : { entries: cacheEntries });

  function parse(statement: Statement): ParseResult {
    const { text } = statement;
    last = undefined;
    const session = readSettings(statement.settings);
    // What EXECUTE means is the session's own, so nothing is gained by remembering it.
    if (cache === undefined || session.settings.prepared.size > 0) return remembered(text, map(text, session)).result;
    const key = `${session.unsupported ? 'u' : ''}${session.settings.catalogFirst ? '' : 's'}`;
    return (
      cache.get(text, key) ?? cache.put(text, key, remembered(text, map(text, session)), (other) => map(other, session))
    );
  }

  // Lineage is asked for right after parsing, and needs the same tree.
  let last: { readonly text: string; readonly tree: Mapped['tree'] } | undefined;

  function remembered(text: string, mapped: Mapped): Mapped {
    last = { text, tree: mapped.tree };
    return mapped;
  }

  function treeOf(text: string): Mapped['tree'] {
    if (last?.text === text && last.tree !== undefined) return last.tree;
    const parsed = parser.parse(text);
    return parsed.ok ? parsed.tree : undefined;
  }

  function map(text: string, { settings, unsupported }: SessionSettings): Mapped {
    const parsed = parser.parse(text);
    if (!parsed.ok) return { result: refused(text, parsed.error) };
    try {
      const toUtf16 = createOffsetMap(text);
      const statements = (parsed.tree.stmts ?? []).map((raw) => mapStatement(raw, text, toUtf16, services, settings));
      const commands = statements.map(({ command }) => command);
      const result = unsupported ? unsupportedSetting(commands) : judged(commands);
      if (statements.some(({ dependsOnText }) => dependsOnText)) return { result };
      const literalsRead = new Set(statements.flatMap((statement) => statement.literalsRead));
      return { result, tree: parsed.tree, literalsRead };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { result: refused(text, { code: 'too_deep', message: 'The statement is nested too deeply.' }) };
    }
  }

  const lineage = createLineage({ services, parse, treeOf });
  return defineDialect({ name: NAME, attributesSchema, settingsSchema, parse, lineage });
}

function judged(commands: readonly Command[]): ParseResult {
  return { complete: commands.every(({ complete }) => complete), commands, diagnostics: [] };
}

function unsupportedSetting(commands: readonly Command[]): ParseResult {
  return {
    complete: commands.length === 0,
    commands: commands.map((command) => ({
      ...command,
      complete: false,
      reasons: ['unsupported_setting', ...command.reasons],
    })),
    diagnostics: [diagnostic('unsupported_setting', 'The session reads strings in another way than this parser.')],
  };
}

function refused(text: string, cause: ParserError): ParseResult {
  const error = { ...cause, message: blotMessage(cause.message, text) };
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
