import { parseArguments } from '../arguments.ts';
import type { Reader, Use } from '../use.ts';
import { isStatic, type Argument } from '../words.ts';
import type { Source } from '../source.ts';
import { readSql, sourceOf } from './nested.ts';

/** Commands of psql's own that show what there is, with names for arguments. */
const shows = /^\s*\\(?:d[a-zA-Z]{0,3}[S+]{0,2}|l\+?|z|conninfo|encoding|du|dt|sf\+?|sv\+?)(?:\s+[\w.*"?]+)*\s*$/;

/** psql, mysql, sqlite3: SQL in arguments, or in what they are given to read. */
export const readSqlClient: Reader = (use, standard) => {
  const { spec, context, draft } = use;
  const dialect = spec.variant ?? '';
  const parsed = parseArguments(spec, use.args);
  const statements = parsed.options.filter(({ name }) => spec.values?.[name]?.startsWith('sql:') === true);
  const { values = {}, ...rest } = spec;
  const withoutSql = Object.fromEntries(
    Object.entries(values).map(([name, meaning]) => [name, meaning.startsWith('sql:') ? ('text' as const) : meaning]),
  );
  const operands = spec.operands?.map((meaning) => (meaning.startsWith('sql:') ? ('text' as const) : meaning)) ?? [];
  standard({ ...use, spec: { ...rest, values: withoutSql, operands } });
  draft.interpreter = dialect;
  for (const { value } of statements) if (value !== undefined) statement(use, dialect, value);
  const given = spec.operands?.findIndex((meaning) => meaning.startsWith('sql:')) ?? -1;
  const texts = given < 0 ? [] : parsed.operands.slice(given);
  for (const one of texts) statement(use, dialect, one);
  const lists = parsed.options.some(({ name }) => /^(?:-l|--list|-V|--version|-version)$/.test(name));
  if (lists) draft.effect('read');
  if (statements.length + texts.length > 0 || lists || parsed.options.some(({ name }) => /^(?:-f|--file)$/.test(name)))
    return;
  const { input } = context;
  if (input.from === 'text') {
    if (input.source === undefined) draft.incomplete('dynamic_sql');
    else script(use, dialect, input.source);
  } else
    draft.incomplete(
      input.from === 'pipe' ? 'pipe_into_interpreter' : input.from === 'file' ? 'sourced_file' : 'interactive',
    );
};

/** What stands in an option is SQL as a whole, or one command of the client's. */
function statement(use: Use, dialect: string, argument: Argument): void {
  if (!isStatic(argument)) {
    use.draft.incomplete('dynamic_sql');
    return;
  }
  if (dialect === 'postgres' && argument.value.trimStart().startsWith('\\')) {
    if (shows.test(argument.value)) use.draft.effect('read');
    else use.draft.incomplete('client_command');
    return;
  }
  if (dialect === 'sqlite' && argument.value.trimStart().startsWith('.')) use.draft.incomplete('client_command');
  readSql(use, dialect, sourceOf(argument));
}

/** What the client reads line by line may hold commands of its own anywhere. */
function script(use: Use, dialect: string, source: Source): void {
  const own = dialect === 'sqlite' ? /^\s*\./m : /\\/;
  // psql puts variables in the place of :name.
  if (own.test(source.text) || /(?<!:):["'{]?[A-Za-z_]/.test(source.text)) use.draft.incomplete('client_command');
  readSql(use, dialect, source);
}
