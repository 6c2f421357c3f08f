import { readdirSync, readFileSync } from 'node:fs';
import type { Effect } from '../../../engine/contract.ts';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';

const folder = new URL('../../dialects/postgres/traffic/', import.meta.url);
const QUIET: ReadonlySet<Effect> = new Set<Effect>(['read', 'session']);

/**
 * What clients ask a database about itself without being told to (psql, dumps, drivers, ORMs, BI tools), of the recorded
 * traffic: by client, statements that only read, without placeholders.
 */
export async function introspection(): Promise<ReadonlyMap<string, readonly string[]>> {
  const dialect = await createPostgresDialect();
  const onlyReads = (text: string): boolean => {
    const { complete, commands } = dialect.parse({ text });
    return complete && commands.length === 1 && commands.every((one) => one.effects.every((each) => QUIET.has(each)));
  };
  return new Map(
    readdirSync(folder).map((file) => {
      const lines = readFileSync(new URL(file, folder), 'utf8').trim().split('\n');
      const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text);
      return [file.replace('.jsonl', ''), [...new Set(texts)].filter((text) => !/\$\d/.test(text) && onlyReads(text))];
    }),
  );
}
