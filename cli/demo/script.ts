import { Client, DatabaseError } from 'pg';
import type { DemoSubject } from './subjects.ts';
import { messageOf } from '../../engine/message-of.ts';

/** A statement, and what the policies in examples/quickstart are to say of it. */
export interface Step {
  readonly who: DemoSubject;
  readonly text: string;
  /** Ids of the rules that deny it; empty where it is allowed. */
  readonly denied: readonly string[];
  /** It waits until somebody approves it. */
  readonly held?: true;
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
  { who: 'person', text: 'ALTER TABLE orders ADD COLUMN note text', denied: [], held: true },
];

/** How a statement ended. */
export type Ending =
  | { readonly kind: 'allowed'; readonly rows: readonly (readonly unknown[])[]; readonly tag: string }
  | { readonly kind: 'denied'; readonly message: string; readonly detail: string; readonly hint: string }
  | { readonly kind: 'failed'; readonly message: string };

/** A statement that waits for approval. */
export interface Held {
  readonly kind: 'held';
  /** Id of the request. */
  readonly request: string;
  /** Why it is held, and who decides. */
  readonly detail: string;
  /** Never rejects. */
  readonly ending: Promise<Ending>;
}

export type Outcome = Ending | Held;

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

/** Those who play: each subject has one connection, with the client that most Node programs use. */
export class Cast {
  readonly #stage: Stage;
  readonly #clients = new Map<DemoSubject, Client>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** @throws Error when the gateway does not let it in */
  async connect(user: DemoSubject): Promise<Client> {
    const known = this.#clients.get(user);
    if (known !== undefined) return known;
    const { port, tokens } = this.#stage;
    const client = new Client({ host: '127.0.0.1', port, user, password: tokens[user], database: 'shop' });
    // A connection that breaks shows in the step that is under way.
    client.on('error', () => undefined);
    await client.connect();
    this.#clients.set(user, client);
    return client;
  }

  /** What still waits for approval is withdrawn with its connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.end().catch(() => undefined)));
  }
}

/** Plays the steps through the gateway. One that is held goes on by itself: its outcome says how to hear of its end. */
export async function* play(steps: readonly Step[], cast: Cast): AsyncGenerator<Played> {
  for (const step of steps) {
    const outcome = await begin(await cast.connect(step.who), step.text);
    yield { step, outcome, expected: isExpected(step, outcome) };
  }
}

/** @returns how it ended, or that it is held */
async function begin(client: Client, text: string): Promise<Outcome> {
  const ending = run(client, text);
  let hear: (held: Held) => void = () => undefined;
  const held = new Promise<Held>((resolve) => {
    hear = resolve;
  });
  const onNotice = ({
    message = '',
    detail = '',
  }: {
    message: string | undefined;
    detail?: string | undefined;
  }): void => {
    const [request] = /apr-\w+/.exec(message) ?? [];
    if (request !== undefined) hear({ kind: 'held', request, detail, ending });
  };
  client.on('notice', onNotice);
  try {
    return await Promise.race([held, ending]);
  } finally {
    client.off('notice', onNotice);
  }
}

/** insufficient_privilege: how PostgreSQL itself says no. */
const DENIED = '42501';

async function run(client: Client, text: string): Promise<Ending> {
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

function isExpected({ denied, held }: Step, outcome: Outcome): boolean {
  if (held === true) return outcome.kind === 'held';
  if (denied.length === 0) return outcome.kind === 'allowed';
  return outcome.kind === 'denied' && denied.every((rule) => outcome.detail.includes(rule));
}
