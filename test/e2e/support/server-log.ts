import fs from 'node:fs';
import path from 'node:path';
import { withClient, type ServerInfo } from './postgres-server.ts';
import { eventually } from './processes.ts';

interface LogEntry {
  readonly user?: string;
  readonly dbname?: string;
  readonly error_severity: string;
  readonly message: string;
}

/** How PostgreSQL logs what it is about to run, with log_statement=all. */
const prefixes = [/^statement: /, /^execute [^:]*: /, /^execute fetch from [^:]*: /, /^(?=fastpath function call)/];

/** The statements that a target's user ran in a database, from the target's own log: nothing is hidden from it. */
export async function statementsSeen(server: ServerInfo, user: string, database: string): Promise<string[]> {
  const marker = `marker ${process.pid} ${performance.now()}`;
  await withClient({ port: server.port, database: 'postgres' }, (client) => client.query(`SELECT '${marker}'`));
  // The collector writes late; once the marker is there, all before it is.
  const entries = await eventually('the marker in the log', () => {
    const text = fs.readFileSync(path.join(server.logFolder, 'server.json'), 'utf8');
    return text.includes(marker) ? parseLog(text) : undefined;
  });
  return entries
    .filter((entry) => entry.user === user && entry.dbname === database && entry.error_severity === 'LOG')
    .flatMap(({ message }) => {
      const prefix = prefixes.find((candidate) => candidate.test(message));
      return prefix === undefined ? [] : [message.replace(prefix, '')];
    });
}

function parseLog(text: string): LogEntry[] {
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogEntry);
}

/**
 * What is left of a statement when all that was judged and allowed is taken out: only blanks, semicolons and comments
 * should be.
 */
export function unjudged(statement: string, allowed: ReadonlySet<string>): string {
  let rest = statement;
  for (const text of [...allowed].filter((each) => each !== '').sort((a, b) => b.length - a.length)) {
    rest = rest.split(text).join(' ');
  }
  return rest
    .replace(/\/\*.*?\*\//gs, ' ')
    .replace(/--[^\n\r]*/g, ' ')
    .replace(/[\s;]+/g, '');
}
