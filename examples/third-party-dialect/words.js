// Splits a text into lines and lines into words, exactly as the store itself does.

/**
 * @typedef {object} Word
 * @property {string} value its characters, without quotes and escapes
 * @property {number} start where it begins in the whole text, its quote included
 * @property {number} end
 */

/**
 * @typedef {object} Line
 * @property {Word[]} words at least one
 * @property {boolean} sound false: a quote does not end, so nobody knows the words
 * @property {number} start where its first word begins
 * @property {number} end where its last word ends
 */

/**
 * The lines that do something: not the empty ones, nor comments (`# …`).
 *
 * @param {string} text
 * @returns {Line[]}
 */
export function splitLines(text) {
  const lines = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = splitWords(text, start, end);
    if (line !== undefined) lines.push(line);
    start = end + 1;
  }
  return lines;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @returns {Line | undefined}
 */
function splitWords(text, start, end) {
  /** @type {Word[]} */
  const words = [];
  let sound = true;
  for (let at = start; at < end;) {
    if (isSpace(text.charAt(at))) {
      at += 1;
      continue;
    }
    if (words.length === 0 && text.charAt(at) === '#') return undefined;
    const word = text.charAt(at) === '"' ? quotedWord(text, at, end) : plainWord(text, at, end);
    sound &&= word.sound;
    words.push(word);
    at = word.end;
  }
  const first = words.at(0);
  const last = words.at(-1);
  return first === undefined || last === undefined ? undefined : { words, sound, start: first.start, end: last.end };
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} limit
 */
function plainWord(text, start, limit) {
  let end = start;
  while (end < limit && !isSpace(text.charAt(end))) end += 1;
  return { value: text.slice(start, end), start, end, sound: true };
}

/**
 * In quotes, a backslash takes the next character as it is.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} limit
 */
function quotedWord(text, start, limit) {
  let value = '';
  for (let at = start + 1; at < limit; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      const end = at + 1;
      return { value, start, end, sound: end === limit || isSpace(text.charAt(end)) };
    }
    if (character === '\\') at += 1;
    value += at < limit ? text.charAt(at) : '';
  }
  return { value, start, end: limit, sound: false };
}

/** @param {string} character */
function isSpace(character) {
  return character === ' ' || character === '\t' || character === '\r';
}
