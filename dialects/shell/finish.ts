import type { Command, JsonObject, Span } from '../../engine/contract.ts';
import type { Draft } from './draft.ts';
import { sortedEffects, verbOf } from './effects.ts';
import type { ForeignCommand, Reading } from './reading.ts';
import { isSecretName } from './secrets.ts';
import type { Argument } from './words.ts';

interface Item {
  readonly span: Span;
  readonly draft?: Draft;
  readonly foreign?: ForeignCommand;
}

/** The commands of a statement in the order of the text, outer ones before what stands inside them. */
export function finish(reading: Reading, text: string, dialect: string): Command[] {
  const items: Item[] = [
    ...reading.drafts.map((draft) => ({ span: draft.span, draft })),
    ...reading.foreign.map((foreign) => ({ span: foreign.span, foreign })),
  ];
  items.sort((left, right) => left.span.start - right.span.start || right.span.end - left.span.end);
  const indexes = new Map<Draft, number>();
  items.forEach(({ draft }, index) => {
    if (draft !== undefined) indexes.set(draft, index);
  });
  return items.flatMap(({ draft, foreign }) => {
    if (draft !== undefined) return [ownCommand(draft, text, dialect, reading.secrets, indexes)];
    return foreign === undefined ? [] : [foreignCommand(foreign, text)];
  });
}

function ownCommand(
  draft: Draft,
  text: string,
  dialect: string,
  secrets: readonly Span[],
  indexes: ReadonlyMap<Draft, number>,
): Command {
  const { span } = draft;
  if (draft.effects.size === 0) draft.effect('read');
  const reasons = draft.reasons;
  return {
    dialect,
    verb: verbOf(draft.effects),
    effects: sortedEffects(draft.effects),
    targets: draft.targets,
    functions: [...draft.functions],
    complete: reasons.length === 0,
    reasons,
    fingerprint: fingerprint(dialect, draft, secrets),
    text: text.slice(span.start, span.end),
    span,
    secrets: within(secrets, span),
    attributes: attributes(draft, secrets, indexes),
  };
}

/** A command of another dialect, put where it stands in this statement. */
function foreignCommand({ command, span }: ForeignCommand, text: string): Command {
  const own = text.slice(span.start, span.end);
  if (own === command.text) return { ...command, span };
  const secrets = command.secrets.length === 0 ? [] : [{ start: 0, end: own.length }];
  return { ...command, text: own, span, secrets };
}

/** Secrets of the statement that stand in a command, from that command's own start; overlapping ones as one. */
function within(secrets: readonly Span[], span: Span): Span[] {
  const own = secrets
    .map(({ start, end }) => ({
      start: Math.max(start, span.start) - span.start,
      end: Math.min(end, span.end) - span.start,
    }))
    .filter(({ start, end }) => start < end)
    .sort((left, right) => left.start - right.start);
  const merged: Span[] = [];
  for (const one of own) {
    const last = merged.at(-1);
    if (last !== undefined && one.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, one.end) };
    else merged.push(one);
  }
  return merged;
}

const BLOT = '***';

function attributes(draft: Draft, secrets: readonly Span[], indexes: ReadonlyMap<Draft, number>): JsonObject {
  const parent = draft.parent === undefined ? undefined : indexes.get(draft.parent);
  return {
    kind: draft.kind,
    ...(draft.program === undefined ? {} : { program: draft.program }),
    ...(draft.subcommand === undefined ? {} : { subcommand: draft.subcommand }),
    ...(draft.argv.length === 0 ? {} : { argv: draft.argv.map((argument) => word(argument, secrets)) }),
    ...(draft.redirections.length === 0 ? {} : { redirections: draft.redirections.map((one) => ({ ...one })) }),
    ...(draft.assignments.length === 0
      ? {}
      : {
          assignments: draft.assignments.map(({ name, value, static: isStatic }) => assignment(name, value, isStatic)),
        }),
    ...(draft.wrappers.length === 0 ? {} : { wrappers: [...draft.wrappers] }),
    ...(draft.within.length === 0 ? {} : { within: [...draft.within] }),
    ...(parent === undefined ? {} : { parent }),
    ...(draft.pipeline === undefined ? {} : { pipeline: { ...draft.pipeline } }),
    ...(draft.background ? { background: true } : {}),
    ...(draft.interpreter === undefined ? {} : { interpreter: draft.interpreter }),
  };
}

function word(argument: Argument, secrets: readonly Span[]): JsonObject {
  const { span, contentAt, value = argument.source } = argument;
  const isStatic = argument.value !== undefined;
  const hit = secrets.filter((one) => one.start < span.end && one.end > span.start);
  if (hit.length === 0) return { value, static: isStatic };
  if (contentAt === undefined || !isStatic) return { value: BLOT, static: isStatic };
  let shown = value;
  for (const one of within(hit, { start: contentAt, end: contentAt + value.length }).reverse()) {
    shown = shown.slice(0, one.start) + BLOT + shown.slice(one.end);
  }
  return { value: shown, static: isStatic };
}

function assignment(name: string, value: string | undefined, isStatic: boolean): JsonObject {
  return value === undefined || isSecretName(name) ? { name, static: isStatic } : { name, value, static: isStatic };
}

/** Readable where it is short: programs, options, redirections; never what they are about. */
function fingerprint(dialect: string, draft: Draft, secrets: readonly Span[]): string {
  const { wrappers, argv, program, subcommand } = draft;
  const named = argv.length === 0 ? [] : [program ?? '$', ...(subcommand === undefined ? [] : [subcommand])];
  const words = [...wrappers.map((one) => `${one}>`), ...draft.shape, ...named, ...shapeOf(argv.slice(1), secrets)];
  const shape = words.join(' ');
  return `${dialect}:${shape.length <= 120 ? shape : `${shape.slice(0, 100)}…${hash(shape)}`}`;
}

/** Options by their names, everything else as `?`: the same for commands that differ only in what they are about. */
function shapeOf(args: readonly Argument[], secrets: readonly Span[]): string[] {
  const shape: string[] = [];
  let optionsEnd = false;
  for (const { value, span } of args) {
    if (value === '--') optionsEnd = true;
    const name = optionsEnd || value === undefined ? undefined : /^--?[A-Za-z?][A-Za-z-]{0,30}/.exec(value)?.[0];
    const isSecret = secrets.some((one) => one.start < span.end && one.end > span.start);
    // -pSECRET
    const own = isSecret && name?.startsWith('--') === false ? name.slice(0, 2) : name;
    if (own !== undefined) shape.push(own);
    else if (shape.at(-1) !== '?') shape.push('?');
  }
  return shape;
}

/** FNV-1a, 32 bits: tells shapes apart, and need not withstand anybody. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return state.toString(16).padStart(8, '0');
}
