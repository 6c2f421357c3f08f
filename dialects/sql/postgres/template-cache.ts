import type { ParseResult as ParseTree } from '@pgsql/types';
import type { Command, Span } from '../../../engine/contract.ts';
import type { ParseResult } from '../../define.ts';
import { createBoundedMap } from './bounded-map.ts';
import { constantLocations } from './constants.ts';
import { deepFreeze } from './freeze.ts';
import { templateOf, type Template } from './scan.ts';

/** What the dialect made of a text, and how. */
export interface Mapped {
  readonly result: ParseResult;
  /** Where the text parsed. Without it the result is kept for the exact text only. */
  readonly tree?: ParseTree;
  /** Locations (bytes, as in the tree) of the A_Const nodes whose values the mapper looked at. */
  readonly literalsRead?: ReadonlySet<number>;
}

export interface TemplateCacheOptions {
  /** Most texts, and most templates, of each of two generations; 4,096 by default. */
  readonly entries?: number;
  /** Most characters that they hold, results included; 8 Mi by default. */
  readonly characters?: number;
  /** Longest text that is looked at for a template; 8,192 by default. */
  readonly templateCharacters?: number;
}

export interface TemplateCache {
  /** Undefined where the text is new. `settingsKey` names the settings that the result depends on. */
  get(text: string, settingsKey: string): ParseResult | undefined;
  /** Keeps a result, and gives it back deep-frozen. `remap` parses and maps a text anew, past the cache. */
  put(text: string, settingsKey: string, mapped: Mapped, remap: (text: string) => Mapped): ParseResult;
  stats(): { readonly exact: number; readonly templates: number; readonly hits: number; readonly misses: number };
}

/** A result that stands for every text of a template whose fixed literals are the same. */
interface Reusable {
  readonly result: ParseResult;
  readonly bounds: readonly number[];
  /** Ordinals of the literals whose values matter, and their raw texts. */
  readonly fixed: readonly number[];
  readonly fixedTexts: readonly string[];
}

/** Different values of fixed literals under one template, before the template is left to full parses. */
const VARIANTS = 16;

/**
 * Two caches of parse results: by the exact text, and by the text without its plain literals, for clients that write
 * values into the text (`WHERE aid = 123`). A hit shares everything but text, span and secrets with the first result, by
 * reference: who keeps something by a command's parts finds them again.
 *
 * A literal is free to differ only if it is a constant in an expression and the mapper did not look at its value; the
 * others are fixed: a type's length, a password, a LIMIT. To hold the mapper to its word, a template is only made once a
 * second text with other values has given the same result.
 */
export function createTemplateCache(options: TemplateCacheOptions = {}): TemplateCache {
  const bounds = { entries: options.entries ?? 4_096, cost: options.characters ?? 8_388_608 };
  const templateCharacters = options.templateCharacters ?? 8_192;
  const exact = createBoundedMap<ParseResult>(bounds);
  const templates = createBoundedMap<readonly Reusable[]>(bounds);
  // Keys that were seen once: most texts never come again with other literals.
  const seen = createBoundedMap<true>(bounds);
  let hits = 0;
  let misses = 0;

  const scan = (text: string): Template | undefined =>
    text.length > templateCharacters ? undefined : templateOf(text);
  const keyOf = (key: string, settingsKey: string): string => (settingsKey === '' ? key : `${settingsKey}\0${key}`);

  function find(text: string, settingsKey: string): ParseResult | undefined {
    const same = exact.get(keyOf(text, settingsKey));
    if (same !== undefined) return same;
    const template = scan(text);
    if (template === undefined || template.bounds.length === 0) return undefined;
    const known = templates.get(keyOf(template.key, settingsKey));
    const reusable = known?.find((variant) => fits(variant, text, template.bounds));
    return reusable === undefined ? undefined : instantiate(reusable, text, template.bounds);
  }

  function learn(
    text: string,
    settingsKey: string,
    mapped: Mapped,
    size: number,
    remap: (text: string) => Mapped,
  ): void {
    const template = scan(text);
    if (template === undefined || template.bounds.length === 0 || mapped.tree === undefined) return;
    const key = keyOf(template.key, settingsKey);
    if (seen.get(key) === undefined) {
      seen.set(key, true, key.length);
      return;
    }
    const known = templates.get(key) ?? [];
    if (known.length >= VARIANTS) return;
    const reusable = generalize(text, template.bounds, mapped.result, mapped.tree, mapped.literalsRead ?? new Set());
    if (reusable === undefined || !holds(reusable, text, template.bounds, remap)) return;
    templates.set(key, [...known, reusable], (known.length + 1) * (key.length + size));
  }

  return {
    get: (text, settingsKey) => {
      const found = find(text, settingsKey);
      if (found === undefined) misses++;
      else hits++;
      return found;
    },
    put: (text, settingsKey, mapped, remap) => {
      const result = deepFreeze(mapped.result);
      const size = JSON.stringify(result).length;
      learn(text, settingsKey, mapped, size, remap);
      exact.set(keyOf(text, settingsKey), result, text.length + size);
      return result;
    },
    stats: () => ({ exact: exact.size, templates: templates.size, hits, misses }),
  };
}

function fits(variant: Reusable, text: string, bounds: readonly number[]): boolean {
  return variant.fixed.every((ordinal, index) => {
    const raw = variant.fixedTexts[index];
    const start = bounds[ordinal * 2] ?? 0;
    return raw !== undefined && bounds[ordinal * 2 + 1] === start + raw.length && text.startsWith(raw, start);
  });
}

/** Undefined where a command's offsets point into a literal that is free to change. */
function generalize(
  text: string,
  bounds: readonly number[],
  result: ParseResult,
  tree: ParseTree,
  literalsRead: ReadonlySet<number>,
): Reusable | undefined {
  if (result.diagnostics.length > 0) return undefined;
  const constants = constantLocations(tree);
  const fixed: number[] = [];
  for (let ordinal = 0; ordinal * 2 < bounds.length; ordinal++) {
    const start = bounds[ordinal * 2] ?? 0;
    // The grammar folds a minus sign into the constant and puts its location there.
    const location = constants.has(start) ? start : minusBefore(text, start);
    const free = location !== undefined && constants.has(location) && !literalsRead.has(location);
    if (!free) fixed.push(ordinal);
  }
  if (fixed.length * 2 === bounds.length) return undefined;
  const isFixed = new Set(fixed);
  const inside = (offset: number): boolean => {
    for (let ordinal = 0; ordinal * 2 < bounds.length; ordinal++) {
      if (isFixed.has(ordinal)) continue;
      if (offset > (bounds[ordinal * 2] ?? 0) && offset < (bounds[ordinal * 2 + 1] ?? 0)) return true;
    }
    return false;
  };
  for (const { span, secrets } of result.commands) {
    if (inside(span.start) || inside(span.end)) return undefined;
    if (secrets.some((secret) => inside(span.start + secret.start) || inside(span.start + secret.end)))
      return undefined;
  }
  const fixedTexts = fixed.map((ordinal) => text.slice(bounds[ordinal * 2], bounds[ordinal * 2 + 1]));
  return { result, bounds, fixed, fixedTexts };
}

function minusBefore(text: string, start: number): number | undefined {
  let index = start - 1;
  while (index >= 0 && ' \t\n\r\f\v'.includes(text.charAt(index))) index--;
  return text.charAt(index) === '-' ? index : undefined;
}

/** The result for another text of the same template. */
function instantiate(reusable: Reusable, text: string, bounds: readonly number[]): ParseResult {
  const old = reusable.bounds;
  const commands = reusable.result.commands.map((command): Command => {
    const start = shift(command.span.start, old, bounds);
    const end = shift(command.span.end, old, bounds);
    const secrets =
      command.secrets.length === 0
        ? command.secrets
        : command.secrets.map((secret): Span => ({
            start: shift(command.span.start + secret.start, old, bounds) - start,
            end: shift(command.span.start + secret.end, old, bounds) - start,
          }));
    return Object.freeze({ ...command, text: text.slice(start, end), span: { start, end }, secrets });
  });
  return { complete: reusable.result.complete, commands, diagnostics: reusable.result.diagnostics };
}

/** Maps an offset that is not inside a free literal from one text of a template to another. */
function shift(offset: number, from: readonly number[], to: readonly number[]): number {
  let moved = 0;
  for (let index = 0; index < from.length; index++) {
    const bound = from[index] ?? 0;
    if (bound > offset) break;
    moved = (to[index] ?? 0) - bound;
  }
  return offset + moved;
}

/** Whether a text with other values in the free places gives what the template says it would. */
function holds(reusable: Reusable, text: string, bounds: readonly number[], remap: (text: string) => Mapped): boolean {
  const probe = withOtherValues(text, bounds, new Set(reusable.fixed));
  const template = templateOf(probe);
  if (template === undefined) return false;
  const expected = instantiate(reusable, probe, template.bounds);
  const { complete, commands, diagnostics } = remap(probe).result;
  if (complete !== expected.complete || diagnostics.length > 0) return false;
  return JSON.stringify(commands) === JSON.stringify(expected.commands);
}

function withOtherValues(text: string, bounds: readonly number[], fixed: ReadonlySet<number>): string {
  let probe = '';
  let copied = 0;
  for (let ordinal = 0; ordinal * 2 < bounds.length; ordinal++) {
    const start = bounds[ordinal * 2] ?? 0;
    const end = bounds[ordinal * 2 + 1] ?? 0;
    const raw = text.slice(start, end);
    probe += text.slice(copied, start) + (fixed.has(ordinal) ? raw : otherValue(raw, ordinal));
    copied = end;
  }
  return probe + text.slice(copied);
}

/** Another literal of the same class. */
function otherValue(raw: string, ordinal: number): string {
  if (raw.startsWith("'")) return `'sallyport probe ${ordinal}'`;
  if (raw.includes('.')) return `${ordinal}.0731`;
  return Number(raw) <= 2_147_483_647 ? String(7_310_000 + ordinal) : `73100000000000${ordinal}`;
}
