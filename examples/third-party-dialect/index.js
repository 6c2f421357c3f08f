// A dialect for the text of "kvline", a made-up key-value store with one command per line:
//
//     GET key …    SET key value    DEL key …    KEYS pattern    FLUSH    AUTH password    EVAL script
//
// It is written from `sallyport/dialects/define` alone. Its default export is what Sallyport loads.
import { defineDialect } from 'sallyport/dialects/define';
import { toCommand } from './commands.js';
import { splitLines } from './words.js';

export default defineDialect({
  name: 'kvline',

  // Policies read these as input.command.attributes. A closed object makes a typo in a policy a compile error; nothing
  // is required, because a command that does not parse has no attributes.
  attributesSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      keyword: { description: 'The first word, in upper case.', type: 'string' },
      arguments: { description: 'How many words follow it.', type: 'integer' },
      value_length: { description: 'Length of the value that SET stores, in characters.', type: 'integer' },
    },
  },

  parse({ text }) {
    const commands = splitLines(text).map((line) => toCommand(text, line));
    return {
      complete: commands.every((command) => command.complete),
      commands,
      diagnostics: commands
        .filter((command) => command.reasons.includes('syntax_error'))
        .map(({ span }) => ({
          severity: /** @type {const} */ ('error'),
          code: 'syntax_error',
          message: 'A quoted word does not end before its line does, or something follows its closing quote.',
          span,
        })),
    };
  },
});
