import { stripVTControlCharacters } from 'node:util';
import type { Condition, NamedValue, Outcome, QuotedValue } from '../../engine/compiler/explanation.ts';
import { isObject } from '../../engine/is-object.ts';
import { printable, type Paint } from '../reporters/terminal.ts';
import { oneLine, shorten } from '../reporters/text.ts';
import type { RuleExplanation } from './explanation.ts';

const marks = { held: '✓', failed: '✗', unreached: '·' } as const;
const colours = { held: 'green', failed: 'red', unreached: 'dim' } as const;

/** Longest value on a line, in characters; the whole of it is in --format json. */
const VALUE_LENGTH = 100;
/** Longest line that conditions and their values share. */
const LINE_LENGTH = 150;
/** How many rules that ask rules are shown; --format json has all that were looked at. */
const DEPTH = 2;

/** One rule: where it stands, its conditions with the values that decided, and what it gave. */
export function renderRule(rule: RuleExplanation, paint: Paint): string {
  const { rule: effect, id, title, file, row, error, entries, given, held, of, verdict } = rule;
  const missed = verdict === 'near' || verdict === 'far';
  const name = [id, title].filter((part) => part !== undefined).map((part) => oneLine(part));
  // Its own words tell a rule without METADATA from the others.
  const words = name.length > 0 ? `${paint('bold', effect)} ${name.join(' ')}` : shorten(oneLine(rule.head), 120);
  const score = missed ? paint('dim', `  ${held} of ${of}`) : '';
  const lines = [`  ${words}  ${paint('dim', `${printable(file)}:${row}`)}${score}`];
  if (error !== undefined) lines.push(`     ${paint('red', oneLine(error))}`);
  for (const condition of rule.conditions) {
    // Of a rule that did not fire, what held is no news.
    if (missed && condition.state === 'held') lines.push(markOf(condition, 5, paint));
    else lines.push(...renderCondition(condition, 5, paint));
  }
  for (const entry of entries) lines.push(`     ${paint('cyan', '→')} ${describeEntry(entry)}`);
  if (given > entries.length) lines.push(`     ${paint('cyan', '→')} and ${given - entries.length} more`);
  return lines.map((line) => `${line}\n`).join('');
}

function markOf({ state, text }: Condition, indent: number, paint: Paint): string {
  return `${' '.repeat(indent)}${paint(colours[state], marks[state])} ${shorten(oneLine(text), 200)}`;
}

function renderCondition(condition: Condition, indent: number, paint: Paint): string[] {
  return [
    ...beside(markOf(condition, indent, paint), describeValues(condition), ' '.repeat(indent + 4), paint),
    ...renderOutcomes(condition, indent + 4, paint, 1),
  ];
}

function renderOutcomes({ because, more }: Condition, indent: number, paint: Paint, depth: number): string[] {
  if (depth > DEPTH) return [];
  const lines = (because ?? []).flatMap((outcome) => renderOutcome(outcome, indent, paint, depth));
  return more === undefined ? lines : [...lines, `${' '.repeat(indent)}${paint('dim', `and ${more} more`)}`];
}

function renderOutcome(outcome: Outcome, indent: number, paint: Paint, depth: number): string[] {
  const { kind, name, file, row, held, value, stopped } = outcome;
  const mark = `${' '.repeat(indent)}${held ? paint('green', marks.held) : paint('red', marks.failed)}`;
  const called = kind === 'every' ? '' : ` ${name}${callOf(outcome)}${kind === 'rule' ? '' : ` (${kind})`}`;
  const at = kind === 'every' ? '' : `  ${paint('dim', `${printable(file)}:${row}`)}`;
  if (stopped === undefined) {
    const result = held ? (value === undefined ? '' : ` is ${show(value)}`) : ' does not take these arguments';
    return [`${mark}${called}${result}${at}`];
  }
  const where = `${mark}${called}${at}${kind === 'every' ? '' : '  stopped at'} ${shorten(oneLine(stopped.text), 200)}`;
  return [
    ...beside(where, describeValues(stopped), ' '.repeat(indent + 4), paint),
    ...renderOutcomes(stopped, indent + 4, paint, depth + 1),
  ];
}

/** Values on the condition's own line where they fit, or below it. */
function beside(head: string, values: readonly string[], space: string, paint: Paint): string[] {
  if (values.length === 0) return [head];
  const together = values.join('; ');
  if (stripVTControlCharacters(head).length + together.length <= LINE_LENGTH) {
    return [`${head}  ${paint('dim', `← ${together}`)}`];
  }
  return [head, ...values.map((value) => `${space}${paint('dim', value)}`)];
}

function callOf({ arguments: given }: Outcome): string {
  if (given === undefined || given.length === 0) return '';
  return `(${given.map((one) => `${oneLine(one.name)} = ${show(one, 40)}`).join(', ')})`;
}

/** `input.subject.kind is "human"`; of several tries each name once, with the values it had. */
function describeValues({ tries, tried, text, state, binding, because }: Condition): string[] {
  if (state === 'unreached') return ['needs a value that is missing'];
  // Of `message := sprintf(…)` the message is enough.
  const named = binding && state === 'held' ? text.split(/ := | in /, 1)[0] : undefined;
  const names = new Map<string, string[]>();
  for (const { values } of tries) {
    for (const value of values) {
      // That the condition itself, or a rule whose outcome is shown, is true or undefined is told by the marks.
      if ((oneLine(value.name) === text || because !== undefined) && isPlain(value)) continue;
      if (named?.includes(value.name) === false) continue;
      const known = names.get(value.name) ?? [];
      const shown = show(value);
      if (!known.includes(shown)) known.push(shown);
      names.set(value.name, known);
    }
  }
  const more = state === 'failed' && tried > tries.length && tries.length > 1 ? `, … (${tried} tries)` : '';
  return [...names].map(([name, values], index, all) => {
    const last = index === all.length - 1;
    return `${shorten(oneLine(name), 80)} is ${values.join(', ')}${last ? more : ''}`;
  });
}

function isPlain(value: NamedValue): boolean {
  return value.value === true || (value.value === undefined && value.excerpt === undefined);
}

function show({ value, excerpt, length }: QuotedValue, limit = VALUE_LENGTH): string {
  if (excerpt !== undefined) return `${oneLine(excerpt.slice(0, limit))}… (${length ?? excerpt.length} bytes)`;
  return value === undefined ? 'undefined' : shorten(printable(JSON.stringify(value)), limit);
}

/** What a rule gave, without its METADATA, which stands in the heading. */
function describeEntry(entry: QuotedValue): string {
  const { value } = entry;
  if (typeof value === 'string') return shorten(oneLine(value), 200);
  if (!isObject(value)) return show(entry);
  const { rule, message, ...rest } = value;
  const title = isObject(rule) ? rule['title'] : rule;
  const words = message ?? title;
  const said = typeof words === 'string' ? [shorten(oneLine(words), 200)] : [];
  const owed = Object.entries(rest).map(([key, part]) => `${oneLine(key)}: ${show({ value: part })}`);
  return [...said, ...owed].join('  ') || show(entry);
}
