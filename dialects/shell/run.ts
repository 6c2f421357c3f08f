import type { Draft } from './draft.ts';
import { evaluate } from './evaluate.ts';
import type { ProgramSpec } from './programs/spec.ts';
import type { Context, Reading } from './reading.ts';
import { secretsOfArguments } from './secrets.ts';
import type { Argument } from './words.ts';

/** Reads words as a command: which program it is, and what that does with its arguments. */
export function runWords(reading: Reading, words: readonly Argument[], context: Context, given?: Draft): void {
  const [first, ...args] = words;
  const last = words.at(-1);
  if (first === undefined || last === undefined) return;
  const draft = given ?? reading.open('program', covering(words), context);
  draft.argv = words;
  for (const span of secretsOfArguments(words)) reading.secret(span);
  const name = first.value;
  if (name === undefined || name === '' || !first.single) {
    draft.effect('execute');
    // What it runs may change the shell itself.
    reading.taint(draft, 'dynamic_command');
    return;
  }
  draft.program = programName(name);
  if (reading.surroundings.aliases.has(name)) draft.incomplete('alias');
  if (context.functions.has(name)) {
    draft.effect('execute');
    draft.functions.push({ path: [name], category: 'procedural', known: true });
    return;
  }
  const spec = specOf(reading, name);
  if (spec === undefined) {
    draft.effect('execute');
    draft.incomplete('unknown_program');
    draft.target('program', name, 'execute', name.startsWith('/') ? 'exact' : 'search_path');
    return;
  }
  draft.target('program', draft.program, 'execute', name.startsWith('/') ? 'exact' : 'search_path');
  evaluate({ reading, draft, spec, name: draft.program, args, context });
}

/** From the first word to the last, wherever they stand. */
function covering(words: readonly Argument[]): { start: number; end: number } {
  return {
    start: Math.min(...words.map(({ span }) => span.start)),
    end: Math.max(...words.map(({ span }) => span.end)),
  };
}

/** Directories whose programs are the system's own. */
const systemPath = /^\/(?:usr\/)?(?:local\/)?s?bin\/(?=[^/]+$)/;

function programName(name: string): string {
  return name.replace(systemPath, '');
}

function specOf(reading: Reading, name: string): ProgramSpec | undefined {
  const { programs } = reading.surroundings;
  const own = programName(name);
  const spec = programs.get(own);
  // A builtin has no path; the program of that path and name does the same, or is not known.
  if (own !== name && spec?.builtin === true && !/^(?:echo|printf|test|\[|true|false|pwd|kill)$/.test(own))
    return undefined;
  return spec;
}
