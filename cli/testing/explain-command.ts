import type { Client, Input, JsonObject, Resource, Session, Subject } from '../../engine/contract.ts';
import type { Statement } from '../../engine/dialect.ts';

/** What of an explanation's command line a case does not say itself. */
export interface ExplainPlaces {
  /** The policies: folders, files and packs. */
  readonly places: readonly string[];
  /** What `--dialect` takes: a name, or a third party's module. */
  readonly dialect: string;
}

/**
 * The command line that explains the decision on a statement, ready to be pasted into a POSIX shell. A statement with
 * settings or parameters cannot be given by options, nor one whose values were followed by a case's catalogue: there the
 * command's whole input stands in its place, as a session's does.
 *
 * @param input of the command to be explained, or of any of the statement's
 */
export function explainCommand(
  statement: Statement | undefined,
  input: Input,
  { places, dialect }: ExplainPlaces,
): string {
  const plain = statement?.settings === undefined && input.parameters === undefined && input.result === undefined;
  const words =
    plain && statement !== undefined
      ? ['--dialect', dialect, ...contextOptions(input), statement.text, ...places]
      : [JSON.stringify(input), ...places];
  return ['sallyport', 'explain', ...words].map(shellWord).join(' ');
}

function contextOptions({ subject, resource, session, client, now, command }: Input): string[] {
  const dialect = command?.dialect ?? '';
  const changes = { '--session': sessionChanges(session), '--client': clientChanges(client) };
  return [
    ...['--subject', subjectWord(subject)],
    ...(isDefault(resource, dialect) ? [] : ['--resource', resourceWord(resource)]),
    ...Object.entries(changes).flatMap(([option, value]) =>
      Object.keys(value).length === 0 ? [] : [option, JSON.stringify(value)],
    ),
    ...['--now', now],
  ];
}

/** Whether `explain` takes this resource by itself. */
function isDefault({ name, protocol, environment, labels }: Resource, dialect: string): boolean {
  return name === dialect && protocol === dialect && environment === '' && Object.keys(labels).length === 0;
}

function subjectWord(subject: Subject): string {
  const { id, kind, groups, claims, owner } = subject;
  const short = owner === undefined && Object.keys(claims).length === 0 && listable([id, ...groups]);
  return short ? [id, kind, ...groups].join(',') : JSON.stringify(subject);
}

function resourceWord(resource: Resource): string {
  const { name, protocol, environment, labels } = resource;
  const short = Object.keys(labels).length === 0 && listable([name, protocol, environment]);
  return short ? [name, protocol, environment].join(',') : JSON.stringify(resource);
}

function listable(words: readonly string[]): boolean {
  return words.every((word) => !/[,{@]|^\s|\s$/.test(word));
}

/** What differs from the session that `explain` takes by itself. */
function sessionChanges({ id: _id, transaction, settings, effects, counters, ...others }: Session): JsonObject {
  return {
    ...others,
    ...(transaction === 'idle' ? {} : { transaction }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
    ...(effects.length === 0 ? {} : { effects }),
    ...(counters.commands === 0 && counters.denied === 0 ? {} : { counters }),
  };
}

function clientChanges({ address, tls, ...others }: Client): JsonObject {
  return {
    ...others,
    ...(address === '127.0.0.1' ? {} : { address }),
    ...(tls ? {} : { tls }),
  };
}

/** A word that a shell takes as it is, or in quotes. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
