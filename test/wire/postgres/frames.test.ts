import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backend, int32, message } from './support/backend.ts';
import { client } from './support/client.ts';
import { errorFields, FrameReader, frames, strings } from './support/decode.ts';
import { drive } from './support/drive.ts';
import { ModelTarget } from './support/model-target.ts';
import { RecordingGate } from './support/recording-gate.ts';
import { Stage } from './support/stage.ts';

const header = (type: string, length: number): Buffer => Buffer.concat([Buffer.from(type), int32(length | 0)]);

describe('a client’s frame that is malformed ends the session', () => {
  const cases: { name: string; bytes: Buffer; sqlState?: string }[] = [
    { name: 'an unknown type', bytes: header('!', 4) },
    { name: 'a password message after the handshake', bytes: header('p', 4) },
    { name: 'a length of 0', bytes: header('Q', 0) },
    { name: 'a length of 3', bytes: header('Q', 3) },
    { name: 'a negative length', bytes: header('Q', -1) },
    { name: 'the most negative length', bytes: header('P', -(2 ** 31)) },
    { name: 'a negative length of CopyData', bytes: header('d', -5) },
    { name: 'a length that overflows when its type is added', bytes: header('Q', 2 ** 31 - 1) },
    { name: 'a length above the limit', bytes: header('Q', 1024 * 1024 + 1) },
    { name: 'a length above PostgreSQL’s for short messages', bytes: header('D', 10_001) },
    { name: 'CopyData above PostgreSQL’s limit', bytes: header('d', 2 ** 30) },
    { name: 'a Query without NUL', bytes: message('Q', Buffer.from('rows 1')) },
    { name: 'an empty Query body', bytes: message('Q') },
    { name: 'a Query with a NUL inside', bytes: message('Q', Buffer.from('rows 1\0drop t\0')) },
    { name: 'a Query with two NULs', bytes: message('Q', Buffer.from('rows 1\0\0')) },
    { name: 'a Parse without its types', bytes: client.raw('P', '', 'rows 1') },
    { name: 'a Parse with bytes behind its types', bytes: message('P', Buffer.from('\0rows 1\0\0\0\0')) },
    { name: 'a Parse with more types than bytes', bytes: message('P', Buffer.from('\0rows 1\0\0\x09')) },
    { name: 'a Parse name that is not UTF-8', bytes: message('P', Buffer.from('\xff\0rows 1\0\0\0', 'latin1')) },
    { name: 'a Bind whose value is longer than it', bytes: bindOf(int32(9), Buffer.from('a')) },
    { name: 'a Bind whose value has a length of -2', bytes: bindOf(int32(-2)) },
    { name: 'a Bind without its values', bytes: bindOf() },
    { name: 'a Describe of neither', bytes: message('D', Buffer.from('X\0')) },
    { name: 'a Describe without NUL', bytes: message('D', Buffer.from('Sab')) },
    { name: 'a Close with bytes behind', bytes: message('C', Buffer.from('Sa\0b')) },
    { name: 'an Execute without its rows', bytes: client.raw('E', '') },
    { name: 'a Sync with a body', bytes: message('S', Buffer.from('x')) },
    { name: 'a Flush with a body', bytes: message('H', Buffer.from('x')) },
    { name: 'a FunctionCall cut short', bytes: message('F', int32(952)) },
  ];

  it.each(cases)('$name', async ({ bytes }) => {
    const stage = await new Stage().login();
    stage.client(Buffer.concat([bytes, client.query('drop t')]));
    const error = frames(stage.takeClient()).at(-1);
    expect(errorFields(error?.body ?? Buffer.alloc(0))).toMatchObject({ S: 'FATAL', C: '08P01' });
    expect(['SP_PROTOCOL_VIOLATION', 'SP_LIMIT_FRAME']).toContain(stage.ended?.reason);
    // The target is told goodbye, and nothing of the frame.
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['X']);
  });

  it('after what came before it has been released', async () => {
    const stage = await new Stage().login();
    stage.client(Buffer.concat([client.query('rows 1'), header('Q', -1)]));
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['Q', 'X']);
  });
});

describe('a statement that cannot be judged is refused, and the session goes on', () => {
  it.each([
    ['invalid UTF-8', message('Q', Buffer.from('rows \xff\0', 'latin1')), '22021'],
    ['an overlong encoding of a quote', message('Q', Buffer.from('rows \xc0\xa7\0', 'latin1')), '22021'],
    ['a surrogate', message('Q', Buffer.from('rows \xed\xa0\x80\0', 'latin1')), '22021'],
    ['more bytes than the limit', client.query(`rows ${'1'.repeat(64 * 1024)}`), '54000'],
  ])('%s', async (_, bytes, sqlState) => {
    const stage = await new Stage().login();
    const target = new ModelTarget();
    const { toClient } = drive(stage, target, Buffer.concat([bytes, client.query('rows 0')]));
    const [error, ...rest] = frames(toClient);
    expect(errorFields(error?.body ?? Buffer.alloc(0))).toMatchObject({ S: 'ERROR', C: sqlState });
    expect(rest.map(({ type }) => type)).toEqual(['Z', 'T', 'C', 'Z']);
    expect(target.seen).toEqual(['rows 0']);
    expect(stage.gate.errors).toHaveLength(1);
  });

  it('U+FFFD itself is a character like others', async () => {
    const stage = await new Stage().login();
    expect(frames(stage.client(client.query('rows \uFFFD')).takeTarget())).toHaveLength(1);
    expect(stage.gate.judgements[0]?.text).toBe('rows \uFFFD');
  });
});

describe('a target’s answer that fits nothing ends the session', () => {
  const replies: { name: string; client: Buffer; target: Buffer }[] = [
    { name: 'an unknown type', client: client.query('rows 1'), target: header('!', 4) },
    { name: 'a negative length', client: client.query('rows 1'), target: header('D', -1) },
    { name: 'a status message above the limit', client: client.query('rows 1'), target: header('C', 2 ** 28) },
    { name: 'rows that nobody asked for', client: Buffer.alloc(0), target: backend.dataRow('x') },
    {
      name: 'a completion of a denied statement',
      client: client.query('drop t'),
      target: backend.complete('DROP TABLE'),
    },
    { name: 'rows of a denied statement', client: client.query('drop t'), target: backend.dataRow('x') },
    {
      name: 'ReadyForQuery before a denied statement failed',
      client: client.query('drop t'),
      target: backend.ready('I'),
    },
    {
      name: 'ParseComplete of a denied statement',
      client: client.parse('', 'drop t'),
      target: backend.parseComplete(),
    },
    { name: 'BindComplete for ParseComplete', client: client.parse('', 'rows'), target: backend.bindComplete() },
    { name: 'an unknown transaction status', client: client.sync(), target: message('Z', Buffer.from('?')) },
    { name: 'CopyBothResponse', client: client.query('rows 1'), target: message('W', Buffer.from([0, 0, 0])) },
    { name: 'authentication again', client: Buffer.alloc(0), target: backend.authentication(3) },
    { name: 'another cancel key', client: Buffer.alloc(0), target: backend.backendKeyData(1, 2) },
  ];

  it.each(replies)('$name', async ({ client: bytes, target }) => {
    const stage = await new Stage().login();
    stage.client(bytes);
    stage.target(target);
    expect(stage.ended?.error?.code).toMatch(/^SP_(PROTOCOL|LIMIT)/);
    expect(frames(stage.takeClient()).map(({ type }) => type)).toEqual(['E']);
  });
});

describe('streams', () => {
  it('pass a target’s chunks on as they came, without copies', async () => {
    const stage = await new Stage().login();
    stage.client(client.query('rows 1000'));
    const passed: Uint8Array[] = [];
    stage.sendClient = (bytes) => void passed.push(bytes);
    const bytes = Buffer.concat(Array.from({ length: 1_000 }, (_, row) => backend.dataRow(`row ${row}`)));
    const chunks = [bytes.subarray(0, 777), bytes.subarray(777, 1_001), bytes.subarray(1_001)];
    for (const chunk of chunks) stage.session.targetData(chunk);
    expect(passed.map((one) => one.buffer === bytes.buffer && one.length)).toEqual(chunks.map((chunk) => chunk.length));
    stage.session.targetData(Buffer.concat([backend.complete('SELECT 1000'), backend.ready('I')]));
    expect(stage.gate.results).toMatchObject([{ rows: 1_000 }]);
  });

  it('pass a client’s CopyData on piece by piece, whatever its length', async () => {
    const stage = await new Stage().login();
    stage.client(client.query('copy t from')).target(backend.copyIn());
    stage.takeTarget();
    const data = client.copyData('x'.repeat(3_000_000));
    stage.client(data.subarray(0, 2_000_000));
    expect(stage.takeTarget()).toHaveLength(2_000_000);
    stage.client(data.subarray(2_000_000), client.copyDone());
    expect(stage.takeTarget()).toEqual(Buffer.concat([data.subarray(2_000_000), client.copyDone()]));
    expect(stage.session.holding).toBe(false);
  });

  it('notices and notifications pass at any time', async () => {
    const stage = await new Stage().login();
    stage.target(backend.notice('hello'), message('A', Buffer.concat([int32(1), Buffer.from('c\0p\0')])));
    expect(frames(stage.takeClient()).map(({ type }) => type)).toEqual(['N', 'A']);
  });
});

describe('whatever a client sends', () => {
  const valid = fc.constantFrom(
    client.query('rows 1'),
    client.query('drop t'),
    client.run('rows 1'),
    client.run('drop t'),
    client.parse('a', 'drop t'),
    client.bind('p', 'a', ['x']),
    client.execute('p'),
    client.query('copy t from'),
    client.copyData('x'),
    client.copyDone(),
    client.functionCall(952, ['1', '2']),
    client.sync(),
  );
  /** Messages with bytes changed, cut out and put in. */
  const mutated = fc
    .tuple(
      fc.array(valid, { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'put')), {
        maxLength: 4,
      }),
    )
    .map(([parts, changes]) => {
      const bytes = [...Buffer.concat(parts)];
      for (const [where, value, change] of changes) {
        const at = where % Math.max(bytes.length, 1);
        if (change === 'set') bytes[at] = value;
        else bytes.splice(at, change === 'cut' ? 1 : 0, ...(change === 'put' ? [value] : []));
      }
      return Buffer.from(bytes);
    });

  it('nothing throws, and nothing reaches the target that was not judged and released', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, fc.integer({ min: 1, max: 64 }), async (bytes, size) => {
        const gate = new RecordingGate();
        const stage = await new Stage({ gate }).login();
        const { toTarget } = drive(stage, new ModelTarget(), bytes, { fromClient: () => size });
        const released = gate.judgements.filter((one) => one.released).map((one) => one.text);
        for (const { type, body } of new FrameReader().push(toTarget)) {
          if (type !== 'Q' && type !== 'P') continue;
          const text = strings(body, type === 'Q' ? 1 : 2).at(-1) ?? '';
          if (text.startsWith('sallyport denied: decision ')) continue;
          for (const part of text.split(';')) if (part.trim() !== '') expect(released).toContain(part.trim());
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('nor does a target’s garbage throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 8 }), async (bytes, size) => {
        const stage = await new Stage().login();
        stage.client(client.query('rows 1'), client.query('drop t'));
        for (let at = 0; at < bytes.length; at += size) stage.target(bytes.subarray(at, at + size));
        expect(stage.takeClient().length).toBeLessThanOrEqual(bytes.length + 500);
      }),
      { numRuns: 1_000 },
    );
  });
});

function bindOf(...rest: Buffer[]): Buffer {
  return message('B', Buffer.concat([Buffer.from('\0a\0\0\0\0\x01'), ...rest]));
}
