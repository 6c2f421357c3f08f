import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import type { TargetAccess } from '../../../proxy/protocol.ts';
import { backend, GREETING, text } from './support/backend.ts';
import { errorFields, frames, strings, summary } from './support/decode.ts';
import { settled, Stage, startupPacket } from './support/stage.ts';

/** A session whose target has just been connected to. */
async function connected(access: Partial<TargetAccess> = {}): Promise<Stage> {
  const stage = new Stage({ access });
  stage.client(startupPacket({ user: 'agent', database: 'shop' }), serialize.password('token'));
  await settled();
  stage.session.targetConnected();
  stage.takeClient();
  return stage;
}

function error(stage: Stage): Record<string, string> {
  return errorFields(frames(stage.takeClient()).find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0));
}

async function say(stage: Stage, ...messages: Buffer[]): Promise<void> {
  for (const message of messages) stage.target(message);
  // Web Crypto answers from another thread.
  for (let turn = 0; turn < 50; turn += 1) await settled();
  await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('TLS towards the target', () => {
  it.each<[TargetAccess['tls'], string, string[]]>([
    ['prefer', 'S', ['connectTarget', 'secureTarget']],
    ['require', 'S', ['connectTarget', 'secureTarget']],
    ['prefer', 'N', ['connectTarget']],
  ])('%s, the target answers %s', async (tls, answer, calls) => {
    const stage = await connected({ tls });
    expect(stage.takeTarget()).toEqual(serialize.requestSsl());
    stage.target(Buffer.from(answer));
    if (answer === 'S') stage.session.targetSecured();
    expect(stage.calls).toEqual(calls);
    expect(stage.takeTarget().toString()).toContain('user\0app\0');
  });

  it('require does not go on without', async () => {
    const stage = await connected({ tls: 'require' });
    stage.target(Buffer.from('N'));
    expect(error(stage)).toMatchObject({ S: 'FATAL', C: '08006' });
  });

  it('does not take bytes in the clear for a part of what TLS protects', async () => {
    const stage = await connected({ tls: 'prefer' });
    stage.target(Buffer.from('SR'));
    expect(stage.ended?.reason).toBe('SP_PROTOCOL_VIOLATION');
  });

  it('disable sends the startup packet at once', async () => {
    const stage = await connected({ tls: 'disable', database: 'real_shop' });
    expect(stage.takeTarget().toString()).toContain('database\0real_shop\0');
  });
});

describe('the way into the target', () => {
  it('trust: the client gets the target’s greeting with a cancel key of the gateway’s own', async () => {
    const stage = await connected();
    await say(stage, GREETING);
    const greeting = stage.takeClient();
    expect(summary(greeting)).toEqual(['R', 'S', 'S', 'S', 'S', 'K', 'Z I']);
    const key = frames(greeting).find(({ type }) => type === 'K');
    expect(key?.body).toHaveLength(8);
    expect(key?.body).not.toEqual(frames(backend.backendKeyData(4711, 815))[0]?.body);
  });

  it('password, in the clear because the operator turned TLS off', async () => {
    const stage = await connected({ tls: 'disable', password: 'hunter2' });
    stage.takeTarget();
    await say(stage, backend.authentication(3));
    expect(stage.takeTarget()).toEqual(serialize.password('hunter2'));
    await say(stage, GREETING);
    expect(summary(stage.takeClient()).at(-1)).toBe('Z I');
  });

  it('no password in the clear after the target turned TLS down', async () => {
    const stage = await connected({ tls: 'prefer', password: 'hunter2' });
    stage.target(Buffer.from('N'));
    stage.takeTarget();
    await say(stage, backend.authentication(3));
    expect(stage.takeTarget()).toHaveLength(0);
    expect(stage.ended?.reason).toBe('SP_TARGET_AUTH_FAILED');
  });

  it('MD5', async () => {
    const stage = await connected({ password: 'hunter2' });
    stage.takeTarget();
    const salt = Buffer.from([1, 2, 3, 4]);
    await say(stage, backend.authentication(5, salt));
    const md5 = (value: string | Buffer): string => createHash('md5').update(value).digest('hex');
    const expected = `md5${md5(Buffer.concat([Buffer.from(md5('hunter2app')), salt]))}`;
    expect(stage.takeTarget()).toEqual(serialize.password(expected));
  });

  it('SCRAM-SHA-256, in which the target proves itself too', async () => {
    const stage = await connected({ password: 'hunter2' });
    stage.takeTarget();
    const server = new ScramServer('hunter2');
    await say(stage, backend.authentication(10, Buffer.concat([text('SCRAM-SHA-256'), Buffer.from([0])])));
    await say(stage, backend.authentication(11, Buffer.from(server.first(stage.takeTarget()))));
    await say(stage, backend.authentication(12, Buffer.from(server.final(stage.takeTarget()))), GREETING);
    expect(summary(stage.takeClient()).at(-1)).toBe('Z I');
  });

  it.each<[string, (server: ScramServer, stage: Stage) => Buffer[]]>([
    ['gives a wrong proof', () => [backend.authentication(12, Buffer.from('v=AAAA'))]],
    ['gives none', () => [GREETING]],
  ])('SCRAM-SHA-256 with a target that %s fails', async (_, last) => {
    const stage = await connected({ password: 'hunter2' });
    stage.takeTarget();
    const server = new ScramServer('hunter2');
    await say(stage, backend.authentication(10, Buffer.concat([text('SCRAM-SHA-256'), Buffer.from([0])])));
    await say(stage, backend.authentication(11, Buffer.from(server.first(stage.takeTarget()))));
    await say(stage, ...last(server, stage));
    expect(stage.ended?.reason).toBe('SP_TARGET_AUTH_FAILED');
  });

  it.each([
    ['Kerberos', backend.authentication(2)],
    ['SASL without SCRAM-SHA-256', backend.authentication(10, Buffer.concat([text('OAUTHBEARER'), Buffer.from([0])]))],
    ['SCRAM’s second step first', backend.authentication(11, Buffer.from('r=x'))],
    ['ReadyForQuery without authentication', backend.ready('I')],
    ['a message of an impossible length', Buffer.from([0x52, 0xff, 0xff, 0xff, 0xff])],
  ])('%s is refused', async (_, message) => {
    const stage = await connected();
    await say(stage, message);
    expect(error(stage)).toMatchObject({ S: 'FATAL' });
    expect(stage.ended).toBeDefined();
  });

  it('that is closed to the gateway is told without its credentials', async () => {
    const stage = await connected();
    await say(stage, backend.error('28P01', 'password authentication failed for user "app"', 'FATAL'));
    const fields = error(stage);
    expect(fields).toMatchObject({ S: 'FATAL', C: '28000' });
    expect(JSON.stringify(fields)).not.toContain('app');
    expect(stage.gate.errors).toContainEqual({
      code: 'SP_TARGET_AUTH_FAILED',
      message: '28P01: password authentication failed for user "app"',
    });
  });

  it('that is closed for another reason is told in the target’s words', async () => {
    const stage = await connected();
    await say(stage, backend.error('3D000', 'database "shop" does not exist', 'FATAL'));
    expect(error(stage)).toMatchObject({ S: 'FATAL', C: '3D000', M: 'database "shop" does not exist' });
  });

  it.each([
    ['standard_conforming_strings', 'off'],
    ['client_encoding', 'LATIN1'],
  ])('leads nowhere if the target starts with %s = %s', async (name, value) => {
    const stage = await connected();
    await say(
      stage,
      backend.authentication(0),
      backend.parameterStatus('client_encoding', 'UTF8'),
      backend.parameterStatus('standard_conforming_strings', 'on'),
      backend.parameterStatus(name, value),
      backend.ready('I'),
    );
    expect(stage.ended?.reason).toBe('SP_SETTING_REFUSED');
  });

  it('reads a greeting byte by byte', async () => {
    const stage = await connected();
    for (const byte of GREETING) {
      stage.target(Buffer.from([byte]));
      await settled();
    }
    expect(summary(stage.takeClient()).at(-1)).toBe('Z I');
  });
});

/** The server's half of RFC 5802, from the RFC. */
class ScramServer {
  readonly #salt = Buffer.from('salty salt');
  readonly #salted: Buffer;
  #clientFirst = '';
  #serverFirst = '';

  constructor(password: string) {
    this.#salted = pbkdf2Sync(password, this.#salt, 4096, 32, 'sha256');
  }

  first(initial: Buffer): string {
    const body = frames(initial)[0]?.body ?? Buffer.alloc(0);
    expect(strings(body, 1)).toEqual(['SCRAM-SHA-256']);
    this.#clientFirst = body.toString('utf8', 'SCRAM-SHA-256\0'.length + 4).slice('n,,'.length);
    const nonce = this.#clientFirst.split('r=')[1] ?? '';
    this.#serverFirst = `r=${nonce}server,s=${this.#salt.toString('base64')},i=4096`;
    return this.#serverFirst;
  }

  final(response: Buffer): string {
    const message = (frames(response)[0]?.body ?? Buffer.alloc(0)).toString();
    const [without = '', proof = ''] = message.split(',p=');
    const authMessage = [this.#clientFirst, this.#serverFirst, without].join(',');
    const hmac = (key: Buffer, value: string): Buffer => createHmac('sha256', key).update(value).digest();
    const clientKey = hmac(this.#salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const signature = hmac(storedKey, authMessage);
    expect(Buffer.from(proof, 'base64')).toEqual(Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))));
    return `v=${hmac(hmac(this.#salted, 'Server Key'), authMessage).toString('base64')}`;
  }
}
