import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Command, Effect } from '../../engine/contract.ts';
import type { ParseResult } from '../../engine/dialect.ts';
import { createJudge, packs, postgres } from './support/judge.ts';

// Guards that stop ordinary clients are switched off. What clients send of their own accord, recorded in
// test/dialects/postgres/traffic, is judged as if an agent sent it to production.

const folder = new URL('../dialects/postgres/traffic/', import.meta.url);
const clients = readdirSync(folder).map((file) => ({
  client: file.replace('.jsonl', ''),
  texts: readFileSync(new URL(file, folder), 'utf8').trim().split('\n').map(textOf),
}));

/** Reads that an agent is refused all the same: what they hold, the rule, and why it is right. */
const exceptions: readonly { readonly text: RegExp; readonly rule: string; readonly why: string }[] = [
  {
    text: /^(DECLARE .* CURSOR .*)?\s*select \* from "?(plain|pdt|knex_migrations_lock)"?;?$/i,
    rule: 'SP-AR-006',
    why: 'all columns of all rows of a table',
  },
  {
    text: /^SELECT "su"\.\*(?!.*LIMIT)/,
    rule: 'SP-AR-006',
    why: 'Sequelize reads a table and its children whole: findAll without where or limit',
  },
  { text: /search_path TO 'app'/, rule: 'SP-AR-008', why: 'app is not among the schemas; a setting adds it' },
];

describe('an agent with agent-read-only and exfiltration', async () => {
  const judge = await createJudge(['pack:agent-read-only', 'pack:exfiltration']);

  test.each(clients)('reads as $client does', ({ texts }) => {
    const prepared: Record<string, string> = {};
    const surprising = texts.flatMap((text) => {
      const settings = { prepared: { ...prepared } };
      const parsed = postgres.parse({ text, settings });
      for (const command of parsed.commands) Object.assign(prepared, preparedBy(command));
      if (!isCompleteRead(parsed)) return [];
      const expected = exceptions.find((exception) => exception.text.test(text))?.rule ?? 'allow';
      const verdict = judge.verdict('agent', 'production', text, settings);
      return verdict === expected ? [] : [{ verdict, expected, text: text.slice(0, 300) }];
    });
    expect(surprising).toEqual([]);
  });

  test('what asyncpg sends to clean a connection is allowed', () => {
    const text = 'SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;';
    expect(judge.verdict('agent', 'production', text)).toBe('allow');
  });
});

describe('people with all packs', async () => {
  const judge = await createJudge([...packs, `${import.meta.dirname}/support/work`]);

  test.each(clients)('read and write rows as $client does', ({ texts }) => {
    const refused = texts.flatMap((text) => {
      const parsed = postgres.parse({ text });
      if (!parsed.commands.every((command) => command.complete && within(command, everyday))) return [];
      const verdict = judge.verdict('person', 'production', text);
      return verdict === 'allow' || isJustified(text, verdict) ? [] : [{ verdict, text: text.slice(0, 300) }];
    });
    expect(refused).toEqual([]);
  });
});

/** What people are refused in production although it only reads and changes rows. */
function isJustified(text: string, rules: string): boolean {
  if (rules === 'SP-DS-003') return /^\s*(update|delete|with)\b/i.test(text) && !/\bwhere\b/i.test(text);
  if (rules === 'SP-PE-008') return /passw|umoptions|subconninfo|option_value/.test(text);
  return rules === 'SP-EX-004' && /\blo_/.test(text);
}

const reading: ReadonlySet<Effect> = new Set(['read', 'session', 'transaction', 'execute']);
const everyday: ReadonlySet<Effect> = new Set([
  'read',
  'write',
  'delete',
  'session',
  'transaction',
  'lock',
  'bulk_export',
]);

function isCompleteRead({ complete, commands }: ParseResult): boolean {
  return complete && commands.every((command) => within(command, reading));
}

function within(command: Command, effects: ReadonlySet<Effect>): boolean {
  return command.effects.every((effect) => effects.has(effect));
}

function preparedBy({ attributes }: Command): Record<string, string> {
  const attribute = attributes['prepared'];
  if (typeof attribute !== 'object' || attribute === null || !('name' in attribute) || !('text' in attribute))
    return {};
  const { name, text } = attribute;
  return typeof name === 'string' && typeof text === 'string' ? { [name]: text } : {};
}

function textOf(line: string): string {
  const sent: unknown = JSON.parse(line);
  if (typeof sent === 'object' && sent !== null && 'text' in sent && typeof sent.text === 'string') return sent.text;
  throw new TypeError(`Not a line of recorded traffic: ${line}`);
}
