import { describe, expect, it } from 'vitest';
import { client } from './support/client.ts';
import { errorFields, frames, strings, summary } from './support/decode.ts';
import { drive, single, type Cut } from './support/drive.ts';
import { ModelTarget } from './support/model-target.ts';
import { Stage } from './support/stage.ts';

interface Conversation {
  readonly name: string;
  readonly client: readonly Uint8Array[];
  /** What the client sees, as `summary` tells it. */
  readonly sees: readonly string[];
  /** Texts that reach the target. */
  readonly reaches?: readonly string[];
}

const conversations: Conversation[] = [
  {
    name: 'a query that is let through',
    client: [client.query('rows 2')],
    sees: ['T', 'D row 0', 'D row 1', 'C SELECT 2', 'Z I'],
    reaches: ['rows 2'],
  },
  { name: 'a query that is denied', client: [client.query('drop t')], sees: ['E 42501', 'Z I'], reaches: [] },
  {
    name: 'one denied command denies the whole message',
    client: [client.query('rows 1; drop t; rows 1')],
    sees: ['E 42501', 'Z I'],
    reaches: [],
  },
  {
    name: 'a denial inside a transaction fails it',
    client: [client.query('begin'), client.query('drop t'), client.query('rows 1'), client.query('commit')],
    sees: ['C BEGIN', 'Z T', 'E 42501', 'Z E', 'E 25P02', 'Z E', 'C ROLLBACK', 'Z I'],
  },
  { name: 'an empty query', client: [client.query('')], sees: ['I', 'Z I'] },
  {
    name: 'a pipeline of unnamed statements before one Sync',
    client: [client.run('rows 1'), client.run('insert'), client.sync()],
    sees: ['1', '2', 'T', 'D row 0', 'C SELECT 1', '1', '2', 'n', 'C INSERT', 'Z I'],
  },
  {
    name: 'a denial in the midst of a pipeline skips to Sync, and the next batch runs',
    client: [
      client.run('rows 1'),
      client.run('drop t'),
      client.run('insert'),
      client.sync(),
      client.run('rows 1'),
      client.sync(),
    ],
    sees: ['1', '2', 'T', 'D row 0', 'C SELECT 1', 'E 42501', 'Z I', '1', '2', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
    reaches: ['rows 1', 'rows 1'],
  },
  {
    name: "a target's error before a denied statement leaves no trace of the denial",
    client: [client.run('fail'), client.run('drop t'), client.sync(), client.query('rows 1')],
    sees: ['1', '2', 'n', 'E 22012', 'Z I', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'a named statement, executed twice',
    client: [
      client.parse('s', 'rows 1'),
      client.sync(),
      client.bind('', 's'),
      client.execute(''),
      client.sync(),
      client.bind('', 's'),
      client.execute(''),
      client.sync(),
    ],
    sees: ['1', 'Z I', '2', 'D row 0', 'C SELECT 1', 'Z I', '2', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'a denied statement cannot be described, bound or executed',
    client: [
      client.parse('s', 'drop t'),
      client.sync(),
      client.describeStatement('s'),
      client.sync(),
      client.bind('', 's'),
      client.execute(''),
      client.sync(),
      client.execute(''),
      client.sync(),
    ],
    sees: ['E 42501', 'Z I', 'E 26000', 'Z I', 'E 26000', 'Z I', 'E 34000', 'Z I'],
    reaches: [],
  },
  {
    name: 'a name that is taken keeps its statement',
    client: [
      client.parse('s', 'rows 1'),
      client.sync(),
      client.parse('s', 'rows 2'),
      client.sync(),
      client.bind('', 's'),
      client.execute(''),
      client.sync(),
    ],
    sees: ['1', 'Z I', 'E 42P05', 'Z I', '2', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'a Parse that is denied takes the old unnamed statement with it',
    client: [
      client.parse('', 'rows 1'),
      client.sync(),
      client.parse('', 'drop t'),
      client.sync(),
      client.bind('', ''),
      client.sync(),
    ],
    sees: ['1', 'Z I', 'E 42501', 'Z I', 'E 26000', 'Z I'],
  },
  {
    name: 'Close forgets',
    client: [client.parse('s', 'rows 1'), client.closeStatement('s'), client.bind('', 's'), client.sync()],
    sees: ['1', '3', 'E 26000', 'Z I'],
  },
  {
    name: 'portals die with their transaction',
    client: [client.parse('s', 'rows 1'), client.bind('p', 's'), client.sync(), client.execute('p'), client.sync()],
    sees: ['1', '2', 'Z I', 'E 34000', 'Z I'],
  },
  {
    name: 'portals live as long as their transaction',
    client: [
      client.query('begin'),
      client.parse('s', 'rows 1'),
      client.bind('p', 's'),
      client.sync(),
      client.execute('p'),
      client.sync(),
    ],
    sees: ['C BEGIN', 'Z T', '1', '2', 'Z T', 'D row 0', 'C SELECT 1', 'Z T'],
  },
  {
    name: 'COPY in of a Query, with the data sent ahead',
    client: [
      client.query('copy t from'),
      client.copyData('1234'),
      client.copyData('56'),
      client.copyDone(),
      client.query('rows 1'),
    ],
    sees: ['G', 'C COPY 6', 'Z I', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'two COPY in of one Query',
    client: [
      client.query('copy a from; copy b from'),
      client.copyData('1'),
      client.copyDone(),
      client.copyData('23'),
      client.copyDone(),
    ],
    sees: ['G', 'C COPY 1', 'G', 'C COPY 2', 'Z I'],
  },
  {
    name: 'COPY in of the extended protocol, with the Sync of libpq before its data',
    client: [
      client.parse('', 'copy t from'),
      client.bind('', ''),
      client.execute(''),
      client.sync(),
      client.copyData('12'),
      client.copyDone(),
      client.sync(),
      client.query('rows 1'),
    ],
    sees: ['1', '2', 'G', 'C COPY 2', 'Z I', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'a COPY in that the client gives up',
    client: [client.query('copy t from'), client.copyData('1'), client.copyFail('no'), client.query('rows 1')],
    sees: ['G', 'E 57014', 'Z I', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'a denied COPY in: its data is dropped',
    client: [
      client.query('begin; delete; copy t from'),
      client.copyData('1'),
      client.copyDone(),
      client.query('rows 1'),
    ],
    sees: ['E 42501', 'Z I', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'COPY messages outside of COPY are ignored',
    client: [client.copyData('1'), client.copyDone(), client.copyFail('x'), client.query('rows 1')],
    sees: ['T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'a Query behind an error is skipped with the rest',
    client: [client.run('fail'), client.query('rows 1'), client.sync(), client.query('rows 1')],
    sees: ['1', '2', 'n', 'E 22012', 'Z I', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
  {
    name: 'Flush brings the answers before Sync',
    client: [client.run('rows 1'), client.flush(), client.sync()],
    sees: ['1', '2', 'T', 'D row 0', 'C SELECT 1', 'Z I'],
  },
];

const bytesOf = (conversation: Conversation): Buffer => Buffer.concat(conversation.client);

describe('conversations', () => {
  it.each(conversations)('$name', async (conversation) => {
    const target = new ModelTarget();
    const stage = await new Stage().login();
    const { toClient } = drive(stage, target, bytesOf(conversation));
    expect(summary(toClient)).toEqual(conversation.sees);
    if (conversation.reaches !== undefined) expect(target.seen).toEqual(conversation.reaches);
    expect(stage.ended).toBeUndefined();
    expect(stage.session.idle).toBe(summary(toClient).at(-1) === 'Z I');
  });

  it.each(conversations)('$name: the same byte by byte', async (conversation) => {
    const stage = await new Stage().login();
    const cuts = { fromClient: single, toTarget: single, fromTarget: single };
    expect(summary(drive(stage, new ModelTarget(), bytesOf(conversation), cuts).toClient)).toEqual(conversation.sees);
  });

  it.each(conversations)('$name: the same when cut in two at every byte, either way', async (conversation) => {
    const bytes = bytesOf(conversation);
    const target = new ModelTarget();
    const whole = drive(await new Stage().login(), target, bytes);
    for (let at = 1; at < bytes.length; at += 1) {
      const other = new ModelTarget();
      const { toClient } = drive(await new Stage().login(), other, bytes, { fromClient: cutAt(at) });
      expect(summary(toClient)).toEqual(conversation.sees);
      expect(other.seen).toEqual(target.seen);
    }
    for (let at = 1; at < whole.toClient.length; at += 1) {
      const { toClient } = drive(await new Stage().login(), new ModelTarget(), bytes, { fromTarget: cutAt(at) });
      expect(summary(toClient)).toEqual(conversation.sees);
    }
  });
});

describe('a denial', () => {
  it("carries the rule's words, the decision and the way out; the target learns the decision's id alone", async () => {
    const stage = await new Stage().login();
    const { toClient, toTarget } = drive(stage, new ModelTarget(), client.query('drop secret_table'));
    expect(errorFields(frames(toClient)[0]?.body ?? Buffer.alloc(0))).toEqual({
      S: 'ERROR',
      V: 'ERROR',
      C: '42501',
      M: 'drop is not for agents',
      D: 'decision s.1, rule SP-PG-001, revision r1',
      H: 'Ask for a reviewed migration.',
    });
    expect(frames(toTarget).map(({ type, body }) => [type, strings(body, 1)[0]])).toEqual([
      ['Q', 'sallyport denied: decision s.1'],
    ]);
  });

  it('of a named Parse does not give the target the name', async () => {
    const stage = await new Stage().login();
    const { toTarget } = drive(
      stage,
      new ModelTarget(),
      Buffer.concat([client.parse('my_name', 'drop t'), client.sync()]),
    );
    expect(strings(frames(toTarget)[0]?.body ?? Buffer.alloc(0), 2)).toEqual([
      'sallyport_denied',
      'sallyport denied: decision s.1',
    ]);
  });
});

/** First `at` bytes, then the rest. */
function cutAt(at: number): Cut {
  let first = true;
  return (available) => {
    if (!first) return available;
    first = false;
    return at;
  };
}
