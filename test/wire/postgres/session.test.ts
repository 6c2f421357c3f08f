import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../engine/dialect.ts';
import { SallyportError } from '../../../engine/errors.ts';
import { createPostgresProtocol } from '../../../proxy/protocols/postgres/index.ts';
import { backend, GREETING, int32 } from './support/backend.ts';
import { client } from './support/client.ts';
import { errorFields, frames, strings, summary } from './support/decode.ts';
import { settled, Stage, startupPacket, type StageOptions } from './support/stage.ts';
import { toyDialect } from './support/toy-dialect.ts';

const open = (options: StageOptions = {}): Promise<Stage> => new Stage(options).login();

/** Texts of the Query and Parse messages that went to the target. */
function sent(stage: Stage): string[] {
  return frames(stage.takeTarget())
    .filter(({ type }) => type === 'Q' || type === 'P')
    .map(({ type, body }) => strings(body, type === 'Q' ? 1 : 2).at(-1) ?? '');
}

const DENIED = /^sallyport denied: decision /;
const refusedReply = Buffer.concat([backend.error('42601', 'syntax error'), backend.ready('I')]);
const done = (tag: string, status: 'I' | 'T' | 'E' = 'I'): Buffer =>
  Buffer.concat([backend.complete(tag), backend.ready(status)]);

function lastError(stage: Stage): Record<string, string> {
  return errorFields(frames(stage.takeClient()).findLast(({ type }) => type === 'E')?.body ?? Buffer.alloc(0));
}

describe('settings that would change how statements read', () => {
  const texts = [
    'set standard_conforming_strings to off',
    'set local standard_conforming_strings to f',
    'set client_encoding to latin1',
    'set client_encoding to sjis',
    'rows 1; set standard_conforming_strings to no',
  ];
  it.each(texts)('%s is refused, whatever the policy says', async (text) => {
    const stage = await open();
    stage.client(client.query(text)).target(refusedReply);
    expect(sent(stage)).toEqual([expect.stringMatching(DENIED)]);
    expect(lastError(stage)).toMatchObject({ S: 'ERROR', C: '42501' });
  });

  it.each(['set standard_conforming_strings to on', 'set client_encoding to utf-8', 'reset client_encoding'])(
    '%s is let through',
    async (text) => {
      const stage = await open();
      stage.client(client.query(text));
      expect(sent(stage)).toEqual([text]);
    },
  );

  it.each([
    ['standard_conforming_strings', 'off'],
    ['client_encoding', 'LATIN1'],
  ])('the session ends if the target reports %s = %s', async (name, value) => {
    const stage = await open();
    stage.client(client.query('mystery'));
    stage.target(Buffer.concat([backend.complete('DO'), backend.parameterStatus(name, value), backend.ready('I')]));
    expect(stage.ended?.reason).toBe('SP_SETTING_REFUSED');
    expect(summary(stage.takeClient())).toEqual(['C DO', 'E 42501']);
  });

  describe('behind a command of unknown effects', () => {
    const backslash = String.raw`rows '\'`;

    it('a text with a backslash waits for the target’s word in the next batch', async () => {
      const stage = await open();
      stage.client(client.query('mystery'), client.query(backslash));
      expect(sent(stage)).toEqual(['mystery']);
      stage.target(done('DO'));
      expect(sent(stage)).toEqual([backslash]);
    });

    it('and is refused in the same batch, where that word does not come', async () => {
      const stage = await open();
      stage.client(client.run('mystery'), client.parse('', backslash), client.sync());
      expect(sent(stage)).toEqual(['mystery', expect.stringMatching(DENIED)]);
    });

    it('a plain text goes on', async () => {
      const stage = await open();
      stage.client(client.run('mystery'), client.parse('', 'rows 1'), client.sync(), client.query('rows 2'));
      expect(sent(stage)).toEqual(['mystery', 'rows 1', 'rows 2']);
    });
  });
});

describe('the state that commands are judged in', () => {
  it('is what commands before them in the same message will have made of it', async () => {
    const stage = await open();
    stage.client(client.query('set role to r; rows 1; set local role to q; rows 2'));
    expect(stage.gate.judgements.map(({ state }) => state.role)).toEqual(['app', 'r', 'r', 'q']);
  });

  it('follows what the target confirmed: a batch waits for the outcome of a change before it', async () => {
    const stage = await open();
    stage.client(client.query('set role to r'), client.query('rows 1'));
    expect(sent(stage)).toEqual(['set role to r']);
    stage.target(Buffer.concat([backend.error('22023', 'role "r" does not exist'), backend.ready('I')]));
    expect(sent(stage)).toEqual(['rows 1']);
    expect(stage.gate.judgements.at(-1)?.state.role).toBe('app');
  });

  it('follows a pipeline without waiting: what fails skips what counted on it', async () => {
    const stage = await open();
    stage.client(client.run('begin'), client.run('set role to r'), client.run('rows 1'), client.run('rollback'));
    stage.client(client.run('rows 2'), client.sync());
    expect(sent(stage)).toEqual(['begin', 'set role to r', 'rows 1', 'rollback', 'rows 2']);
    const states = stage.gate.judgements
      .filter((one) => one.prepare)
      .map(({ text, state }) => [text, state.role, state.transaction]);
    expect(states).toEqual([
      ['begin', 'app', 'idle'],
      ['set role to r', 'app', 'active'],
      ['rows 1', 'r', 'active'],
      ['rollback', 'r', 'active'],
      ['rows 2', 'app', 'idle'],
    ]);
  });

  it('knows a failed transaction', async () => {
    const stage = await open();
    stage.client(client.query('begin')).target(done('BEGIN', 'T'));
    stage.client(client.query('fail')).target(backend.error('22012', 'division by zero'), backend.ready('E'));
    stage.client(client.query('rollback'));
    expect(stage.gate.judgements.at(-1)?.state.transaction).toBe('failed');
  });
});

describe('the search_path that a text is parsed under', () => {
  /** The search_path settings that the dialect was given, in order; undefined for none. */
  async function paths(...texts: string[]): Promise<unknown[]> {
    const given: unknown[] = [];
    const dialect: Dialect = {
      ...toyDialect,
      parse(statement) {
        given.push(statement.settings?.['search_path']);
        return toyDialect.parse(statement);
      },
    };
    const stage = await open({ dialect });
    for (const text of texts)
      stage.client(client.query(text)).target(...text.split(';').map(() => backend.complete('OK')), backend.ready('I'));
    return given;
  }

  it('is told to the dialect where a schema stands before the built-in functions', async () => {
    expect(await paths('set search_path to evil,pg_catalog', 'rows 1')).toEqual([
      undefined,
      undefined,
      ['evil', 'pg_catalog'],
    ]);
  });

  it('also within one message', async () => {
    expect(await paths('set search_path to evil,pg_catalog; rows 1')).toEqual([undefined, ['evil', 'pg_catalog']]);
  });

  it('and not where nothing stands before them', async () => {
    expect(await paths('set search_path to evil', 'rows 1')).toEqual([undefined, undefined]);
  });
});

describe('prepared statements', () => {
  const parsed = Buffer.concat([backend.parseComplete(), backend.ready('I')]);

  it('are judged at Parse, and at each Bind with the parameters', async () => {
    const stage = await open();
    stage.client(client.parse('s', 'rows $1'), client.sync()).target(parsed);
    for (const value of ['1', '2']) stage.client(client.bind('', 's', [value]), client.execute(''), client.sync());
    expect(
      stage.gate.judgements.map(({ prepare, parameters }) => [prepare, parameters?.map(({ text }) => text)]),
    ).toEqual([
      [true, undefined],
      [false, ['1']],
      [false, ['2']],
    ]);
  });

  it('are judged again at Execute when another revision is in force', async () => {
    const stage = await open();
    stage.client(client.parse('s', 'rows 1'), client.bind('p', 's'));
    stage.gate.revision = 'r2';
    stage.gate.denies = () => true;
    stage.client(client.execute('p'), client.sync());
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['P', 'B', 'P', 'S']);
    stage.target(backend.parseComplete(), backend.bindComplete(), refusedReply);
    expect(summary(stage.takeClient())).toEqual(['1', '2', 'E 42501', 'Z I']);
  });

  it('are judged again when the role changed after their Bind', async () => {
    const stage = await open();
    stage.gate.denies = (command, state) => state.role === 'admin' && command.verb === 'rows';
    stage.client(client.query('begin')).target(done('BEGIN', 'T'));
    stage.client(client.parse('s', 'rows 1'), client.bind('p', 's'), client.sync());
    stage.target(backend.parseComplete(), backend.bindComplete(), backend.ready('T'));
    stage.client(client.query('set role to admin')).target(done('SET', 'T'));
    stage.takeTarget();
    stage.client(client.execute('p'), client.sync());
    expect(sent(stage)).toEqual([expect.stringMatching(DENIED)]);
  });

  it('cannot be described under policies that deny them by now', async () => {
    const stage = await open();
    stage.client(client.parse('s', 'rows 1'), client.sync()).target(parsed);
    stage.gate.revision = 'r2';
    stage.gate.denies = () => true;
    stage.takeTarget();
    stage.client(client.describeStatement('s'), client.sync());
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['P', 'S']);
  });

  it('that SQL made can be bound, and are judged as what they hold', async () => {
    const stage = await open();
    stage.client(client.query('prepare p as rows 1')).target(done('PREPARE'));
    stage.client(client.bind('', 'p'), client.execute(''), client.sync());
    expect(stage.gate.judgements.at(-1)?.text).toBe('rows 1');
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['Q', 'B', 'E', 'S']);
  });

  it('that the wire made can be executed by SQL, and are judged as what they hold', async () => {
    const stage = await open();
    stage.gate.denies = () => false;
    stage.client(client.parse('s', 'delete'), client.sync()).target(parsed);
    stage.gate.denies = (command) => command.verb === 'delete';
    stage.takeTarget();
    stage.client(client.query('execute s'));
    expect(sent(stage)).toEqual([expect.stringMatching(DENIED)]);
  });

  it('under a name whose Parse may yet fail are executed by SQL only once that is known', async () => {
    const stage = await open({});
    stage.gate.denies = (command) => command.verb === 'delete' && command.text.startsWith('execute');
    stage.client(client.parse('s', 'delete'), client.sync()).target(parsed);
    stage.client(client.parse('s', 'rows 1'), client.sync(), client.query('execute s'));
    stage.takeTarget();
    stage.target(backend.error('42P05', 'prepared statement "s" already exists'), backend.ready('I'));
    expect(sent(stage)).toEqual([expect.stringMatching(DENIED)]);
  });

  it('are forgotten by DEALLOCATE and DISCARD ALL once the target did it', async () => {
    for (const text of ['deallocate s', 'deallocate all', 'discard all']) {
      const stage = await open();
      stage.client(client.parse('s', 'rows 1'), client.sync()).target(parsed);
      stage.client(client.query(text)).target(done('OK'));
      stage.takeTarget();
      stage.client(client.bind('', 's'), client.sync());
      expect(sent(stage)).toEqual(['sallyport denied: decision SP_PROTOCOL_VIOLATION']);
    }
  });

  it('are kept by a DEALLOCATE that failed', async () => {
    const stage = await open();
    stage.client(client.parse('s', 'rows 1'), client.sync()).target(parsed);
    stage.client(client.query('deallocate s')).target(backend.error('XX000', 'no'), backend.ready('I'));
    stage.takeTarget();
    stage.client(client.bind('', 's'), client.sync());
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['B', 'S']);
  });

  it('whose names PostgreSQL takes for one are one', async () => {
    const stage = await open();
    const name = 'n'.repeat(63);
    stage.client(parseNamed(`${name}x`, 'rows 1'), client.sync()).target(parsed);
    stage.client(client.closeStatement(`${name}y`), client.sync()).target(backend.closeComplete(), backend.ready('I'));
    stage.takeTarget();
    stage.client(client.bind('', `${name}x`), client.sync());
    expect(sent(stage)).toEqual(['sallyport denied: decision SP_PROTOCOL_VIOLATION']);
  });

  it('are bounded in number', async () => {
    const stage = await open({ limits: { preparedStatements: 2 } });
    for (const name of ['a', 'b', 'c']) stage.client(client.parse(name, 'rows 1'));
    stage.client(client.query('prepare d as rows 1'));
    expect(sent(stage).map((text) => (DENIED.test(text) ? 'denied' : text))).toEqual([
      'rows 1',
      'rows 1',
      'denied',
      'denied',
    ]);
  });

  it('of a wire portal’s name that SQL takes over are not executed as what they were', async () => {
    const stage = await open();
    stage.client(client.query('begin')).target(done('BEGIN', 'T'));
    stage.client(client.parse('s', 'rows 1'), client.bind('p', 's'), client.sync());
    stage.target(backend.parseComplete(), backend.bindComplete(), backend.ready('T'));
    stage.client(client.query('close p; declare p cursor for rows 9'));
    stage.target(backend.complete('CLOSE CURSOR'), done('DECLARE CURSOR', 'T'));
    stage.takeTarget();
    stage.client(client.execute('p'), client.sync());
    expect(sent(stage)).toEqual(['sallyport denied: decision SP_PROTOCOL_VIOLATION']);
  });
});

describe('FunctionCall', () => {
  it('is judged as the SELECT of the same function', async () => {
    const stage = await open();
    stage.client(client.functionCall(952, ['16400', '262144']));
    expect(stage.gate.judgements.map(({ text, parameters }) => [text, parameters?.length])).toEqual([
      ['SELECT pg_catalog.lo_open($1, $2)', 2],
    ]);
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['F']);
    stage.target(backend.functionResult('0001'), backend.ready('I'));
    expect(stage.gate.results).toMatchObject([{ status: 'ok', rows: 1, bytes: 8 }]);
  });

  it('of a function that nobody vouches for is refused, and recorded as incomplete', async () => {
    const stage = await open();
    stage.client(client.functionCall(16_999)).target(refusedReply);
    expect(sent(stage)).toEqual([expect.stringMatching(DENIED)]);
    expect(summary(stage.takeClient())).toEqual(['E 0A000', 'Z I']);
    expect(stage.gate.judgements.map(({ text }) => text)).toEqual(['FunctionCall 16999']);
  });
});

describe('results', () => {
  it('are recorded for each command of a message, in order', async () => {
    const stage = await open();
    stage.client(client.query('rows 2; insert; fail; rows 1'));
    stage.target(backend.rowDescription(), backend.dataRow('a'), backend.dataRow('bc'), backend.complete('SELECT 2'));
    stage.target(backend.complete('INSERT 0 7'), backend.error('22012', 'division by zero'), backend.ready('I'));
    expect(stage.gate.results).toMatchObject([
      { events: [1], status: 'ok', tag: 'SELECT 2', rows: 2, bytes: 15 },
      { events: [2], status: 'ok', tag: 'INSERT 0 7', rows: 7, bytes: 0 },
      { events: [3], status: 'error', code: '22012', message: 'division by zero', rows: 0, bytes: 0 },
      { events: [4], status: 'cancelled' },
    ]);
  });

  it('of what the target skipped, and of what it did not answer, are cancelled', async () => {
    const stage = await open();
    stage.client(client.run('fail', ['x']), client.run('rows 1', ['x']), client.sync(), client.query('rows 2'));
    stage.target(
      backend.parseComplete(),
      backend.bindComplete(),
      backend.noData(),
      backend.error('22012', 'no'),
      backend.ready('I'),
    );
    stage.session.clientClosed();
    expect(stage.gate.results.map(({ status }) => status)).toEqual(['error', 'cancelled', 'cancelled', 'cancelled']);
  });
});

describe('a held verdict', () => {
  it('keeps everything behind it, and goes on as decided', async () => {
    const stage = await open();
    stage.gate.held = [];
    stage.client(client.query('rows 1'), client.query('rows 2'));
    expect(sent(stage)).toEqual([]);
    expect(stage.session.idle).toBe(false);
    stage.gate.held.shift()?.();
    await settled();
    expect(sent(stage)).toEqual(['rows 1']);
    stage.gate.held.shift()?.();
    await settled();
    expect(sent(stage)).toEqual(['rows 2']);
  });

  it('bounds what the client sends meanwhile', async () => {
    const stage = await open();
    stage.gate.held = [];
    stage.client(client.query('rows 1'));
    for (let count = 0; count < 5; count += 1) stage.client(client.query(`rows ${'1'.repeat(60_000)}`));
    expect(stage.paused).toBe(true);
    const { held } = stage.gate;
    stage.gate.held = undefined;
    held.shift()?.();
    await settled();
    expect(stage.paused).toBe(false);
    expect(sent(stage)).toHaveLength(6);
  });

  it('is told to the client, with what to do', async () => {
    const stage = await open();
    stage.takeClient();
    stage.gate.held = [];
    stage.client(client.query('rows 1'));
    const [notice] = frames(stage.takeClient());
    expect(notice?.type).toBe('N');
    expect(notice?.body.toString('utf8')).toContain('SNOTICE\0VNOTICE\0C00000\0Mthis waits for approval\0Hwait\0');
  });

  it('tells nothing in the middle of a message of the target', async () => {
    const stage = await open();
    stage.client(client.query('rows 1'));
    stage.takeClient();
    const row = backend.dataRow('x'.repeat(50));
    stage.target(row.subarray(0, 20));
    stage.gate.held = [];
    stage.client(client.query('rows 2'));
    expect(stage.takeClient()).toEqual(row.subarray(0, 20));
    stage.target(row.subarray(20));
    expect(frames(Buffer.concat([row.subarray(0, 20), stage.takeClient()])).map(({ type }) => type)).toEqual([
      'D',
      'N',
    ]);
  });

  it('is given up when the client leaves', async () => {
    const stage = await open();
    stage.gate.held = [];
    stage.client(client.query('rows 1'));
    stage.session.clientClosed();
    expect(stage.gate.withdrawn).toBe(1);
    stage.gate.held.shift()?.();
    await settled();
    expect(sent(stage)).toEqual([]);
    expect(stage.gate.results).toEqual([{ events: [1], status: 'cancelled' }]);
  });

  it('that comes too late, because the target skips its message by then, releases nothing else', async () => {
    const stage = await open();
    stage.client(client.run('fail'));
    stage.gate.held = [];
    stage.client(client.parse('', 'rows 1'));
    stage.target(backend.parseComplete(), backend.bindComplete(), backend.noData(), backend.error('22012', 'no'));
    stage.gate.denies = () => true;
    const { held } = stage.gate;
    stage.gate.held = undefined;
    held.shift()?.();
    await settled();
    stage.takeTarget();
    stage.client(client.sync(), client.query('drop t'));
    expect(sent(stage)).toEqual([expect.stringMatching(DENIED)]);
  });
});

describe('cancel requests', () => {
  async function withKey(options: StageOptions = {}): Promise<{ stage: Stage; key: Buffer; other: () => Stage }> {
    const protocol = createPostgresProtocol({ dialect: toyDialect });
    const stage = new Stage({ ...options, protocol });
    stage.client(startupPacket({ user: 'a' }), client.raw('p', 'token'));
    await settled();
    stage.session.targetConnected();
    stage.target(GREETING);
    await settled();
    const key = frames(stage.takeClient()).find(({ type }) => type === 'K')?.body ?? Buffer.alloc(0);
    return { stage, key, other: () => new Stage({ protocol }) };
  }
  const request = (key: Buffer): Buffer => Buffer.concat([int32(16), int32(80877102), key]);

  it('reach the target with its own key while something runs', async () => {
    const { stage, key, other } = await withKey();
    stage.client(client.query('rows 1'));
    const canceller = other().client(request(key));
    expect(stage.outOfBand).toEqual([request(Buffer.concat([int32(4711), int32(815)]))]);
    expect(canceller.ended?.reason).toBe('cancel request');
    expect(canceller.takeClient()).toHaveLength(0);
  });

  it('with a wrong key, of a session at rest, or of one that ended, are dropped', async () => {
    const { stage, key, other } = await withKey();
    other().client(request(key));
    stage.client(client.query('rows 1'));
    const wrong = Buffer.from(key);
    wrong.writeUInt8(wrong.readUInt8(7) ^ 1, 7);
    other().client(request(wrong));
    stage.session.clientClosed();
    other().client(request(key));
    expect(stage.outOfBand).toEqual([]);
  });

  it('take back what the gate holds', async () => {
    const { stage, key, other } = await withKey();
    stage.takeTarget();
    stage.gate.held = [];
    stage.client(client.query('rows 1'));
    other().client(request(key));
    expect(sent(stage)).toEqual(['sallyport denied: decision SP_CANCELLED']);
    stage.target(refusedReply);
    expect(lastError(stage)).toMatchObject({ C: '57014', M: 'canceling statement due to user request' });
  });
});

describe('the end of a session', () => {
  it('by Terminate comes after what was sent before it', async () => {
    const stage = await open();
    stage.client(Buffer.concat([client.query('rows 1'), client.terminate(), client.query('rows 2')]));
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['Q', 'X']);
    expect(stage.ended?.reason).toBe('client terminated');
  });

  it('drains: at once when idle', async () => {
    const stage = await open();
    stage.session.drain(new SallyportError('SP_SHUTTING_DOWN'));
    expect(lastError(stage)).toMatchObject({ S: 'FATAL', C: '57P01' });
  });

  it('drains: else when the transaction is over', async () => {
    const stage = await open();
    stage.client(client.query('begin'));
    stage.session.drain(new SallyportError('SP_SHUTTING_DOWN'));
    stage.target(done('BEGIN', 'T'));
    expect(stage.ended).toBeUndefined();
    stage.client(client.query('commit')).target(done('COMMIT'));
    expect(summary(stage.takeClient())).toEqual(['C BEGIN', 'Z T', 'C COMMIT', 'Z I', 'E 57P01']);
    expect(stage.ended?.reason).toBe('SP_SHUTTING_DOWN');
  });

  it('waits for the rest of a message that the client has half of', async () => {
    const stage = await open();
    const row = backend.dataRow('long value');
    stage.client(client.query('rows 1')).target(row.subarray(0, 12));
    stage.takeClient();
    stage.session.fail(new SallyportError('SP_LIMIT_TIME'));
    expect(stage.takeClient()).toHaveLength(0);
    expect(stage.ended).toBeUndefined();
    stage.target(Buffer.concat([row.subarray(12), row]));
    const [rest, bytes] = [row.subarray(12), stage.takeClient()];
    expect(bytes.subarray(0, rest.length)).toEqual(rest);
    expect(summary(bytes.subarray(rest.length))).toEqual(['E 57014']);
    expect(stage.ended?.reason).toBe('SP_LIMIT_TIME');
  });

  it('is told when the target is gone', async () => {
    const stage = await open();
    stage.session.targetClosed();
    expect(lastError(stage)).toMatchObject({ S: 'FATAL', C: '08006' });
  });

  it('is told once: the target’s own FATAL is enough', async () => {
    const stage = await open();
    stage.target(backend.error('57P01', 'terminating connection due to administrator command', 'FATAL'));
    stage.session.targetClosed();
    expect(summary(stage.takeClient())).toEqual(['E 57P01']);
  });

  it('is what a verdict may ask for', async () => {
    const stage = await open();
    stage.gate.terminate = true;
    stage.client(client.query('drop t'));
    expect(lastError(stage)).toMatchObject({ S: 'FATAL', C: '42501', M: 'drop is not for agents' });
    expect(sent(stage)).toEqual([]);
    expect(stage.ended?.reason).toBe('SP_DENIED');
  });
});

describe('a full pipeline', () => {
  it('waits for answers, and asks the target for them', async () => {
    const stage = await open({ limits: { pipelinedMessages: 3 } });
    stage.client(client.run('rows 1'));
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['P', 'B', 'D', 'H']);
    stage.target(backend.parseComplete(), backend.bindComplete());
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['E']);
  });
});

function parseNamed(name: string, text: string): Buffer {
  const message = client.raw('P', name, text);
  const whole = Buffer.concat([message, Buffer.from([0, 0])]);
  whole.writeInt32BE(whole.length - 1, 1);
  return whole;
}
