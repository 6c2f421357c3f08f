import type { HereDoc, Redirect, Redirection } from 'unbash';
import type { Draft } from './draft.ts';
import type { Expansions } from './expansions.ts';
import type { Context, Input, Reading } from './reading.ts';
import { decodedSource, exactSource, type Source } from './source.ts';
import { readWord, type Argument } from './words.ts';

interface Redirected {
  /** What the command reads, if that is redirected. */
  readonly input: Input | undefined;
  /** Its output goes elsewhere than to where the shell's goes. */
  readonly redirected: boolean;
}

/** Notes what is redirected: files as targets, here-documents as input. */
export function readRedirections(
  reading: Reading,
  expansions: Expansions,
  redirections: readonly Redirection[],
  context: Context,
  draft: Draft,
): Redirected {
  let input: Input | undefined;
  let redirected = false;
  for (const one of redirections) {
    if (context.posix && isBashOnly(one)) draft.incomplete('not_posix');
    const descriptor = one.descriptor?.type === 'FileDescriptor' ? one.descriptor.value : undefined;
    draft.shape.push(one.operator);
    if (one.type === 'HereDoc') {
      const text = hereDocument(one, expansions, context, draft);
      if ((descriptor ?? 0) === 0) input = text;
      draft.redirections.push({ operator: one.operator, ...numbered(descriptor), static: true });
      continue;
    }
    if (one.target === undefined) {
      reading.doubt('syntax_error');
      continue;
    }
    expansions.word(one.target, context, draft);
    const target = readWord(one.target, context.source);
    if (one.type === 'HereString') {
      if ((descriptor ?? 0) === 0) input = hereString(target);
      draft.redirections.push({ operator: one.operator, ...numbered(descriptor), static: target.value !== undefined });
      continue;
    }
    file(one, target, descriptor, draft);
    if (one.operator.startsWith('<') && (descriptor ?? 0) === 0) input = { from: 'file' };
    if (one.operator.includes('>') && (descriptor ?? 1) === 1) redirected = true;
  }
  return { input, redirected };
}

function numbered(descriptor: number | undefined): { descriptor?: number } {
  return descriptor === undefined ? {} : { descriptor };
}

function isBashOnly(one: Redirection): boolean {
  return (
    one.operator === '<<<' ||
    one.operator === '&>' ||
    one.operator === '&>>' ||
    one.descriptor?.type === 'FileDescriptorVariable' ||
    (one.operator === '>&' && one.target !== undefined && !/^(?:\d+|-)$/.test(one.target.text))
  );
}

function file(one: Redirect, target: Argument, descriptor: number | undefined, draft: Draft): void {
  const path = target.value ?? target.source;
  const isStatic = target.value !== undefined;
  draft.redirections.push({ operator: one.operator, ...numbered(descriptor), path, static: isStatic });
  // n>&m, n<&-: descriptors, not files.
  if ((one.operator === '>&' || one.operator === '<&') && isStatic && /^(?:\d+-?|-)$/.test(path)) return;
  const reads = one.operator === '<' || one.operator === '<>' || one.operator === '<&';
  const writes = one.operator !== '<' && one.operator !== '<&';
  const network = /^\/dev\/(?:tcp|udp)\/([^/]+)/.exec(target.prefix);
  if (network !== null) {
    draft.effect('unsafe_io');
    draft.target('host', network[1] ?? target.source, 'use', isStatic ? 'exact' : 'dynamic');
    return;
  }
  if (isStatic && /^\/dev\/(?:null|zero|full|std(?:in|out|err)|tty|fd\/\d+|u?random)$/.test(path)) return;
  if (reads) {
    draft.effect('read');
    draft.path(target, 'read');
  }
  if (writes) {
    draft.effect('write');
    draft.path(target, 'write');
  }
}

function hereDocument(one: HereDoc, expansions: Expansions, context: Context, draft: Draft): Input {
  const { body, closing, delimiter } = one;
  if (closing === undefined) draft.incomplete('unterminated_here_document');
  if (body.parts !== undefined) expansions.parts(body.parts, context, draft);
  const expanded = delimiter?.quoted !== true && /[$`\\]/.test(body.text);
  if (expanded) return { from: 'text' };
  return { from: 'text', source: hereSource(one, context.source) };
}

function hereSource(one: HereDoc, source: Source): Source {
  const { body } = one;
  const text = one.operator === '<<-' ? body.text.replace(/^\t+/gm, '') : body.text;
  const span = source.place(body.pos, body.end);
  const isExact = text === source.text.slice(body.pos, body.end) && span.end - span.start === text.length;
  return isExact ? exactSource(text, span.start) : decodedSource(text, span);
}

function hereString(target: Argument): Input {
  if (target.value === undefined) return { from: 'text' };
  const source =
    target.contentAt === undefined
      ? decodedSource(target.value, target.span)
      : exactSource(target.value, target.contentAt);
  return { from: 'text', source };
}
