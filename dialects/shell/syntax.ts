import { parse, type ParsedScript } from 'unbash';
import { Unreadable } from './reading.ts';

/** White space, line ends and direction marks beyond ASCII, which shells take for letters and people do not see. */
const unusualSpace = /[\u0085\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]/;
// eslint-disable-next-line no-control-regex -- they are what is looked for
const controlCharacter = /[\u0001-\u0008\u000b-\u001f\u007f]/;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Parses a text with unbash.
 *
 * @throws Unreadable for what the parser refuses, and for characters that shells and people read differently
 */
export function parseText(text: string): ParsedScript {
  checkCharacters(text);
  return checkedScript(callParser(text));
}

/**
 * The parser reads what stands in `$(…)` later and reports its errors there.
 *
 * @throws Unreadable when there are any
 */
export function checkedScript(script: ParsedScript | undefined): ParsedScript {
  if (script === undefined) throw new Unreadable('syntax_error', 'A substitution does not parse.');
  const [error] = script.errors ?? [];
  if (error === undefined) return script;
  const tooDeep = /nest|depth/i.test(error.message);
  throw new Unreadable(
    tooDeep ? 'too_deep' : 'syntax_error',
    error.message,
    script.source === undefined ? error.pos : undefined,
  );
}

function callParser(text: string): ParsedScript {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new Unreadable('too_deep', 'The text is nested too deeply.');
    throw error;
  }
}

function checkCharacters(text: string): void {
  const nul = text.indexOf('\0');
  if (nul >= 0) throw new Unreadable('nul', 'The text holds a NUL character.', nul);
  const control = text.search(controlCharacter);
  if (control >= 0) throw new Unreadable('control_character', 'The text holds a control character.', control);
  if (!/[^\n\t -~]/.test(text)) return;
  const lone = text.search(loneSurrogate);
  if (lone >= 0) throw new Unreadable('encoding', 'The text holds a lone surrogate.', lone);
  const space = text.search(unusualSpace);
  if (space >= 0) throw new Unreadable('unusual_space', 'The text holds white space beyond ASCII.', space);
}
