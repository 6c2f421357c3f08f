import type { Command, Effect } from '../../../../engine/contract.ts';
import type { Dialect, ParseResult } from '../../../../engine/dialect.ts';

type Attributes = Record<string, unknown>;

/**
 * A dialect for tests of the wire alone: commands between semicolons, the verb from the first word, and the attributes
 * that the protocol reads. It knows no quoting, so tests keep to text without.
 */
export const toyDialect: Dialect = {
  apiVersion: 1,
  name: 'toy',
  attributesSchema: {},
  parse({ text, settings }): ParseResult {
    const commands: Command[] = [];
    let start = 0;
    for (const part of text.split(';')) {
      if (part.trim() !== '') commands.push(commandOf(part, start, settings?.['prepared']));
      start += part.length + 1;
    }
    const complete = commands.every((command) => command.complete);
    return { complete, commands, diagnostics: [] };
  },
};

const EFFECTS = new Map<string, Effect>([
  ['insert', 'write'],
  ['commit', 'transaction'],
]);

function commandOf(part: string, start: number, prepared: unknown): Command {
  const words = part.trim().toLowerCase().split(/\s+/);
  const attributes = attributesOf(words, part.trim());
  const execute = words[0] === 'execute' ? textOf(prepared, words[1] ?? '') : undefined;
  const text = part.trim();
  const incomplete = text.includes('mystery') || (words[0] === 'execute' && execute === undefined);
  return {
    dialect: 'toy',
    verb: execute?.trim().split(' ')[0]?.toLowerCase() ?? words[0] ?? '',
    effects: [EFFECTS.get(words[0] ?? '') ?? 'read'],
    targets: [],
    functions: [],
    complete: !incomplete,
    reasons: incomplete ? ['mystery'] : [],
    fingerprint: text,
    text,
    span: { start, end: start + part.length },
    secrets: [],
    attributes,
  };
}

function attributesOf(words: readonly string[], text: string): Attributes {
  const [first = '', second = '', third = ''] = words;
  switch (first) {
    case 'set':
      return setting(words);
    case 'reset':
      return second === 'all'
        ? { settings: [{ action: 'reset_all', scope: 'session' }] }
        : { settings: [{ name: second, action: 'reset', scope: 'session' }] };
    case 'discard':
      return { discard: second };
    case 'begin':
      return { transaction: { action: 'begin' } };
    case 'commit':
      return { transaction: { action: 'commit', chain: words.includes('chain') } };
    case 'rollback':
      return second === 'to'
        ? { transaction: { action: 'rollback_to', savepoint: third } }
        : { transaction: { action: 'rollback', chain: words.includes('chain') } };
    case 'savepoint':
      return { transaction: { action: 'savepoint', savepoint: second } };
    case 'release':
      return { transaction: { action: 'release', savepoint: second } };
    case 'prepare':
      return {
        prepared: { action: 'prepare', name: second, text: text.slice(text.toLowerCase().indexOf(' as ') + 4) },
      };
    case 'execute':
      return { prepared: { action: 'execute', name: second } };
    case 'deallocate':
      return { prepared: second === 'all' ? { action: 'deallocate_all' } : { action: 'deallocate', name: second } };
    case 'declare':
    case 'close':
      return { cursor: { action: first, name: second } };
    case 'copy':
      return { copy: { direction: words.includes('from') ? 'from' : 'to', endpoint: 'client' } };
    default:
      return {};
  }
}

/** SET [LOCAL] name TO value */
function setting(words: readonly string[]): Attributes {
  const local = words[1] === 'local';
  const [name = '', , value = ''] = words.slice(local ? 2 : 1);
  return { settings: [{ name, action: 'set', value, scope: local ? 'local' : 'session' }] };
}

function textOf(prepared: unknown, name: string): string | undefined {
  if (typeof prepared !== 'object' || prepared === null) return undefined;
  const text: unknown = Object.entries(prepared).find(([key]) => key === name)?.[1];
  return typeof text === 'string' ? text : undefined;
}
