import { RE2JS, RE2JSException } from 're2js';
import { BoundedCache } from './bounded-cache.ts';
import { expandTemplate, regexTemplate } from './regex-template.ts';
import { intOperand, stringOperand } from './operands.ts';
import { type Builtin, type BuiltinContext, BuiltinError, type RegoValue } from './value.ts';

/**
 * `regex.*` (OPA v1/topdown/regex.go) with RE2's syntax and linear time. `regex.match`, `regex.is_valid` and
 * `regex.find_all_string_submatch_n` are native in OPA's modules (RE2 itself).
 */
const patterns = new BoundedCache<RE2JS>(256);

function compile(pattern: string): RE2JS {
  try {
    return patterns.get(pattern, () => RE2JS.compile(pattern));
  } catch (error) {
    if (error instanceof RE2JSException) throw new BuiltinError(`error parsing regexp: ${error.message}`);
    throw error;
  }
}

/** The same charge whether the pattern is cached or not: fuel must not depend on what ran before. */
function prepare(pattern: string, text: string, context: BuiltinContext): RE2JS {
  context.charge(pattern.length * 50);
  const compiled = compile(pattern);
  // The bound that RE2 guarantees: instructions × characters.
  context.charge(Math.max(compiled.programSize(), 8) * (text.length + 8));
  return compiled;
}

/** Starts and ends of the groups of one match, [0, 1] the whole match; -1 for a group that took no part. */
export type Match = readonly number[];

/** Go's rule: an empty match right after the match before it does not count. */
function findAll(pattern: RE2JS, text: string, limit: number): Match[] {
  const matches: Match[] = [];
  if (limit === 0) return matches;
  const matcher = pattern.matcher(text);
  let previousEnd = -1;
  for (let position = 0; position <= text.length && matcher.find(position);) {
    const start = matcher.start();
    const end = matcher.end();
    if (end > start || start !== previousEnd) {
      const groups: number[] = [];
      for (let group = 0; group <= matcher.groupCount(); group += 1) {
        groups.push(matcher.start(group), matcher.end(group));
      }
      matches.push(groups);
      if (matches.length === limit) break;
    }
    previousEnd = end;
    position = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return matches;
}

function part(text: string, match: Match, group: number): string {
  const start = match[group * 2] ?? -1;
  return start < 0 ? '' : text.slice(start, match[group * 2 + 1]);
}

function findN(operands: readonly RegoValue[], context: BuiltinContext): string[] {
  const text = stringOperand(operands, 1);
  const limit = intOperand(operands, 2);
  const pattern = prepare(stringOperand(operands, 0), text, context);
  return findAll(pattern, text, limit).map((match) => part(text, match, 0));
}

function findSubmatches(operands: readonly RegoValue[], context: BuiltinContext): string[][] {
  const text = stringOperand(operands, 1);
  const limit = intOperand(operands, 2);
  const pattern = prepare(stringOperand(operands, 0), text, context);
  return findAll(pattern, text, limit).map((match) =>
    Array.from({ length: match.length / 2 }, (_, group) => part(text, match, group)),
  );
}

function split(operands: readonly RegoValue[], context: BuiltinContext): string[] {
  const expression = stringOperand(operands, 0);
  const text = stringOperand(operands, 1);
  const pattern = prepare(expression, text, context);
  if (expression !== '' && text === '') return [''];
  const parts: string[] = [];
  let begin = 0;
  let end = 0;
  for (const match of findAll(pattern, text, -1)) {
    end = match[0] ?? 0;
    if (match[1] !== 0) parts.push(text.slice(begin, end));
    begin = match[1] ?? 0;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
}

function replace(operands: readonly RegoValue[], context: BuiltinContext): string {
  const text = stringOperand(operands, 0);
  const template = stringOperand(operands, 2);
  const pattern = prepare(stringOperand(operands, 1), text, context);
  const matches = findAll(pattern, text, -1);
  context.charge(matches.length * template.length);
  const names = pattern.namedGroups();
  let output = '';
  let position = 0;
  for (const match of matches) {
    output += text.slice(position, match[0]);
    output += expandTemplate(template, names, (group) => part(text, match, group));
    context.charge(output.length / 64);
    position = match[1] ?? position;
  }
  return output + text.slice(position);
}

function matches(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const text = stringOperand(operands, 1);
  return prepare(stringOperand(operands, 0), text, context).matcher(text).find();
}

function isValid(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const [pattern] = operands;
  if (typeof pattern !== 'string') return false;
  context.charge(pattern.length * 50);
  try {
    compile(pattern);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

function templateMatch(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const text = stringOperand(operands, 1);
  const [start, end] = [stringOperand(operands, 2), stringOperand(operands, 3)];
  // Go counts bytes: a delimiter beyond ASCII is longer than one.
  if (Buffer.byteLength(start) !== 1) throw new BuiltinError('start delimiter has to be exactly one character long');
  if (Buffer.byteLength(end) !== 1) throw new BuiltinError('end delimiter has to be exactly one character long');
  const { pattern, groups } = regexTemplate(stringOperand(operands, 0), start, end);
  for (const group of groups) compile(`^${group}$`);
  return prepare(pattern, text, context).matcher(text).find();
}

export const regexBuiltins: readonly (readonly [string, Builtin])[] = [
  ['regex.match', matches],
  ['regex.is_valid', isValid],
  ['regex.find_n', findN],
  ['regex.find_all_string_submatch_n', findSubmatches],
  ['regex.split', split],
  ['regex.replace', replace],
  ['regex.template_match', templateMatch],
];
