import { serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import { SallyportError } from '../../../engine/errors.ts';
import { GREETING, int32, text } from './support/backend.ts';
import { errorFields, frames, summary } from './support/decode.ts';
import { settled, Stage, startupPacket, type StageOptions } from './support/stage.ts';

const SSL = Buffer.concat([int32(8), int32(80877103)]);
const GSSENC = Buffer.concat([int32(8), int32(80877104)]);
const STARTUP = startupPacket({ user: 'agent', database: 'shop' });

function firstError(bytes: Buffer): Record<string, string> {
  return errorFields(frames(bytes).find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0));
}

describe('encryption', () => {
  it('answers SSLRequest with S and starts TLS where a certificate is configured', () => {
    const stage = new Stage({ tls: { available: true } }).client(SSL);
    expect(stage.takeClient().toString()).toBe('S');
    expect(stage.calls).toEqual(['secureClient']);
    stage.clientTls.active = true;
    stage.session.clientSecured();
    stage.client(STARTUP);
    expect(summary(stage.takeClient())).toEqual(['R']);
  });

  it.each<{ name: string; options: StageOptions; request: Buffer }>([
    { name: 'SSLRequest without a certificate', options: {}, request: SSL },
    { name: 'SSLRequest inside TLS', options: { tls: { available: true, active: true } }, request: SSL },
    { name: 'GSSENCRequest', options: { tls: { available: true } }, request: GSSENC },
  ])('answers $name with N and goes on', ({ options, request }) => {
    const stage = new Stage(options).client(request);
    expect(stage.takeClient().toString()).toBe('N');
    stage.client(STARTUP);
    expect(summary(stage.takeClient())).toEqual(['R']);
  });

  it.each([
    ['SSLRequest', SSL],
    ['GSSENCRequest', GSSENC],
  ])('refuses plaintext behind %s (CVE-2021-23222)', (_, request) => {
    const stage = new Stage({ tls: { available: true } }).client(Buffer.concat([request, STARTUP]));
    expect(stage.calls).toEqual([]);
    expect(stage.ended?.reason).toBe('SP_PROTOCOL_VIOLATION');
  });

  it('refuses plaintext that comes while TLS starts', () => {
    const stage = new Stage({ tls: { available: true } }).client(SSL).client(STARTUP);
    expect(stage.ended?.reason).toBe('SP_PROTOCOL_VIOLATION');
  });

  it('asks nothing of a client in the clear where TLS is required', () => {
    const stage = new Stage({ tls: { available: true, required: true } }).client(STARTUP);
    expect(firstError(stage.takeClient())).toMatchObject({
      S: 'FATAL',
      C: '0A000',
      H: 'Connect with sslmode=require.',
    });
    expect(stage.request).toBeUndefined();
  });
});

describe('the startup packet', () => {
  const refused: { name: string; packet: Buffer; sqlState: string; says?: RegExp }[] = [
    { name: 'a length above 10,000', packet: int32(10_001), sqlState: '08P01' },
    { name: 'a length below a version', packet: int32(7), sqlState: '08P01' },
    { name: 'a negative length', packet: int32(-1), sqlState: '08P01' },
    { name: 'protocol 2', packet: Buffer.concat([int32(8), int32(2 << 16)]), sqlState: '0A000', says: /protocol 2\.0/ },
    { name: 'no user', packet: startupPacket({ database: 'x' }), sqlState: '08P01', says: /no PostgreSQL user name/ },
    {
      name: 'a parameter named twice',
      packet: packetOf('user', 'a', 'user', 'b'),
      sqlState: '08P01',
      says: /"user" twice/,
    },
    {
      name: 'no terminator',
      packet: Buffer.concat([int32(15), int32(196608), text('user'), text('a')]),
      sqlState: '08P01',
    },
    { name: 'bytes behind the terminator', packet: packetOf('user', 'a', '', 'x'), sqlState: '08P01' },
    ...['true', 'database', 'on', '1', 'yes'].map((replication) => ({
      name: `replication=${replication}`,
      packet: startupPacket({ user: 'a', replication }),
      sqlState: '0A000',
      says: /Replication connections/,
    })),
    {
      name: 'standard_conforming_strings=off in options',
      packet: startupPacket({ user: 'a', options: '-c standard_conforming_strings=off' }),
      sqlState: '42501',
      says: /standard_conforming_strings/,
    },
    {
      name: 'the same as --standard-conforming-strings=off',
      packet: startupPacket({ user: 'a', options: '--Standard-Conforming-Strings=off' }),
      sqlState: '42501',
    },
    {
      name: 'the same as a parameter of its own',
      packet: startupPacket({ user: 'a', Standard_Conforming_Strings: 'f' }),
      sqlState: '42501',
    },
    {
      name: 'client_encoding=LATIN1',
      packet: startupPacket({ user: 'a', client_encoding: 'LATIN1' }),
      sqlState: '42501',
    },
    {
      name: 'client_encoding=SQL_ASCII',
      packet: startupPacket({ user: 'a', client_encoding: 'SQL_ASCII' }),
      sqlState: '42501',
    },
    {
      name: 'another switch in options',
      packet: startupPacket({ user: 'a', options: '-O' }),
      sqlState: '0A000',
      says: /"-O"/,
    },
    { name: 'an option without a value', packet: startupPacket({ user: 'a', options: '-c role' }), sqlState: '0A000' },
  ];

  it.each(refused)('with $name is refused', ({ packet, sqlState, says }) => {
    const stage = new Stage().client(packet);
    const error = firstError(stage.takeClient());
    expect(error).toMatchObject({ S: 'FATAL', C: sqlState });
    if (says !== undefined) expect(error['M']).toMatch(says);
    expect(stage.ended).toBeDefined();
    expect(stage.calls).toEqual([]);
  });

  it('that asks for a newer minor version, or for protocol options, is negotiated down to 3.0', () => {
    const stage = new Stage().client(startupPacket({ user: 'a', '_pq_.foo': '1' }, 2));
    const [negotiation, request] = frames(stage.takeClient());
    expect(negotiation).toEqual({ type: 'v', body: Buffer.concat([int32(196608), int32(1), text('_pq_.foo')]) });
    expect(request?.type).toBe('R');
  });

  it.each([1, 3])('may come in pieces (%d bytes)', (size) => {
    const stage = new Stage();
    for (let at = 0; at < STARTUP.length; at += size) stage.client(STARTUP.subarray(at, at + size));
    expect(summary(stage.takeClient())).toEqual(['R']);
  });
});

describe('the token', () => {
  it('opens the session with what the client asked for', async () => {
    const stage = new Stage();
    stage.client(
      startupPacket({ user: 'agent', database: 'shop', application_name: 'psql' }),
      serialize.password('s3cret'),
    );
    await settled();
    expect(stage.request).toMatchObject({ user: 'agent', token: 's3cret', database: 'shop', application: 'psql' });
    expect(stage.calls).toEqual(['connectTarget']);
  });

  it.each([
    ['an empty one', serialize.password(''), '28P01'],
    ['another message', serialize.query('select 1'), '08P01'],
    ['a length above the limit', Buffer.concat([Buffer.from('p'), int32(10_001)]), '08P01'],
    ['a NUL inside', Buffer.concat([Buffer.from('p'), int32(8), Buffer.from('a\0b\0')]), '08P01'],
  ])('that is %s is refused', (_, packet, sqlState) => {
    const stage = new Stage().client(STARTUP).client(packet);
    expect(firstError(stage.takeClient())).toMatchObject({ S: 'FATAL', C: sqlState });
    expect(stage.request).toBeUndefined();
  });

  it('that the gateway does not know ends the session', async () => {
    const openSession = () => Promise.reject(new SallyportError('SP_AUTH_FAILED', 'password authentication failed'));
    const stage = new Stage({ openSession }).client(STARTUP, serialize.password('wrong'));
    await settled();
    expect(firstError(stage.takeClient())).toMatchObject({
      S: 'FATAL',
      C: '28P01',
      M: 'password authentication failed',
    });
    expect(stage.ended?.error?.code).toBe('SP_AUTH_FAILED');
  });

  it('is not carried on if the client leaves meanwhile', async () => {
    const stage = new Stage().client(STARTUP, serialize.password('t'));
    stage.session.clientClosed();
    await settled();
    expect(stage.calls).toEqual([]);
  });
});

describe('settings of the startup packet', () => {
  it('are judged as the SET statements that would do the same', async () => {
    const stage = new Stage();
    stage.gate.denies = (command) => command.text.includes('work_mem');
    await stage.login({ options: '-c work_mem=1GB' });
    expect(stage.gate.judgements.map(({ text: words }) => words)).toEqual([`SET "work_mem" TO '1GB'`]);
    expect(firstError(stage.takeClient())).toMatchObject({ S: 'FATAL', C: '42501' });
    expect(stage.calls).toEqual([]);
  });

  it('reach the target one by one, in the way that they were judged', async () => {
    const stage = new Stage().client(
      startupPacket({
        user: 'agent',
        options: String.raw`-c search_path=a,\ "B\ b" --work-mem=1MB -cfoo.bar=x`,
        application_name: 'psql',
        client_encoding: "'utf-8'",
      }),
      serialize.password('t'),
    );
    await settled();
    expect(stage.gate.judgements.map((one) => one.text)).toEqual([
      'SET "search_path" TO "a", "B b"',
      `SET "work_mem" TO '1MB'`,
      `SET "foo"."bar" TO 'x'`,
    ]);
    stage.session.targetConnected();
    const sent = stage.takeTarget();
    expect(sent.subarray(8).toString().split('\0').slice(0, -2)).toEqual([
      ...['search_path', 'a, "B b"', 'work_mem', '1MB', 'foo.bar', 'x', 'application_name', 'psql'],
      ...['user', 'app', 'client_encoding', 'UTF8'],
    ]);
  });
});

describe('what a client sends ahead', () => {
  it('waits until it was let in', async () => {
    const stage = new Stage().client(STARTUP, Buffer.concat([serialize.password('t'), serialize.query('select 1')]));
    await settled();
    stage.session.targetConnected();
    stage.takeTarget();
    stage.target(GREETING);
    await settled();
    expect(frames(stage.takeTarget()).map(({ type }) => type)).toEqual(['Q']);
  });
});

function packetOf(...fields: string[]): Buffer {
  const body = Buffer.concat([int32(196608), ...fields.map(text), Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
}
