import { describe, expect, it } from 'vitest';
import type { StatementLimits } from '../../../proxy/limits/statement-limits.ts';
import { backend, GREETING, int32, message } from './support/backend.ts';
import { client } from './support/client.ts';
import { errorFields, frames, strings, summary } from './support/decode.ts';
import { settled, Stage, type StageOptions } from './support/stage.ts';

/** A session whose every command is held to these limits. */
async function limited(limits: StatementLimits, options: StageOptions = {}, greeting = GREETING): Promise<Stage> {
  const stage = await new Stage(options).login({}, greeting);
  stage.gate.limits = ({ verb }) => (verb === 'free' ? undefined : { decision: 'decision s.1', ...limits });
  return stage;
}

/** What went to the target: types, with the texts of queries. */
function sent(stage: Stage): string[] {
  return frames(stage.takeTarget()).map(({ type, body }) =>
    type === 'Q' || type === 'P' ? `${type} ${strings(body, type === 'Q' ? 1 : 2).at(-1) ?? ''}` : type,
  );
}

/** Of a server that tells no key. */
const KEYLESS = Buffer.concat([
  backend.authentication(0),
  backend.parameterStatus('client_encoding', 'UTF8'),
  backend.parameterStatus('standard_conforming_strings', 'on'),
  backend.ready('I'),
]);
const rows = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, row) => backend.dataRow(`r${row + 1}`)));
const table = (count: number): Buffer => Buffer.concat([backend.rowDescription(), rows(count)]);
const canceled = backend.error('57014', 'canceling statement due to user request');
const refused = backend.error('42601', 'syntax error');
const planned = Buffer.concat([backend.parseComplete(), backend.bindComplete()]);
const REFUSED = expect.stringMatching(/^[QP] sallyport denied: decision /) as string;
const CANCEL = Buffer.concat([int32(16), int32(80877102), int32(4711), int32(815)]);

/** The same, byte by byte, and cut in two at every point. */
function cuts(bytes: Buffer): { readonly name: string; readonly chunks: readonly Buffer[] }[] {
  return [
    { name: 'whole', chunks: [bytes] },
    { name: 'byte by byte', chunks: [...bytes].map((byte) => Buffer.from([byte])) },
    ...Array.from({ length: bytes.length - 1 }, (_, at) => ({
      name: `cut at ${at + 1}`,
      chunks: [bytes.subarray(0, at + 1), bytes.subarray(at + 1)],
    })),
  ];
}

describe('what the client gets, wherever the answer is cut', () => {
  const cases: {
    name: string;
    limits: StatementLimits;
    request: Buffer;
    /** With `I` the target has completed the statement, else it was stopped. */
    answer: Buffer;
    gets: readonly string[];
    result?: object;
  }[] = [
    {
      name: 'as many rows as the limit pass',
      limits: { rows: 2 },
      request: client.query('rows 2'),
      answer: Buffer.concat([table(2), backend.complete('SELECT 2'), backend.ready('I')]),
      gets: ['T', 'D r1', 'D r2', 'C SELECT 2', 'Z I'],
      result: { status: 'ok', rows: 2, tag: 'SELECT 2' },
    },
    {
      name: 'one row more does not, where the target had completed the statement',
      limits: { rows: 2 },
      request: client.query('rows 4'),
      answer: Buffer.concat([table(4), backend.complete('SELECT 4'), backend.ready('I')]),
      gets: ['T', 'D r1', 'D r2', 'E 54000', 'Z I'],
      result: { status: 'ok', rows: 2, tag: 'SELECT 4', code: 'SP_LIMIT_ROWS' },
    },
    {
      name: 'nor where it is stopped',
      limits: { rows: 2 },
      request: client.query('rows 4'),
      answer: Buffer.concat([table(3), canceled, backend.ready('I')]),
      gets: ['T', 'D r1', 'D r2', 'E 54000', 'Z I'],
      result: { status: 'cancelled', rows: 2, code: 'SP_LIMIT_ROWS' },
    },
    {
      name: 'nor where it fails by itself',
      limits: { rows: 0 },
      request: client.query('rows 4'),
      answer: Buffer.concat([table(1), backend.error('22012', 'division by zero'), backend.ready('I')]),
      gets: ['T', 'E 54000', 'Z I'],
      result: { status: 'cancelled', rows: 0, code: 'SP_LIMIT_ROWS' },
    },
    {
      name: 'bytes of rows, headers not counted',
      limits: { bytes: 16 },
      request: client.query('rows 3'),
      answer: Buffer.concat([table(3), canceled, backend.ready('I')]),
      gets: ['T', 'D r1', 'D r2', 'E 54000', 'Z I'],
      result: { status: 'cancelled', rows: 2, bytes: 16, code: 'SP_LIMIT_BYTES' },
    },
    {
      name: 'a statement with Describe and Sync in one batch',
      limits: { rows: 1 },
      request: Buffer.concat([client.run('rows 2'), client.sync()]),
      answer: Buffer.concat([planned, table(2), backend.complete('SELECT 2'), backend.ready('I')]),
      gets: ['1', '2', 'T', 'D r1', 'E 54000', 'Z I'],
      result: { status: 'ok', rows: 1, code: 'SP_LIMIT_ROWS' },
    },
    {
      name: 'the same, stopped',
      limits: { rows: 1 },
      request: Buffer.concat([client.run('rows 2'), client.sync()]),
      answer: Buffer.concat([planned, table(2), canceled, backend.ready('I')]),
      gets: ['1', '2', 'T', 'D r1', 'E 54000', 'Z I'],
      result: { status: 'cancelled', rows: 1, code: 'SP_LIMIT_ROWS' },
    },
    {
      name: 'COPY … TO STDOUT by rows',
      limits: { rows: 1 },
      request: client.query('copy t to stdout'),
      answer: Buffer.concat([
        backend.copyOut(),
        backend.copyData('a\n'),
        backend.copyData('b\n'),
        backend.copyDone(),
        backend.complete('COPY 2'),
        backend.ready('I'),
      ]),
      gets: ['H', 'd', 'E 54000', 'Z I'],
      result: { status: 'ok', rows: 1, bytes: 2, tag: 'COPY 2', code: 'SP_LIMIT_ROWS' },
    },
    {
      name: 'COPY … TO STDOUT by bytes, as many as the limit',
      limits: { bytes: 4 },
      request: client.query('copy t to stdout'),
      answer: Buffer.concat([
        backend.copyOut(),
        backend.copyData('a\n'),
        backend.copyData('b\n'),
        backend.copyDone(),
        backend.complete('COPY 2'),
        backend.ready('I'),
      ]),
      gets: ['H', 'd', 'd', 'c', 'C COPY 2', 'Z I'],
      result: { status: 'ok', rows: 2, bytes: 4 },
    },
    {
      name: "binary COPY's last message is no row",
      limits: { rows: 1 },
      request: client.query('copy t to stdout'),
      answer: Buffer.concat([
        message('H', Buffer.from([1, 0, 1, 0, 1])),
        backend.copyData('a binary row'),
        message('d', Buffer.from([0xff, 0xff])),
        backend.copyDone(),
        backend.complete('COPY 1'),
        backend.ready('I'),
      ]),
      gets: ['H', 'd', 'd', 'c', 'C COPY 1', 'Z I'],
    },
    {
      name: 'the result of a FunctionCall',
      limits: { bytes: 7 },
      request: client.functionCall(954, ['0', '9']),
      answer: Buffer.concat([backend.functionResult('data'), backend.ready('I')]),
      gets: ['E 54000', 'Z I'],
      result: { status: 'ok', rows: 0, code: 'SP_LIMIT_BYTES' },
    },
    {
      name: 'notices and parameters pass while rows are swallowed',
      limits: { rows: 1 },
      request: client.query('rows 3'),
      answer: Buffer.concat([
        table(2),
        backend.notice('n'),
        backend.parameterStatus('TimeZone', 'UTC'),
        rows(1),
        canceled,
        backend.ready('I'),
      ]),
      gets: ['T', 'D r1', 'N', 'S', 'E 54000', 'Z I'],
    },
  ];

  describe.each(cases)('$name', ({ limits, request, answer, gets, result }) => {
    it.each(cuts(answer))('$name', async ({ chunks }) => {
      const stage = await limited(limits);
      stage.client(request);
      const read: Buffer[] = [];
      for (const chunk of chunks) read.push(stage.target(chunk).takeClient());
      expect(summary(Buffer.concat(read))).toEqual(gets);
      if (result !== undefined) expect(stage.gate.results).toEqual([expect.objectContaining(result)]);
      expect(stage.outOfBand.length).toBeLessThan(2);
      // Usable: at once, or when the cancel request that went out has arrived.
      stage.takeTarget();
      stage.client(client.query('free'));
      if (stage.outOfBand.length > 0) {
        expect(sent(stage)).toEqual([]);
        stage.closeOutOfBand();
      }
      expect(sent(stage)).toEqual(['Q free']);
      expect(stage.timers).toEqual([]);
    });
  });
});

describe('how the target is stopped', () => {
  it('by a cancel request, once, when it goes on', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 9')).target(table(2));
    expect(stage.outOfBand).toEqual([CANCEL]);
    stage.target(rows(5), rows(5));
    expect(stage.outOfBand).toHaveLength(1);
  });

  it('not at all, where its whole answer is there', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 2'));
    stage.target(Buffer.concat([table(2), backend.complete('SELECT 2'), backend.ready('I')]));
    expect(stage.outOfBand).toEqual([]);
  });

  it("a client's own cancel request adds none", async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 9')).target(table(2));
    (stage.session as unknown as { cancel(): void }).cancel();
    expect(stage.outOfBand).toHaveLength(1);
  });

  it.each([
    ['the answer, then the end of the cancel request', 'answer first'],
    ['the end of the cancel request, then the answer', 'cancel first'],
  ])('the next message waits for both: %s', async (_, order) => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 9')).target(table(2));
    stage.client(client.query('free 2'));
    stage.takeTarget();
    const answer = (): void => void stage.target(canceled, backend.ready('I'));
    const arrives = (): void => {
      stage.closeOutOfBand();
    };
    const [first, second] = order === 'answer first' ? [answer, arrives] : [arrives, answer];
    first();
    expect(sent(stage)).toEqual([]);
    expect(stage.session.idle).toBe(false);
    second();
    expect(sent(stage)).toEqual(['Q free 2']);
    expect(stage.timers).toEqual([]);
  });

  it('the session ends if nobody knows whether the cancel request arrived', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 9')).target(table(2), canceled, backend.ready('I'));
    stage.closeOutOfBand(false);
    expect(stage.ended?.reason).toBe('SP_LIMIT_TIME');
    expect(summary(stage.takeClient()).at(-1)).toBe('E 57014');
  });

  it.each([
    ['heeds no cancel request', GREETING],
    ['has no key to cancel with', KEYLESS],
  ])('the session ends, within a bound, if the target %s', async (_, greeting) => {
    const stage = await limited({ rows: 1 }, {}, greeting);
    stage.client(client.query('rows 9')).target(table(2));
    stage.pass(4_999).target(rows(1));
    expect(stage.ended).toBeUndefined();
    stage.pass(1);
    expect(stage.ended?.reason).toBe('SP_LIMIT_ROWS');
    const last = frames(stage.takeClient()).at(-1);
    expect(errorFields(last?.body ?? Buffer.alloc(0))).toMatchObject({
      S: 'FATAL',
      C: '54000',
      M: 'The statement gives more than 1 row, which is its limit. The target does not stop.',
    });
    expect(stage.gate.results).toEqual([
      expect.objectContaining({
        status: 'cancelled',
        rows: 1,
        code: 'SP_LIMIT_ROWS',
        message:
          'The statement gives more than 1 row, which is its limit. The target did not tell whether it had completed it.',
      }),
    ]);
  });

  it('the error says which limit, whose decision, and what to do', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 2')).target(table(2), canceled);
    expect(errorFields(frames(stage.takeClient()).at(-1)?.body ?? Buffer.alloc(0))).toEqual({
      S: 'ERROR',
      V: 'ERROR',
      C: '54000',
      M: 'The statement gives more than 1 row, which is its limit.',
      D: 'decision s.1',
      H: 'Ask for fewer rows, or ask the owners of the policy for a higher limit.',
    });
  });
});

describe('time', () => {
  it('runs from the release, and ends the statement', async () => {
    const stage = await limited({ seconds: 1.5 });
    stage.client(client.query('sleep')).pass(1_499);
    expect(stage.outOfBand).toEqual([]);
    stage.pass(1);
    expect(stage.outOfBand).toEqual([CANCEL]);
    stage.target(canceled, backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['E 57014', 'Z I']);
    expect(stage.gate.results).toEqual([expect.objectContaining({ status: 'cancelled', code: 'SP_LIMIT_SECONDS' })]);
  });

  it('does not run while the command is held', async () => {
    const stage = await limited({ seconds: 1 });
    stage.gate.held = [];
    stage.client(client.query('sleep')).pass(60_000);
    for (const settle of stage.gate.held) settle();
    await settled();
    expect(sent(stage)).toEqual(['Q sleep']);
    expect(stage.timers).toEqual([1_000]);
  });

  it('is each command’s own in a message of several', async () => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.query('a; b')).pass(900).target(backend.complete('A')).pass(900);
    expect(stage.outOfBand).toEqual([]);
    stage.pass(100);
    expect(stage.outOfBand).toHaveLength(1);
    stage.target(canceled, backend.ready('I'));
    expect(stage.gate.results.map(({ status, code }) => [status, code])).toEqual([
      ['ok', undefined],
      ['cancelled', 'SP_LIMIT_SECONDS'],
    ]);
  });

  it('that is up while the statement is still prepared is told as such, too', async () => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.run('rows 1'), client.sync()).pass(1_000);
    expect(stage.outOfBand).toHaveLength(1);
    stage.target(backend.parseComplete(), canceled, backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['1', 'E 57014', 'Z I']);
    expect(stage.gate.results).toEqual([expect.objectContaining({ status: 'cancelled', code: 'SP_LIMIT_SECONDS' })]);
  });

  it('that is up when the answer is there ends nothing', async () => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.query('a')).target(backend.complete('A'), backend.ready('I')).pass(5_000);
    expect(stage.outOfBand).toEqual([]);
    expect(summary(stage.takeClient())).toEqual(['C A', 'Z I']);
  });

  it('lets a row that the client has half of pass, and no more', async () => {
    const stage = await limited({ seconds: 1 });
    const row = backend.dataRow('half and half');
    stage.client(client.query('rows 9')).target(backend.rowDescription(), row.subarray(0, 12)).pass(1_000);
    stage.target(Buffer.concat([row.subarray(12), rows(3), canceled, backend.ready('I')]));
    expect(summary(stage.takeClient())).toEqual(['T', 'D half and half', 'E 57014', 'Z I']);
  });
});

describe('what a statement above its limit has changed', () => {
  it('is undone in a transaction, although the target had completed it', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('insert')).target(Buffer.concat([table(2), backend.complete('INSERT 0 2')]));
    expect(sent(stage)).toEqual(['Q insert']);
    stage.target(backend.ready('T'));
    expect(sent(stage)).toEqual([REFUSED]);
    expect(summary(stage.takeClient())).toEqual(['T', 'D r1']);
    stage.target(refused, backend.ready('E'));
    expect(summary(stage.takeClient())).toEqual(['E 54000', 'Z E']);
    expect(stage.gate.results).toEqual([
      expect.objectContaining({
        status: 'cancelled',
        tag: 'INSERT 0 2',
        rows: 1,
        message:
          'The statement gives more than 1 row, which is its limit. The target had completed it; what it changed was undone.',
      }),
    ]);
  });

  it('stays, and the client is told so, where a Query of its own had committed', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('insert'));
    stage.target(Buffer.concat([table(2), backend.complete('INSERT 0 2'), backend.ready('I')]));
    const [error] = frames(stage.takeClient()).filter(({ type }) => type === 'E');
    expect(errorFields(error?.body ?? Buffer.alloc(0))['D']).toBe(
      'The target had completed it before it could be stopped: what it changed stays. decision s.1',
    );
    expect(stage.gate.results).toEqual([
      expect.objectContaining({ status: 'ok', tag: 'INSERT 0 2', rows: 1, code: 'SP_LIMIT_ROWS' }),
    ]);
  });

  it('is undone in the extended protocol: its Sync waits, and its batch is made to fail', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.run('insert'), client.sync());
    expect(sent(stage)).toEqual(['P insert', 'B', 'D', 'E', 'H']);
    stage.target(Buffer.concat([planned, table(2), backend.complete('INSERT 0 2')]));
    expect(sent(stage)).toEqual([REFUSED]);
    stage.target(refused);
    expect(summary(stage.takeClient())).toEqual(['1', '2', 'T', 'D r1', 'E 54000']);
    expect(sent(stage)).toEqual(['S']);
    stage.target(backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['Z I']);
    expect(stage.gate.results).toEqual([expect.objectContaining({ status: 'cancelled', tag: 'INSERT 0 2' })]);
  });

  it('so does what came before it in its batch', async () => {
    const stage = await limited({ rows: 1 });
    stage.gate.limits = ({ verb }) => (verb === 'rows' ? { rows: 1 } : undefined);
    stage.client(client.run('insert'), client.run('rows 2'), client.sync());
    expect(sent(stage)).toEqual(['P insert', 'B', 'D', 'E', 'P rows 2', 'B', 'D', 'H']);
    stage.target(Buffer.concat([planned, backend.noData(), backend.complete('INSERT 0 1'), planned]));
    stage.target(backend.rowDescription());
    // Now it runs alone.
    expect(sent(stage)).toEqual(['E', 'H']);
    stage.target(Buffer.concat([rows(2), backend.complete('SELECT 2')]));
    expect(sent(stage)).toEqual([REFUSED]);
    stage.target(refused);
    expect(sent(stage)).toEqual(['S']);
  });

  it('in a transaction a batch that only reads fails it, too', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.run('rows 2'), client.sync());
    expect(sent(stage)).toEqual(['P rows 2', 'B', 'D', 'E', 'S']);
    stage.target(Buffer.concat([planned, table(2), backend.complete('SELECT 2'), backend.ready('T')]));
    expect(summary(stage.takeClient())).toEqual(['1', '2', 'T', 'D r1', 'E 54000']);
    expect(sent(stage)).toEqual([REFUSED]);
    stage.client(client.query('free'));
    stage.target(refused, backend.ready('E'));
    expect(summary(stage.takeClient())).toEqual(['Z E']);
    expect(sent(stage)).toEqual(['Q free']);
    expect(stage.gate.judgements.at(-1)?.state.transaction).toBe('failed');
  });

  it('commands behind it in the same message are recorded as they went', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('rows 2; insert'));
    stage.target(Buffer.concat([table(2), backend.complete('SELECT 2'), backend.complete('INSERT 0 1')]));
    stage.target(backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['T', 'D r1', 'E 54000', 'Z I']);
    expect(stage.gate.results.map(({ events, status, tag, code }) => [events[0], status, tag, code])).toEqual([
      [2, 'ok', 'INSERT 0 1', undefined],
      [1, 'ok', 'SELECT 2', 'SP_LIMIT_ROWS'],
    ]);
  });

  it('and those that the cancel request hit as not run', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('insert; b; c')).target(Buffer.concat([table(2), backend.complete('INSERT 0 2')]));
    stage.target(canceled, backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['T', 'D r1', 'E 54000', 'Z I']);
    expect(stage.gate.results.map(({ events, status, code }) => [events, status, code])).toEqual([
      [[1], 'cancelled', 'SP_LIMIT_ROWS'],
      [[2], 'cancelled', '57014'],
      [[3], 'cancelled', undefined],
    ]);
  });

  it('stays where a COMMIT of the same message came in between', async () => {
    const stage = await limited({ rows: 1 });
    stage.client(client.query('begin; insert; commit; sleep'));
    stage.target(Buffer.concat([backend.complete('BEGIN'), table(2), backend.complete('INSERT 0 2')]));
    stage.target(backend.complete('COMMIT'), canceled, backend.ready('I'));
    expect(stage.gate.results.find(({ code }) => code === 'SP_LIMIT_ROWS')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('what it changed stays') as string,
    });
  });
});

describe('what commits by itself', () => {
  it.each([
    ['COMMIT', 'commit', 'what it changed stays'],
    ['what nobody vouches for', 'mystery', 'may not have undone all of it'],
  ])('%s is not said to be undone', async (_, text, words) => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.parse('', text), client.bind('', ''), client.execute(''), client.sync());
    stage.target(planned).pass(1_000).target(backend.complete('COMMIT'));
    stage.takeTarget();
    stage.target(refused);
    expect(sent(stage)).toEqual([]);
    stage.closeOutOfBand();
    expect(sent(stage)).toEqual(['S']);
    stage.target(backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['1', '2', 'E 57014', 'Z I']);
    expect(stage.gate.results).toEqual([
      expect.objectContaining({ status: 'ok', message: expect.stringContaining(words) as string }),
    ]);
  });
});

describe('portals', () => {
  it('count over all their executions', async () => {
    const stage = await limited({ rows: 3 });
    stage.client(client.parse('', 'rows 9'), client.bind('', ''), client.execute('', 2), client.flush());
    stage.target(Buffer.concat([planned, rows(2), backend.portalSuspended()]));
    stage.takeTarget();
    stage.client(client.execute('', 2), client.flush());
    expect(sent(stage)).toEqual(['E', 'H']);
    stage.target(Buffer.concat([rows(2), backend.portalSuspended()]));
    expect(sent(stage)).toEqual([REFUSED]);
    stage.target(refused);
    expect(summary(stage.takeClient())).toEqual(['1', '2', 'D r1', 'D r2', 's', 'D r1', 'E 54000']);
    stage.client(client.sync()).target(backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['Z I']);
    expect(stage.gate.results.map(({ status, rows: count }) => [status, count])).toEqual([
      ['ok', 2],
      ['cancelled', 1],
    ]);
  });

  it('of another Bind begin anew', async () => {
    const stage = await limited({ rows: 2 });
    for (let round = 0; round < 3; round += 1) {
      stage.client(client.run('rows 2'), client.sync());
      stage.target(Buffer.concat([planned, table(2), backend.complete('SELECT 2'), backend.ready('I')]));
      expect(summary(stage.takeClient())).toEqual(['1', '2', 'T', 'D r1', 'D r2', 'C SELECT 2', 'Z I']);
    }
  });
});

describe('a limited statement runs alone', () => {
  it('waits for what runs before it, and what is behind it waits for it', async () => {
    const stage = await limited({ rows: 5 });
    stage.client(client.query('free 1'), client.query('rows 1'), client.query('free 2'));
    expect(sent(stage)).toEqual(['Q free 1']);
    stage.target(backend.complete('A'), backend.ready('I'));
    expect(sent(stage)).toEqual(['Q rows 1']);
    stage.target(table(1), backend.complete('SELECT 1'));
    expect(sent(stage)).toEqual([]);
    stage.target(backend.ready('I'));
    expect(sent(stage)).toEqual(['Q free 2']);
    expect(stage.gate.judgements.map(({ text }) => text)).toEqual(['free 1', 'rows 1', 'free 2']);
  });

  it('what waits while the policies change is judged again', async () => {
    const stage = await limited({ rows: 5 });
    stage.client(client.query('free 1'), client.query('rows 1'));
    stage.gate.revision = 'r2';
    stage.gate.denies = ({ verb }) => verb === 'rows';
    stage.target(backend.complete('A'), backend.ready('I'));
    expect(sent(stage)).toEqual(['Q free 1', REFUSED]);
    expect(stage.gate.results.map(({ events, status }) => [events, status])).toEqual([
      [[1], 'ok'],
      [[2], 'cancelled'],
    ]);
  });

  it('in a pipeline: its own Sync may follow what only reads, and nothing else', async () => {
    const stage = await limited({ rows: 5 });
    stage.client(client.run('rows 1'), client.sync(), client.run('rows 2'), client.sync());
    expect(sent(stage)).toEqual(['P rows 1', 'B', 'D', 'E', 'S']);
    stage.target(Buffer.concat([planned, table(1), backend.complete('SELECT 1'), backend.ready('I')]));
    expect(sent(stage)).toEqual(['P rows 2', 'B', 'D', 'E', 'S']);
  });

  it('a message that waits and is never sent is recorded as such', async () => {
    const stage = await limited({ rows: 5 });
    stage.client(client.query('free 1'), client.query('rows 1'));
    stage.session.clientClosed();
    expect(stage.gate.results.map(({ events, status }) => [events, status])).toEqual([
      [[2], 'cancelled'],
      [[1], 'cancelled'],
    ]);
  });
});

describe('COPY … FROM STDIN', () => {
  const pieces: [string, (bytes: Buffer) => Buffer[]][] = [
    ['whole', (bytes) => [bytes]],
    ['byte by byte', (bytes) => [...bytes].map((byte) => Buffer.from([byte]))],
  ];

  it.each(pieces)('as many bytes as the limit pass, %s', async (_, cut) => {
    const stage = await limited({ bytes: 8 });
    stage.client(client.query('copy t from stdin')).target(backend.copyIn());
    stage.takeTarget();
    const data = Buffer.concat([client.copyData('1234'), client.copyData('5678'), client.copyDone()]);
    stage.client(...cut(data));
    expect(stage.takeTarget()).toEqual(data);
  });

  it.each(pieces)('what is more fails it at the target, %s', async (_, cut) => {
    const stage = await limited({ bytes: 8 });
    stage.client(client.query('copy t from stdin')).target(backend.copyIn());
    stage.takeTarget();
    stage.client(...cut(Buffer.concat([client.copyData('1234'), client.copyData('56789'), client.copyData('x')])));
    expect(sent(stage)).toEqual(['d', 'f']);
    stage.target(backend.error('57014', 'COPY from stdin failed'), backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['G', 'E 54000', 'Z I']);
    expect(stage.outOfBand).toEqual([]);
    expect(stage.gate.results).toEqual([
      expect.objectContaining({ status: 'cancelled', bytes: 4, code: 'SP_LIMIT_BYTES' }),
    ]);
    // What the client still copies goes nowhere.
    stage.client(client.copyData('late'), client.copyDone(), client.query('free'));
    expect(sent(stage)).toEqual(['Q free']);
  });

  it('in the extended protocol the rest of the batch is skipped', async () => {
    const stage = await limited({ bytes: 2 });
    stage.client(client.run('copy t from stdin'), client.sync());
    stage.target(Buffer.concat([planned, backend.noData(), backend.copyIn()]));
    stage.takeTarget();
    stage.client(client.copyData('123'), client.copyDone(), client.sync());
    expect(sent(stage)).toEqual(['f']);
    stage.target(backend.error('57014', 'COPY from stdin failed'));
    expect(sent(stage)).toEqual(['S']);
    stage.target(backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['1', '2', 'n', 'G', 'E 54000', 'Z I']);
  });

  it('whose time is up is failed, for a target that waits for data heeds no cancel request', async () => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.query('copy t from stdin')).target(backend.copyIn());
    stage.client(client.copyData('12'));
    stage.takeTarget();
    stage.pass(1_000);
    expect(sent(stage)).toEqual(['f']);
    expect(stage.outOfBand).toEqual([]);
  });

  it('in the middle of a message at its end', async () => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.query('copy t from stdin')).target(backend.copyIn());
    const data = client.copyData('1234');
    stage.client(data.subarray(0, 7));
    stage.takeTarget();
    stage.pass(1_000);
    expect(stage.takeTarget()).toHaveLength(0);
    stage.client(data.subarray(7));
    expect(stage.takeTarget().subarray(0, 3)).toEqual(Buffer.concat([data.subarray(7), Buffer.from('f')]));
  });

  it('that begins when its time is up is failed at once', async () => {
    const stage = await limited({ seconds: 1 });
    stage.client(client.query('copy t from stdin')).pass(1_000);
    expect(stage.outOfBand).toHaveLength(1);
    stage.takeTarget();
    stage.target(backend.copyIn());
    expect(sent(stage)).toEqual(['f']);
    stage.target(canceled, backend.ready('I'));
    expect(summary(stage.takeClient())).toEqual(['E 57014', 'Z I']);
  });
});
