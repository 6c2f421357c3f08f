import type { Access, Effect } from '../../engine/contract.ts';
import type { Meaning } from './programs/spec.ts';
import { nestedSql, nestedText } from './readers/nested.ts';
import { isSecretName } from './secrets.ts';
import type { Use } from './use.ts';
import { variableReason } from './variables.ts';
import type { Argument } from './words.ts';

const accessEffects: Readonly<Partial<Record<Access, Effect>>> = {
  read: 'read',
  write: 'write',
  delete: 'delete',
  truncate: 'truncate',
  create: 'create',
  alter: 'alter',
  drop: 'drop',
  grant: 'grant',
};

/** What an argument of this meaning adds to what a program does; `any` for what cannot be told beforehand. */
export function effectOf(meaning: Meaning): Effect | 'any' | undefined {
  if (meaning === 'text' || meaning === 'secret' || meaning === 'command') return undefined;
  const [kind, access] = splitMeaning(meaning);
  if (access === undefined || ['remote', 'ssh-option', 'assignment', 'trace-file', 'sql', 'mount'].includes(kind))
    return 'any';
  return accessEffects[access];
}

/** Notes what an argument stands for. */
export function applyMeaning(use: Use, meaning: Meaning, argument: Argument): void {
  const { draft, reading } = use;
  switch (meaning) {
    case 'text':
    case 'command':
      return;
    case 'secret':
      reading.secret(argument.span);
      return;
    case 'script':
      nestedText(use, argument);
      return;
    case 'code':
      draft.incomplete('foreign_code');
      return;
    case 'file-of-commands':
      draft.incomplete('sourced_file');
      draft.path(argument, 'read');
      return;
    default:
      applyTarget(use, meaning, argument);
  }
}

function applyTarget(use: Use, meaning: Meaning, argument: Argument): void {
  const { draft, reading } = use;
  const { value } = argument;
  const [kind, access = 'use'] = splitMeaning(meaning);
  switch (kind) {
    case 'sql':
      nestedSql(use, meaning.slice(4), argument);
      return;
    case 'format':
      // date: what is no format sets the clock.
      if (!argument.prefix.startsWith('+')) draft.effect('admin');
      return;
    case 'path':
      addEffect(use, access);
      // `-` is the standard input.
      if (value !== '-') draft.path(argument, access);
      return;
    case 'remote':
      remote(use, argument, access);
      return;
    case 'url':
      draft.target('host', hostOf(value ?? argument.prefix), access, value === undefined ? 'dynamic' : 'exact');
      return;
    case 'header':
    case 'remote-name':
      return;
    case 'upload':
      draft.effect('bulk_export');
      if (argument.prefix.startsWith('@'))
        draft.target(
          'path',
          (value ?? argument.source).slice(1),
          'read',
          value === undefined ? 'dynamic' : 'search_path',
        );
      return;
    case 'ssh-option':
      if (value === undefined || !harmlessSshOption.test(value)) draft.incomplete('runs_program');
      return;
    case 'mount':
      if (value !== undefined) draft.staticPath(value.replace(/^.*(?:source|src)=|[:,].*$/g, ''), 'alter');
      else draft.path(argument, 'alter');
      return;
    case 'assignment':
      assignment(use, argument);
      return;
    case 'trace-file':
      if (value === undefined || /^[|!]/.test(value)) draft.incomplete('runs_program');
      else applyTarget(use, 'path:write', argument);
      return;
    case 'user':
    case 'host':
      draft.target(
        kind === 'user' ? 'role' : 'host',
        value === undefined ? argument.source : value.replace(/^.*@/, ''),
        access,
        value === undefined ? 'dynamic' : 'exact',
      );
      addEffect(use, access);
      return;
    default:
      draft.target(kind, value ?? argument.source, access, value === undefined ? 'dynamic' : 'exact');
      addEffect(use, access);
      if (kind === 'secret') reading.secret(argument.span);
  }
}

function addEffect({ draft }: Use, access: Access): void {
  const effect = accessEffects[access];
  if (effect !== undefined) draft.effect(effect);
}

/** Options of OpenSSH that run nothing and forward nothing. */
export const harmlessSshOption =
  /^(?:StrictHostKeyChecking|UserKnownHostsFile|GlobalKnownHostsFile|ConnectTimeout|ConnectionAttempts|BatchMode|LogLevel|ServerAliveInterval|ServerAliveCountMax|PasswordAuthentication|PubkeyAuthentication|PreferredAuthentications|IdentitiesOnly|IdentityFile|Port|User|HostName|Compression|Ciphers|MACs|KexAlgorithms|TCPKeepAlive|CheckHostIP|HashKnownHosts|NumberOfPasswordPrompts|AddressFamily|RequestTTY|ControlPersist)(?:=|\s)/i;

/** `host:path` of scp and rsync: a colon before any slash. */
function remote(use: Use, argument: Argument, access: Access): void {
  const { draft } = use;
  const { value } = argument;
  const text = value ?? argument.prefix;
  const host = /^(?:rsync:\/\/|scp:\/\/)?([^/:]*@)?([^/:]+)::?/.exec(text)?.[2];
  if (host === undefined && value !== undefined) {
    addEffect(use, access);
    draft.path(argument, access);
    return;
  }
  draft.effect('unsafe_io', access === 'write' ? 'bulk_export' : 'bulk_load');
  addEffect(use, access);
  if (host === undefined) draft.path(argument, access);
  else {
    draft.target('host', host, 'use', 'exact');
    const path = text.slice(text.indexOf(':') + 1).replace(/^:/, '');
    draft.target(
      'path',
      path,
      access,
      value === undefined ? 'dynamic' : path.startsWith('/') ? 'exact' : 'search_path',
    );
  }
}

function assignment({ draft, reading }: Use, argument: Argument): void {
  const name = /^[A-Za-z_]\w*/.exec(argument.prefix)?.[0];
  if (name === undefined) {
    if (argument.value === undefined) draft.incomplete('dynamic_argument');
    return;
  }
  draft.assignments.push({ name, static: argument.value !== undefined });
  if (isSecretName(name)) reading.secret(argument.span);
  const reason = variableReason(name);
  if (reason !== undefined) draft.incomplete(reason);
}

/** The host of a URL, without its user information and port; the text itself where it is no URL. */
function hostOf(url: string): string {
  const match = /^(?:[a-z][\w+.-]*:\/\/)?(?:[^\s/@]*@)?(\[[^\]]*\]|[^\s/:?#]+)/i.exec(url);
  return match?.[1] ?? url;
}

const accesses: ReadonlySet<string> = new Set<Access>([
  'read',
  'write',
  'delete',
  'truncate',
  'create',
  'alter',
  'drop',
  'grant',
  'execute',
  'lock',
  'use',
]);

function splitMeaning(meaning: Meaning): [kind: string, access: Access | undefined] {
  const colon = meaning.indexOf(':');
  const access = meaning.slice(colon + 1);
  return [colon < 0 ? meaning : meaning.slice(0, colon), isAccess(access) ? access : undefined];
}

function isAccess(text: string): text is Access {
  return accesses.has(text);
}
