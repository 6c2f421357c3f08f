import type { RawStmt } from '@pgsql/types';
import type { Command, Span } from '../../../engine/contract.ts';
import { incompleteCommand } from '../../define.ts';
import { CommandBuilder } from './mapping/command-builder.ts';
import { Mapping } from './mapping/mapping.ts';
import type { Services, Settings } from './mapping/services.ts';
import { preparedText } from './mapping/prepared-text.ts';
import { blot, quotedSpans, secretSpans } from './mapping/secrets.ts';
import { statementName } from './mapping/statement-names.ts';
import { visitors } from './mapping/visitors.ts';
import type { OffsetMap } from './offsets.ts';
import type { ParserError } from './parser.ts';

export const NAME = 'postgres';

/** What mapping one statement gave: the command, and what the template cache has to know of it. */
export interface MappedStatement {
  readonly command: Command;
  /** Byte offsets of the literals on whose values the command depends. */
  readonly literalsRead: readonly number[];
  /** The command depends on its text in other ways than by those literals. */
  readonly dependsOnText: boolean;
}

/** Maps one raw statement of a text. */
export function mapStatement(
  raw: RawStmt,
  text: string,
  toUtf16: OffsetMap,
  services: Services,
  settings: Settings,
): MappedStatement {
  const span = spanOf(raw, text, toUtf16);
  const own = text.slice(span.start, span.end);
  const builder = new CommandBuilder();
  const mapping = new Mapping({ services, settings, visitors }, text, builder, 0);
  mapping.statementText = own;
  const name = statementName(raw.stmt);
  if (name === undefined) builder.incomplete('unknown_statement');
  builder.attributes.statement = name ?? 'unknown';
  mapping.visit(raw.stmt);
  const secrets = secretSpans(mapping, own, span.start, toUtf16);
  const { prepared } = builder.attributes;
  // What PREPARE keeps is parsed again at EXECUTE; its secrets make no difference to that.
  if (prepared?.text !== undefined && secrets.length > 0) {
    prepared.text = preparedText(blot(own, secrets)) ?? '';
  }
  const command = {
    dialect: NAME,
    verb: builder.verb,
    effects: builder.effects.list(),
    targets: builder.targets(),
    functions: builder.functions(),
    complete: builder.complete,
    reasons: builder.reasons(),
    fingerprint: fingerprint(own, services),
    text: own,
    span,
    secrets,
    attributes: { ...builder.finishedAttributes() },
  };
  return { command, literalsRead: mapping.literalsRead, dependsOnText: mapping.dependsOnText };
}

function fingerprint(text: string, services: Services): string {
  const answer = services.parser.fingerprint(text);
  return `${NAME}:${answer.ok ? answer.tree : 'none'}`;
}

/**
 * Where a statement stands: from its first token (comments before it are left out) to before its `;`, without the white
 * space around it. A comment after the last token stays in.
 */
function spanOf(raw: RawStmt, text: string, toUtf16: OffsetMap): Span {
  const from = raw.stmt_location ?? 0;
  let start = toUtf16(from);
  // Length 0 stands for "to the end".
  let end = raw.stmt_len === undefined || raw.stmt_len === 0 ? text.length : toUtf16(from + raw.stmt_len);
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return { start, end };
}

/** White space of PostgreSQL's scanner: space, \t, \n, \v, \f, \r. */
function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13);
}

/** The one command of a text that PostgreSQL's parser refuses, or that is not given to it. */
export function refusedCommand(text: string, error: Pick<ParserError, 'code' | 'message' | 'position'>): Command {
  const { code, message, position } = error;
  return {
    ...incompleteCommand(NAME, text, code),
    secrets: quotedSpans(text),
    attributes: { statement: 'unknown', error: { code, message, ...(position === undefined ? {} : { position }) } },
  };
}
