import type { Assignment, Command, Word } from 'unbash';
import type { Draft } from './draft.ts';
import type { Expansions } from './expansions.ts';
import type { Context, Reading } from './reading.ts';
import { readRedirections } from './redirections.ts';
import { isSecretName } from './secrets.ts';
import { variableReason } from './variables.ts';
import { readWord, type Argument } from './words.ts';

/** Reads a simple command: assignments, redirections, words. */
export function readSimple(reading: Reading, expansions: Expansions, node: Command, context: Context): void {
  const { source } = context;
  const kind = node.name === undefined ? (node.prefix.some(isAssignment) ? 'assignment' : 'redirection') : 'program';
  const draft = reading.open(kind, source.place(node.pos, node.end), context);
  // The program's own effects are added when it is known; what stands alone still does something.
  if (node.name === undefined) draft.effect(kind === 'assignment' ? 'session' : 'read');
  for (const one of node.prefix) if (isAssignment(one)) assign(reading, expansions, one, node, context, draft);
  const { input, redirected } = readRedirections(reading, expansions, node.redirects, context, draft);
  if (node.name === undefined) return;
  const words = [node.name, ...node.args];
  if (touching(words)) draft.incomplete('ambiguous_words');
  const args = words.map((word) => argumentOf(word, expansions, context, draft));
  reading.runWords(
    args,
    { ...context, redirected: redirected || context.redirected, ...(input === undefined ? {} : { input }) },
    draft,
  );
}

function isAssignment(one: { readonly type: string }): one is Assignment {
  return one.type === 'Assignment';
}

/** `a<(b)` is one word in bash and two here. */
function touching(words: readonly (Word | Assignment)[]): boolean {
  return words.some((word, index) => index > 0 && words[index - 1]?.end === word.pos);
}

/** Arguments of declare and its like come as assignments. */
function argumentOf(word: Word | Assignment, expansions: Expansions, context: Context, draft: Draft): Argument {
  const { source } = context;
  if (word.type === 'Word') {
    expansions.word(word, context, draft);
    return readWord(word, source);
  }
  values(expansions, word, context, draft);
  const span = source.place(word.pos, word.end);
  const { value } = word;
  const read = value.type === 'Word' ? readWord(value, source) : undefined;
  const head = `${word.name}${word.append === true ? '+=' : '='}`;
  if (read?.value === undefined || word.index !== undefined)
    return { source: word.text, prefix: head, single: true, span };
  return {
    source: word.text,
    value: head + read.value,
    prefix: head + read.value,
    single: true,
    span,
    ...(read.contentAt === span.start + head.length ? { contentAt: span.start } : {}),
  };
}

function values(expansions: Expansions, one: Assignment, context: Context, draft: Draft): void {
  expansions.subscript(one.index, context, draft);
  if (context.posix && (one.append === true || one.index !== undefined || one.value.type === 'ArrayValue')) {
    draft.incomplete('not_posix');
  }
  if (one.value.type === 'Word') {
    expansions.word(one.value, context, draft);
    return;
  }
  for (const element of one.value.elements) {
    // [subscript]=value
    if (/^\[(?!\d+\]=)/.test(element.text)) draft.incomplete('arithmetic');
    expansions.word(element, context, draft);
  }
}

function assign(
  reading: Reading,
  expansions: Expansions,
  one: Assignment,
  node: Command,
  context: Context,
  draft: Draft,
): void {
  values(expansions, one, context, draft);
  draft.shape.push(`${one.name}=`);
  const value = one.value.type === 'Word' ? readWord(one.value, context.source) : undefined;
  draft.assignments.push(
    value?.value === undefined
      ? { name: one.name, static: false }
      : { name: one.name, value: value.value, static: true },
  );
  if (isSecretName(one.name)) {
    const inner = value?.contentAt;
    const span = value?.span ?? context.source.place(one.value.pos, one.value.end);
    reading.secret(
      inner === undefined || value?.value === undefined ? span : { start: inner, end: inner + value.value.length },
    );
  }
  const reason = variableReason(one.name);
  if (reason === undefined) return;
  // `IFS= read -r line` splits one line, and nothing else.
  if (reason === 'ifs_changed' && /^(?:read|mapfile|readarray)$/.test(node.name?.text ?? '')) return;
  if (node.name === undefined) reading.taint(draft, reason);
  else draft.incomplete(reason);
}
