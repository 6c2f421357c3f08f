// A dialect: turns the text that a client sends into the commands that policies see. This one reads lines of
//
//     GET name …     PUT name value
//
// Replace them by what your target understands. `parse` must be total (it never throws), do no I/O and keep no state; and
// what it does not know for sure must be `complete: false`, which a policy denies by default.
import { defineDialect, incompleteCommand } from 'sallyport/dialects/define';

const NAME = 'example';

export default defineDialect({
  name: NAME,

  // Policies read these as input.command.attributes. A closed object makes a typo in a policy a compile error.
  attributesSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      keyword: { description: 'The first word, in upper case.', type: 'string' },
    },
  },

  parse({ text }) {
    const commands = linesOf(text).map(toCommand);
    return { complete: commands.every((command) => command.complete), commands, diagnostics: [] };
  },
});

/** @typedef {{ text: string, start: number }} Line */

/**
 * The lines that do something.
 *
 * @param {string} text
 * @returns {Line[]}
 */
function linesOf(text) {
  const lines = [];
  let start = 0;
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed !== '') lines.push({ text: trimmed, start: start + line.indexOf(trimmed) });
    start += line.length + 1;
  }
  return lines;
}

/** @param {Line} line */
function toCommand({ text, start }) {
  const span = { start, end: start + text.length };
  const [keyword = '', ...words] = text.split(/\s+/);
  const access = accessOf(keyword.toUpperCase(), words.length);
  if (access === undefined) return { ...incompleteCommand(NAME, text, 'unknown_command'), span };
  const names = access === 'read' ? words : words.slice(0, 1);
  return {
    dialect: NAME,
    verb: keyword.toLowerCase(),
    effects: [access],
    targets: names.map((name) => target(name, access)),
    functions: [],
    complete: true,
    reasons: [],
    // The same for commands that differ only in literals: the value of PUT is one, names are not.
    fingerprint: JSON.stringify([access, ...names]),
    text,
    span,
    // Spans of the text that must never be written down, such as passwords.
    secrets: [],
    attributes: { keyword: keyword.toUpperCase() },
  };
}

/**
 * @param {string} keyword
 * @param {number} words how many follow it
 * @returns {'read' | 'write' | undefined}
 */
function accessOf(keyword, words) {
  if (keyword === 'GET' && words > 0) return 'read';
  return keyword === 'PUT' && words === 2 ? 'write' : undefined;
}

/**
 * @param {string} name
 * @param {'read' | 'write'} access
 */
function target(name, access) {
  return { kind: 'item', path: [name], access, resolution: /** @type {const} */ ('exact') };
}
