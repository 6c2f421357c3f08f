import type { Command, Span } from '../../../engine/contract.ts';
import { inside, type Context } from '../reading.ts';
import { decodedSource, exactSource, type Source } from '../source.ts';
import type { Use } from '../use.ts';
import { isStatic, type Argument, type StaticArgument } from '../words.ts';

/** The text of an argument, and where it stands. */
export function sourceOf({ value, span, contentAt }: StaticArgument): Source {
  return contentAt === undefined ? decodedSource(value, span) : exactSource(value, contentAt);
}

/** Where what a program runs stands: behind that program. */
export function behind({ context, draft, name }: Use): Context {
  return {
    ...context,
    parent: draft,
    wrappers: [...context.wrappers, name],
    functions: new Set(),
    direct: false,
  };
}

/** Runs the rest of a program's words as another command. */
export function runInside(use: Use, words: readonly Argument[], context: Context = behind(use)): void {
  use.reading.runWords(words, context);
}

/** Shell text in an argument. */
export function nestedText(use: Use, argument: Argument, change: Partial<Context> = {}): void {
  if (isStatic(argument)) readShellText(use, sourceOf(argument), change);
  else use.draft.incomplete('dynamic_script');
}

/** Text that another shell reads. */
export function readShellText(use: Use, source: Source, change: Partial<Context> = {}): void {
  use.reading.readText(source, {
    ...inside(behind(use), 'script'),
    pipeline: undefined,
    posix: true,
    depth: use.context.depth + 1,
    direct: true,
    ...change,
    source,
  });
}

/** SQL in an argument: commands of the dialect that was given for it. */
export function nestedSql(use: Use, name: string, argument: Argument): void {
  if (isStatic(argument)) readSql(use, name, sourceOf(argument));
  else use.draft.incomplete('dynamic_sql');
}

export function readSql({ reading, draft }: Use, name: string, source: Source): void {
  const { dialects } = reading.surroundings;
  const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined;
  draft.interpreter = name;
  if (dialect === undefined) {
    draft.incomplete('no_nested_dialect');
    return;
  }
  const result = dialect.parse({ text: source.text });
  for (const command of result.commands) {
    const span = source.place(command.span.start, command.span.end);
    for (const secret of command.secrets) reading.secret(placeOf(source, command, secret));
    reading.foreign.push({ command, span, parent: draft });
  }
  if (!result.complete && result.commands.every(({ complete }) => complete)) draft.incomplete('syntax_error');
}

function placeOf(source: Source, { span }: Command, secret: Span): Span {
  return source.place(span.start + secret.start, span.start + secret.end);
}
