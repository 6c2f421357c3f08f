import type { Span } from '../../engine/contract.ts';
import { rest } from './arguments.ts';
import type { Argument } from './words.ts';

const secretName =
  /pass(?:word|wd|phrase)?$|^pw$|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|_auth$|^auth$/i;

/** Whether a variable, an option or a header of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) || /^(?:MYSQL_PWD|PGPASSWORD|SSHPASS|RESTIC_PASSWORD|AWS_SESSION_TOKEN)$/.test(name);
}

const secretHeader = /^\s*(?:(?:proxy-)?authorization|cookie|x-[\w-]*(?:key|token|secret|auth)[\w-]*|api-?key)\s*:\s*/i;

/** Where an argument's own text gives a secret away, whatever the program is. */
export function secretsOfArguments(args: readonly Argument[]): Span[] {
  const found: Span[] = [];
  args.forEach((argument, index) => {
    const { value } = argument;
    const text = value ?? argument.source;
    const named = /^-{0,2}([A-Za-z][\w.-]*)=/.exec(text);
    if (named?.[1] !== undefined && isSecretName(named[1])) found.push(rest(argument, named[0].length).span);
    else if (/^--[A-Za-z]/.test(text) && !text.includes('=') && isSecretName(text.slice(2))) {
      const next = args[index + 1];
      if (next !== undefined && !next.prefix.startsWith('-')) found.push(next.span);
    }
    const header = secretHeader.exec(text);
    if (header !== null) found.push(rest(argument, header[0].length).span);
    found.push(...userInfo(argument));
  });
  return found;
}

/** `https://user:password@host`: the password, or the whole user information where there is no colon. */
function userInfo(argument: Argument): Span[] {
  const text = argument.value ?? argument.source;
  const match = /[a-z][\w+.-]*:\/\/([^\s/@?#]+)@/i.exec(text);
  const [whole, info] = match ?? [];
  if (match === null || whole === undefined || info === undefined) return [];
  const infoAt = match.index + whole.length - 1 - info.length;
  const colon = info.indexOf(':');
  const from = colon < 0 ? infoAt : infoAt + colon + 1;
  const { contentAt } = argument;
  if (contentAt === undefined) return [argument.span];
  return [{ start: contentAt + from, end: contentAt + infoAt + info.length }];
}
