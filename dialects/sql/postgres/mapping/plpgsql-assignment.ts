/**
 * Splits PL/pgSQL's `target := value` (or `target = value`). libpg_query hands assignments over as text, and its parser
 * for them cannot be called. The target is made of names, dots and subscripts, so the first `:=` or `=` outside quotes
 * and brackets is the assignment's own.
 *
 * @returns target and value; undefined where there is no assignment
 */
export function splitAssignment(text: string): readonly [target: string, value: string] | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '"' || character === "'") {
      const end = text.indexOf(character, index + 1);
      if (end < 0) return undefined;
      index = end;
    } else if (character === '[' || character === '(') depth++;
    else if (character === ']' || character === ')') depth--;
    else if (depth === 0 && character === ':' && text[index + 1] === '=') return sides(text, index, 2);
    else if (depth === 0 && character === '=') return sides(text, index, 1);
  }
  return undefined;
}

function sides(text: string, at: number, width: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + width)];
}
