/** Tokens of awk: strings, numbers, names, operators. A slash is looked at by itself. */
const token =
  /\s+|#[^\n]*|\\\n|"(?:[^"\\\n]|\\[^])*"|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[A-Za-z_]\w*|\+\+|--|&&|\|\||[-+*/%^!<>=]=|[^]/y;

/** A regular expression, with brackets in which a slash needs no backslash. */
const regex = /\/(?:[^/\\\n[]|\\.|\[\^?\]?(?:[^\]\\\n]|\\.)*\])+\//y;

const keywordsBeforeRegex = new Set([
  'return',
  'in',
  'print',
  'printf',
  'else',
  'do',
  'case',
  'getline',
  'delete',
  'exit',
]);

/**
 * Whether a program of awk only reads its input and prints: it runs nothing and opens no file. What is in doubt (a slash
 * that may divide or begin a regular expression) is not plain.
 */
export function isPlainAwk(program: string): boolean {
  let at = 0;
  let braces = 0;
  let parens = 0;
  let last = '';
  while (at < program.length) {
    if (program.charAt(at) === '/' && !isOperandEnd(last)) {
      // After a closing bracket or a keyword it may be either.
      if (last === ')' || keywordsBeforeRegex.has(last)) return false;
      regex.lastIndex = at;
      const match = regex.exec(program);
      if (match === null) return false;
      at = regex.lastIndex;
      last = '/';
      continue;
    }
    token.lastIndex = at;
    const [found = ''] = token.exec(program) ?? [];
    if (found === '') return false;
    at += found.length;
    if (/^\s|^#|^\\\n/.test(found)) continue;
    if (found === '"' || found === '@' || found === '|' || found === '`' || found === "'") return false;
    if (/^(?:system|getline|fflush|close|load|include|namespace)$/.test(found)) return false;
    if (found === '{') braces++;
    if (found === '}') braces--;
    if (found === '(' || found === '[') parens++;
    if (found === ')' || found === ']') parens--;
    // Outside of brackets, print > writes a file.
    if (found === '>' && braces > 0 && parens <= 0) return false;
    last = found;
  }
  return true;
}

/** Whether a slash behind this divides. */
function isOperandEnd(last: string): boolean {
  if (last === '' || keywordsBeforeRegex.has(last)) return false;
  return /^[\w.$"]|\]$|^(?:\+\+|--)$/.test(last) && last !== '/';
}
