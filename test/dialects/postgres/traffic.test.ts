import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Dialect } from '../../../engine/dialect.ts';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';

/**
 * What ordinary clients send without being asked: catalog queries of psql, dumps, drivers, ORMs and BI tools, one
 * `{"text", "client"}` a line, recorded by servers 15 and 18 with log_statement = all while the tools ran against a small
 * database. Those in `handWritten` are not recorded: they were
 * written from memory of what such tools send, and most were run on a server to see that they are valid.
 */
const handWritten = [
  'npgsql',
  'rails',
  'prisma',
  'hibernate',
  'metabase',
  'grafana',
  'pgadmin',
  'dbeaver',
  'tableau',
  'monitoring',
];

/** Texts that are rightly not complete, with the reason that the command gives. */
const exceptions: readonly { readonly text: RegExp; readonly reason: string; readonly why: string }[] = [
  { text: /from app\.f\(/, reason: 'unknown_function', why: 'a function of the database’s own' },
  { text: /pg_temp\.testfunc/, reason: 'unknown_function', why: 'Sequelize makes a function and calls it in one text' },
];

interface Sent {
  readonly text: string;
  readonly client: string;
}

const folder = new URL('traffic/', import.meta.url);
const clients = readdirSync(folder).map((file) => ({
  client: file.replace('.jsonl', ''),
  sent: readFileSync(new URL(file, folder), 'utf8').trim().split('\n').map(readLine),
}));

function readLine(line: string): Sent {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'text' in value && 'client' in value) {
    const { text, client } = value;
    if (typeof text === 'string' && typeof client === 'string') return { text, client };
  }
  throw new TypeError(`Not a line of recorded traffic: ${line}`);
}

let dialect: Dialect;
beforeAll(async () => {
  dialect = await createPostgresDialect();
});

describe('ordinary traffic is complete', () => {
  test('there is enough of it', () => {
    expect(clients.length).toBeGreaterThan(30);
    expect(handWritten.every((name) => clients.some(({ client }) => client === name))).toBe(true);
    expect(clients.flatMap(({ sent }) => sent).length).toBeGreaterThan(900);
  });

  test.each(clients)('$client', ({ sent }) => {
    // What the session prepared is what its EXECUTE means, as the protocol tells the dialect.
    const prepared: Record<string, string> = {};
    const surprising = sent.flatMap(({ text }) => {
      const result = dialect.parse({ text, settings: { prepared } });
      for (const { attributes } of result.commands) Object.assign(prepared, preparedBy(attributes['prepared']));
      const reasons = [...new Set(result.commands.flatMap((command) => command.reasons))];
      const expected = exceptions.find((exception) => exception.text.test(text));
      const right = expected === undefined ? result.complete : reasons.includes(expected.reason);
      return right ? [] : [{ text: text.slice(0, 400), reasons, expected, diagnostics: result.diagnostics }];
    });
    expect(surprising).toEqual([]);
  });
});

function preparedBy(attribute: unknown): Record<string, string> {
  if (typeof attribute !== 'object' || attribute === null || !('name' in attribute) || !('text' in attribute))
    return {};
  const { name, text } = attribute;
  return typeof name === 'string' && typeof text === 'string' ? { [name]: text } : {};
}
