// Turns a line's words into the command that policies see.
import { incompleteCommand } from 'sallyport/dialects/define';

/** @typedef {ReturnType<typeof incompleteCommand>} Command */
/** @typedef {import('./words.js').Line} Line */
/** @typedef {import('./words.js').Word} Word */

/**
 * What each command of the store does. `names`: how many of its arguments are keys; the others are literals.
 *
 * @typedef {object} Meaning
 * @property {Command['effects'][number]} effect
 * @property {Command['targets'][number]['access']} access
 * @property {string} kind of the target that a name stands for
 * @property {number} least arguments
 * @property {number} most
 * @property {number} names
 * @property {boolean} [secret] its last argument must not be written down
 */

/**
 * A Map, not an object: `constructor` is a word that a client may send, too.
 *
 * @type {ReadonlyMap<string, Meaning>}
 */
const meanings = new Map([
  ['GET', { effect: 'read', access: 'read', kind: 'key', least: 1, most: Infinity, names: Infinity }],
  ['KEYS', { effect: 'read', access: 'read', kind: 'pattern', least: 1, most: 1, names: 1 }],
  ['SET', { effect: 'write', access: 'write', kind: 'key', least: 2, most: 2, names: 1 }],
  ['DEL', { effect: 'delete', access: 'delete', kind: 'key', least: 1, most: Infinity, names: Infinity }],
  ['FLUSH', { effect: 'truncate', access: 'truncate', kind: 'key', least: 0, most: 0, names: 0 }],
  ['AUTH', { effect: 'session', access: 'use', kind: 'key', least: 1, most: 1, names: 0, secret: true }],
]);

/**
 * @param {string} text the whole statement
 * @param {Line} line
 * @returns {Command}
 */
export function toCommand(text, line) {
  const [first, ...rest] = line.words;
  const keyword = (first?.value ?? '').toUpperCase();
  const meaning = meanings.get(keyword);
  if (!line.sound) return incomplete(text, line, 'syntax_error');
  // A script does what it likes: no reader of the line can vouch for it.
  if (keyword === 'EVAL')
    return { ...incomplete(text, line, 'dynamic_script'), verb: 'eval', effects: ['procedural', 'unknown'] };
  if (meaning === undefined) return incomplete(text, line, 'unknown_command');
  if (rest.length < meaning.least || rest.length > meaning.most) return incomplete(text, line, 'wrong_arguments');

  const names = rest.slice(0, meaning.names).map((word) => word.value);
  const literals = rest.slice(names.length);
  return {
    dialect: 'kvline',
    verb: keyword.toLowerCase(),
    effects: [meaning.effect],
    targets: names.map((name) => ({
      kind: meaning.kind,
      path: [name],
      access: meaning.access,
      resolution: 'exact',
    })),
    functions: [],
    complete: true,
    reasons: [],
    fingerprint: JSON.stringify([keyword, ...names, ...literals.map(() => null)]),
    text: text.slice(line.start, line.end),
    span: { start: line.start, end: line.end },
    // Spans of secrets count from the start of the command's own text.
    secrets: meaning.secret === true ? literals.map((word) => spanWithin(line, word)) : [],
    attributes: {
      keyword,
      arguments: rest.length,
      ...(keyword === 'SET' ? { value_length: literals.reduce((sum, word) => sum + word.value.length, 0) } : {}),
    },
  };
}

/**
 * @param {string} text
 * @param {Line} line
 * @param {string} reason
 * @returns {Command}
 */
function incomplete(text, { start, end }, reason) {
  return { ...incompleteCommand('kvline', text.slice(start, end), reason), span: { start, end } };
}

/**
 * @param {Line} line
 * @param {Word} word
 */
function spanWithin(line, word) {
  return { start: word.start - line.start, end: word.end - line.start };
}
