import { endOfDollarQuote } from './scan.ts';

/**
 * Deepest nesting that is handed to the parser. Its output recurses over the tree and overflows the JavaScript stack at
 * 1,900 nested subqueries, 4,000 nested calls or 7,000 terms of an operator chain (measured), which costs an instance.
 */
export const NESTING_LIMIT = 3_000;

/**
 * After these, what went before in the same parentheses is beside, not below: the tree does not grow deeper. Only reserved
 * words, which cannot name a column, and of them only those that cannot stand between the terms of a chain.
 */
const BESIDE = new Set(['and', 'or', 'from', 'where', 'on', 'when', 'then', 'else']);
/** These nest to the left, clauses between them or not. */
const SET_OPERATIONS = new Set(['union', 'intersect', 'except', 'join']);

const TOKEN =
  /'[^']*'|"[^"]*"|--[^\n\r]*|\/\*[^]*?(?:\*\/|$)|[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*|[-+*/<>=~!@#%^&|`?:]+|[()[\],;$.]/g;

interface Level {
  /** Words and operators since the last token that puts things beside each other. */
  chain: number;
  setOperations: number;
}

/**
 * An estimate from above of how deep the parse tree of a text will be, from its tokens alone: what parentheses enclose
 * lies below, words and operators in a row lie below each other, what commas and clauses part lies beside. It decides
 * nothing but whether the parser is spared a text; one that it underrates is refused by the parser's failure.
 */
export function nestingBound(text: string): number {
  const levels: Level[] = [];
  let level: Level = { chain: 0, setOperations: 0 };
  let below = 0;
  let deepest = 0;
  // After a point every word is a name.
  let isName = false;

  function open(): void {
    below += level.chain + level.setOperations + 1;
    levels.push(level);
    level = { chain: 0, setOperations: 0 };
  }
  function close(): void {
    const outer = levels.pop();
    if (outer === undefined) return;
    level = outer;
    below -= level.chain + level.setOperations + 1;
    level.chain++;
  }

  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const token = match[0].toLowerCase();
    const first = token.charAt(0);
    if (token.startsWith('--') || token.startsWith('/*')) continue;
    if (first === '$') TOKEN.lastIndex = endOfDollarQuote(text, match.index) ?? TOKEN.lastIndex;
    else if (first === '(' || first === '[' || (token === 'case' && !isName)) open();
    else if (first === ')' || first === ']' || (token === 'end' && !isName)) close();
    else if (first === ',') level.chain = 0;
    else if (first === ';') {
      level = { chain: 0, setOperations: 0 };
      levels.length = below = 0;
    } else if (BESIDE.has(token) && !isName) level.chain = 0;
    else if (SET_OPERATIONS.has(token)) level.setOperations++;
    else if (first !== "'" && first !== '"' && first !== '.') level.chain++;
    isName = first === '.';
    deepest = Math.max(deepest, below + level.chain + level.setOperations);
  }
  return deepest;
}
