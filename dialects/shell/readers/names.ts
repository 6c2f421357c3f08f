import { parseArguments } from '../arguments.ts';
import { variableReason } from '../variables.ts';
import type { ParsedArguments } from '../arguments.ts';
import type { Reader, Use } from '../use.ts';
import { isStatic, type Argument } from '../words.ts';
import { nestedText } from './nested.ts';

type Variant = (use: Use, standard: (use: Use) => ParsedArguments) => void;

/** Programs for which one thing more has to be looked at than the table says. */
export const readNames: Reader = (use, standard) => {
  const variant = variants.get(use.spec.variant ?? '');
  if (variant === undefined) standard(use);
  else variant(use, standard);
};

const variants: ReadonlyMap<string, Variant> = new Map<string, Variant>([
  ['interpreter', interpreter],
  ['variables', variables],
  [
    'getopts',
    ({ reading, draft, args }) => {
      const [options, name] = args;
      if (!isStatic(options) || !isName(name)) reading.taint(draft, 'arithmetic');
    },
  ],
  [
    'alias',
    ({ reading, draft, args }) => {
      if (args.some(({ value }) => value === undefined || value.includes('='))) reading.taint(draft, 'alias');
      else draft.effect('read');
    },
  ],
  ['command', command],
  ['flock', flock],
  [
    'script',
    (use, standard) => {
      const { options } = standard(use);
      if (!options.some(({ name }) => name === '-c' || name === '--command')) use.draft.incomplete('interactive');
    },
  ],
  [
    'multicall',
    (use, standard) => {
      standard(use);
      if (use.args.length === 0) use.draft.effect('read');
    },
  ],
  [
    'sysctl',
    (use, standard) => {
      standard(use);
      if (use.args.some(({ value, prefix }) => value === undefined || prefix.includes('=')))
        use.draft.effect('admin', 'alter');
    },
  ],
  [
    'changes-with-operands',
    (use, standard) => {
      const { operands } = standard(use);
      // `ifconfig eth0` and `route -n` show; with more words they change.
      const shows = operands.length === 0 || (use.name === 'ifconfig' && operands.length === 1);
      if (!shows || use.args.some(({ value }) => value === undefined)) use.draft.effect('admin', 'alter');
      if (/^(?:arp|ethtool|iwconfig)$/.test(use.name) && use.args.some(({ prefix }) => /^-[sdifKAGLXEUr]/.test(prefix)))
        use.draft.effect('admin', 'alter');
    },
  ],
  [
    'crontab',
    (use, standard) => {
      const { options, operands } = standard(use);
      // Without a file it reads what it is given.
      if (operands.length === 0 && !options.some(({ name }) => /^-[lre]$/.test(name)))
        use.draft.incomplete('sourced_file');
    },
  ],
  ['redis', redis],
  [
    'needs-message',
    (use, standard) => {
      const { options } = standard(use);
      if (!options.some(({ name }) => /^(?:-m|--message|-F|--file|--no-edit|-C|--reuse-message)$/.test(name)))
        use.draft.incomplete('shell_escape');
    },
  ],
  [
    'tag',
    (use, standard) => {
      const { options } = standard({ ...use, spec: { ...use.spec, refuses: {} } });
      const has = (letters: RegExp): boolean => options.some(({ name }) => letters.test(name));
      if (has(/^-[ase]$|^--(?:annotate|sign|edit)$/) && !has(/^-[mF]$|^--(?:message|file)$/))
        use.draft.incomplete('shell_escape');
    },
  ],
]);

/** Interpreters of other languages: asking for the version is all that is known. */
function interpreter({ draft, args, spec }: Use): void {
  const [only] = args;
  const asks = args.length === 1 && only?.value !== undefined && /^(?:--version|-V|-v|--help|-h)$/.test(only.value);
  if (asks && only.value !== '-v') {
    draft.effects.delete('procedural');
    draft.effects.delete('execute');
    draft.effect('read');
    return;
  }
  if (spec.always !== undefined) draft.incomplete(spec.always);
}

/** read, unset, mapfile: operands are names of variables, whose subscripts are evaluated. */
function variables(use: Use, standard: (use: Use) => ParsedArguments): void {
  const { draft, reading, context, name } = use;
  const { operands, options } = standard({ ...use, spec: withoutReader(use) });
  const arrays = options.flatMap(({ name: option, value }) => (option === '-a' && value !== undefined ? [value] : []));
  for (const operand of [...operands, ...arrays]) {
    if (!isName(operand)) {
      reading.taint(draft, 'arithmetic');
      continue;
    }
    const reason = operand.value === undefined ? undefined : variableReason(operand.value);
    if (reason !== undefined) reading.taint(draft, reason);
  }
  if (name === 'unset') context.functions.clear();
}

function withoutReader({ spec }: Use): Use['spec'] {
  const { reader: _reader, variant: _variant, ...others } = spec;
  return others;
}

function isName(argument: Argument | undefined): boolean {
  return isStatic(argument) && /^[A-Za-z_]\w*$/.test(argument.value);
}

/** command -v asks what a name means, and runs nothing. */
function command(use: Use, standard: (use: Use) => ParsedArguments): void {
  const { options } = parseArguments(use.spec, use.args);
  if (options.some(({ name }) => name === '-v' || name === '-V')) {
    use.draft.effects.delete('execute');
    use.draft.effect('read');
  } else standard(use);
}

/** flock FILE COMMAND …, or flock FILE -c SCRIPT. */
function flock(use: Use, standard: (use: Use) => ParsedArguments): void {
  const { command: words } = parseArguments(use.spec, use.args);
  const [first, text] = words;
  if (first?.value !== '-c' && first?.value !== '--command') {
    standard(use);
    return;
  }
  standard({ ...use, args: use.args.slice(0, use.args.length - words.length) });
  if (text !== undefined) nestedText(use, text);
}

const redisReads =
  /^(?:get|mget|strlen|exists|type|ttl|pttl|keys|scan|info|ping|dbsize|hget|hgetall|hmget|hlen|hkeys|hvals|llen|lrange|lindex|smembers|scard|sismember|zrange|zcard|zscore|xlen|xrange|time|lastsave|role|randomkey|echo)$/i;
const redisDrops = /^(?:flushall|flushdb)$/i;
const redisScripts =
  /^(?:eval|evalsha|eval_ro|fcall|fcall_ro|function|script|module|debug|shutdown|replicaof|slaveof|config|monitor|subscribe|psubscribe|migrate|client|memory|object|slowlog|acl|sync|psync|failover|save|bgsave|bgrewriteaof)$/i;

/** redis-cli: the first operand is the server's command. */
function redis(use: Use, standard: (use: Use) => ParsedArguments): void {
  const { draft, context } = use;
  const { operands } = standard(use);
  const [verb, ...names] = operands;
  if (verb === undefined) {
    draft.incomplete(context.input.from === 'pipe' ? 'pipe_into_interpreter' : 'interactive');
    return;
  }
  if (verb.value === undefined || !verb.single || redisScripts.test(verb.value)) draft.incomplete('client_command');
  else if (redisReads.test(verb.value)) draft.effect('read');
  else if (redisDrops.test(verb.value)) draft.effect('drop', 'delete');
  else if (/^(?:del|unlink|expire|pexpire|hdel|lpop|rpop|ltrim|lrem|srem|zrem|getdel)$/i.test(verb.value))
    draft.effect('delete');
  else draft.effect('write');
  draft.subcommand = verb.value?.toLowerCase();
  const [key] = names;
  if (key !== undefined)
    draft.target(
      'key',
      key.value ?? key.source,
      redisReads.test(verb.value ?? '') ? 'read' : 'write',
      key.value === undefined ? 'dynamic' : 'exact',
    );
  // auth and config set requirepass carry passwords.
  if (/^auth$/i.test(verb.value ?? '')) for (const name of names) use.reading.secret(name.span);
}
