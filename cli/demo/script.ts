import { Client, DatabaseError } from 'pg';
import type { DemoSubject } from './subjects.ts';
import { messageOf } from '../../engine/message-of.ts';

/** A statement, and what the policies in examples/quickstart are to say of it. */
export interface Step {
  readonly who: DemoSubject;
  readonly text: string;
  /** Ids of the rules that deny it; empty where it is allowed. */
  readonly denied: readonly string[];
}

/** What an agent might try of an afternoon. */
export const script: readonly Step[] = [
  { who: 'agent', text: 'SELECT product, sold, revenue FROM revenue ORDER BY revenue DESC LIMIT 3', denied: [] },
  { who: 'agent', text: 'SELECT name, city FROM customers WHERE id = 1', denied: [] },
  { who: 'agent', text: 'SELECT name, card_number FROM customers', denied: ['SHOP-002'] },
  { who: 'agent', text: "SELECT row_to_json(c) ->> 'email' FROM customers c", denied: ['SHOP-002'] },
  { who: 'agent', text: 'DROP TABLE orders', denied: ['SHOP-001', 'SHOP-004'] },
  {
    who: 'agent',
    text: 'WITH gone AS (DELETE FROM orders WHERE id > 0 RETURNING *) SELECT count(*) FROM gone',
    denied: ['SHOP-001'],
  },
  { who: 'agent', text: 'SELECT 1; TRUNCATE orders', denied: ['SHOP-001', 'SHOP-004'] },
  { who: 'agent', text: 'BEGIN', denied: [] },
  { who: 'agent', text: 'SAVEPOINT before', denied: [] },
  { who: 'agent', text: "UPDATE orders SET status = 'sent' WHERE id = 3", denied: ['SHOP-001'] },
  { who: 'agent', text: 'ROLLBACK TO before', denied: [] },
  { who: 'agent', text: 'SELECT count(*) FROM orders', denied: [] },
  { who: 'agent', text: 'COMMIT', denied: [] },
  { who: 'person', text: "UPDATE orders SET status = 'sent' WHERE id = 3", denied: [] },
  { who: 'person', text: 'DELETE FROM orders', denied: ['SHOP-005'] },
];

export type Outcome =
  | { readonly kind: 'allowed'; readonly rows: readonly (readonly unknown[])[]; readonly tag: string }
  | { readonly kind: 'denied'; readonly message: string; readonly detail: string; readonly hint: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface Played {
  readonly step: Step;
  readonly outcome: Outcome;
  /** It came out as the step says. */
  readonly expected: boolean;
}

export interface Stage {
  readonly port: number;
  readonly tokens: Readonly<Record<DemoSubject, string>>;
}

/** Plays the steps through the gateway, with the client that most Node programs use. Each subject has one connection. */
export async function* play(steps: readonly Step[], { port, tokens }: Stage): AsyncGenerator<Played> {
  const clients = new Map<DemoSubject, Client>();
  const connect = async (user: DemoSubject): Promise<Client> => {
    const known = clients.get(user);
    if (known !== undefined) return known;
    const client = new Client({ host: '127.0.0.1', port, user, password: tokens[user], database: 'shop' });
    // A connection that breaks shows in the step that is under way.
    client.on('error', () => undefined);
    await client.connect();
    clients.set(user, client);
    return client;
  };
  try {
    for (const step of steps) {
      const outcome = await run(await connect(step.who), step.text);
      yield { step, outcome, expected: isExpected(step, outcome) };
    }
  } finally {
    for (const client of clients.values()) await client.end().catch(() => undefined);
  }
}

/** insufficient_privilege: how PostgreSQL itself says no. */
const DENIED = '42501';

async function run(client: Client, text: string): Promise<Outcome> {
  try {
    const result = await client.query<unknown[]>({ text, rowMode: 'array' });
    const tag = [result.command, result.rowCount].filter((part) => part !== null).join(' ');
    return { kind: 'allowed', rows: result.rows, tag };
  } catch (error) {
    if (error instanceof DatabaseError && error.code === DENIED) {
      return { kind: 'denied', message: error.message, detail: error.detail ?? '', hint: error.hint ?? '' };
    }
    return { kind: 'failed', message: messageOf(error) };
  }
}

function isExpected({ denied }: Step, outcome: Outcome): boolean {
  if (denied.length === 0) return outcome.kind === 'allowed';
  return outcome.kind === 'denied' && denied.every((rule) => outcome.detail.includes(rule));
}
