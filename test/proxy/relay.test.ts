import { connect } from 'node:net';
import { createSecureContext } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { SallyportError } from '../../engine/errors.ts';
import { selfSignedCertificate } from '../../proxy/sockets/certificate.ts';
import {
  ada,
  denyBecause,
  policyByText,
  readRecording,
  recordingsIn,
  shop,
  temporaryDirectory,
} from './support/fixtures.ts';
import { echoTarget, LineClient, lineGateway, serverOf, TOKEN } from './support/gateway.ts';

/** A target that takes connections and never says anything. */
const silentTarget = (): Promise<number> => serverOf((socket) => socket.resume());

describe('a session', () => {
  test('carries commands and answers, refuses what is denied, and is recorded', async () => {
    const { connect: join, recordings } = await lineGateway({
      target: await echoTarget(),
      policy: policyByText({ drop: denyBecause('R', 'no') }),
    });
    const client = join();
    expect(await client.hello()).toBe('WELCOME');
    client.send('select', 'drop', 'again');
    expect((await client.lines(3)).sort()).toEqual(['ERROR SP_DENIED no', 'again', 'select']);
    client.socket.end();
    expect(await client.line()).toBe('CLOSED');

    const [file = ''] = recordingsIn(recordings);
    await expect
      .poll(() => readRecording(file).at(-1))
      .toMatchObject({ type: 'end', reason: 'client closed', commands: 3, denied: 1 });
    const events = readRecording(file);
    expect(events[0]).toMatchObject({
      type: 'start',
      subject: ada,
      resource: shop,
      client: { address: '127.0.0.1', tls: false },
    });
    expect(events.filter(({ type }) => type === 'result')).toHaveLength(2);
  });

  test('survives any splitting of its bytes', async () => {
    const { connect: join } = await lineGateway({ target: await echoTarget() });
    const client = join();
    client.socket.setNoDelay(true);
    for (const byte of Buffer.from(`HELLO ada ${TOKEN}\none\ntwo\n`)) {
      client.socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    expect(await client.lines(3)).toEqual(['WELCOME', 'one', 'two']);
  });

  test.each([
    ['an unknown subject', 'HELLO eve spt_test', 'SP_AUTH_FAILED'],
    ['a wrong token', 'HELLO ada spt_wrong', 'SP_AUTH_FAILED'],
  ])('%s is told so and let go', async (_, hello, code) => {
    const { connect: join, recordings, logger } = await lineGateway({ target: await echoTarget() });
    const client = join().send(hello);
    expect(await client.line()).toContain(`ERROR ${code}`);
    expect(await client.line()).toBe('CLOSED');
    expect(recordingsIn(recordings)).toEqual([]);
    expect(JSON.stringify(logger.lines)).not.toMatch(/spt_/);
  });

  test('a target that cannot be reached is told to the client', async () => {
    const { connect: join } = await lineGateway({ target: 1 });
    const client = join();
    expect(await client.hello()).toBe('ERROR SP_TARGET_UNREACHABLE The target could not be reached (ECONNREFUSED).');
    expect(await client.line()).toBe('CLOSED');
  });

  test('a target that goes away is told to the client, after what it had said', async () => {
    const { connect: join } = await lineGateway({
      target: await serverOf((socket) => socket.once('data', () => socket.end('bye\n'))),
    });
    const client = join();
    await client.hello();
    client.send('go');
    expect(await client.line()).toBe('bye');
    expect(await client.line()).toContain('ERROR closed');
    expect(await client.line()).toBe('CLOSED');
  });

  test('a target that breaks the connection ends the session only', async () => {
    const { connect: join, gateway } = await lineGateway({
      target: await serverOf((socket) => socket.once('data', () => socket.resetAndDestroy())),
    });
    const client = join();
    await client.hello();
    client.send('go');
    expect(await client.line()).toContain('ERROR SP_TARGET_UNREACHABLE');
    await expect.poll(() => gateway.sessions).toBe(0);
  });

  test('a client that breaks the connection ends the session and frees its place', async () => {
    let targetClosed = false;
    const { connect: join, gateway } = await lineGateway({
      target: await serverOf((socket) => socket.resume().on('close', () => (targetClosed = true))),
    });
    const client = join();
    await client.hello();
    expect(gateway.sessions).toBe(1);
    client.socket.resetAndDestroy();
    await expect.poll(() => [gateway.sessions, targetClosed]).toEqual([0, true]);
  });

  test('a bug of a protocol ends its session and nothing else', async () => {
    const { connect: join, logger } = await lineGateway({ target: await echoTarget() });
    const other = join();
    await other.hello();
    const client = join();
    await client.hello();
    client.send('THROW');
    expect(await client.line()).toBe('CLOSED');
    expect(await other.send('still here').line()).toBe('still here');
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'protocol failed' }));
  });

  test('a message out of band has a connection of its own', async () => {
    const heard: string[] = [];
    let connections = 0;
    const { connect: join } = await lineGateway({
      target: await serverOf((socket) => {
        connections += 1;
        socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
      }),
    });
    const client = join();
    await client.hello();
    client.send('CANCEL');
    await expect.poll(() => heard).toEqual(['CANCEL\n']);
    expect(connections).toBe(2);
  });
});

describe('which resource', () => {
  const named = { ...shop, name: 'store' };

  test('one of several is chosen by the database that is asked for', async () => {
    const { connect: join, recordings } = await lineGateway({
      target: await echoTarget(),
      resources: (target) => ({
        byName: new Map([
          ['shop', { resource: shop, target: { ...target, database: 'shop_db' } }],
          ['store', { resource: named, target: { ...target, database: 'store_db' } }],
        ]),
      }),
    });
    expect(await join().hello('store')).toBe('WELCOME store_db');
    const [file = ''] = recordingsIn(recordings);
    expect(readRecording(file)[0]).toMatchObject({ resource: named });
    expect(await join().hello('other')).toBe('ERROR SP_RESOURCE_UNKNOWN There is no "other" here.');
    expect(await join().hello()).toBe('ERROR SP_RESOURCE_UNKNOWN No database was asked for.');
  });

  test.each([
    ['the database that is pinned', 'pinned', 'WELCOME pinned'],
    ["the resource's name", 'shop', 'WELCOME pinned'],
    ['the user, as libpq does where none is named', 'ada', 'WELCOME pinned'],
    ['none', undefined, 'WELCOME pinned'],
    ['another one', 'postgres', 'ERROR SP_RESOURCE_UNKNOWN There is no "postgres" here.'],
  ])('a pinned database answers to %s', async (_, asked, answer) => {
    const { connect: join } = await lineGateway({
      target: await echoTarget(),
      resources: (target) => ({ one: { resource: shop, target: { ...target, database: 'pinned' } } }),
    });
    expect(await join().hello(asked)).toBe(answer);
  });

  test('without one pinned it is the one that is asked for', async () => {
    const { connect: join } = await lineGateway({ target: await echoTarget() });
    expect(await join().hello('any')).toBe('WELCOME any');
  });

  test('a missing credential is the operator’s to know', async () => {
    const { connect: join, logger } = await lineGateway({
      target: await echoTarget(),
      resources: (target) => ({
        one: {
          resource: shop,
          target: {
            ...target,
            password: () => {
              throw new SallyportError('SP_CONFIG_INVALID', 'The environment variable SHOP_PASSWORD is not set.');
            },
          },
        },
      }),
    });
    expect(await join().hello()).toBe("ERROR SP_TARGET_AUTH_FAILED The target refused the gateway's credentials.");
    expect(JSON.stringify(logger.lines)).toContain('SHOP_PASSWORD');
  });
});

describe('TLS', () => {
  test('takes the client’s socket over in place, and the recording knows', async () => {
    const pair = await selfSignedCertificate(temporaryDirectory());
    const context = createSecureContext({ cert: pair.certificate, key: pair.key });
    const { connect: join, recordings } = await lineGateway({
      target: await echoTarget(),
      tls: { context, required: false },
    });
    const client = join().send('TLS');
    expect(await client.line()).toBe('SECURE');
    await client.secure(pair.certificate);
    expect(await client.line()).toBe('TLS on');
    expect(await client.hello()).toBe('WELCOME');
    expect(await client.send('hidden').line()).toBe('hidden');
    const [file = ''] = recordingsIn(recordings);
    expect(readRecording(file)[0]).toMatchObject({ client: { tls: true } });
    client.socket.end();
    expect(await client.line()).toBe('CLOSED');
  });

  test('a client that talks nonsense instead of a handshake is let go', async () => {
    const pair = await selfSignedCertificate(temporaryDirectory());
    const context = createSecureContext({ cert: pair.certificate, key: pair.key });
    const { connect: join } = await lineGateway({ target: await echoTarget(), tls: { context, required: false } });
    const client = join().send('TLS');
    expect(await client.line()).toBe('SECURE');
    client.send('this is no ClientHello');
    while ((await client.line()) !== 'CLOSED');
  });

  test('the self-signed certificate is kept, and replaced before it runs out', async () => {
    const directory = temporaryDirectory();
    const first = await selfSignedCertificate(directory);
    expect(await selfSignedCertificate(directory)).toEqual(first);
    const later = await selfSignedCertificate(directory, Date.now() + 380 * 24 * 3_600_000);
    expect(later.certificate).not.toBe(first.certificate);
  });
});

describe('backpressure', () => {
  const line = `${'x'.repeat(1_000)}\n`;
  const total = 32 * 1024 * 1024;

  /** Writes as much as the peer takes; gives the bytes that it did not take. */
  async function push(client: LineClient): Promise<number> {
    const chunk = Buffer.from(line.repeat(64));
    let sent = 0;
    while (sent < total) {
      sent += chunk.length;
      if (client.socket.write(chunk)) continue;
      const drained = await Promise.race([
        new Promise<boolean>((resolve) =>
          client.socket.once('drain', () => {
            resolve(true);
          }),
        ),
        new Promise<boolean>((resolve) => setTimeout(resolve, 500, false)),
      ]);
      if (!drained) return total - sent;
    }
    return 0;
  }

  test('a target that does not read stops its client, whatever the client would like to send', async () => {
    const { connect: join } = await lineGateway({ target: await serverOf((socket) => socket.pause()) });
    const client = join();
    await client.hello();
    const before = process.memoryUsage().arrayBuffers;
    expect(await push(client)).toBeGreaterThan(total / 4);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(total / 2);
  });

  test('a client that does not read stops the target', async () => {
    let written = 0;
    const { connect: join } = await lineGateway({
      target: await serverOf((socket) => {
        const chunk = Buffer.from(line.repeat(64));
        const write = (): void => {
          while (written < total) {
            written += chunk.length;
            if (!socket.write(chunk)) break;
          }
        };
        socket.on('drain', write);
        socket.once('data', write);
      }),
    });
    const client = join();
    await client.hello();
    client.socket.pause();
    client.send('go');
    // As much as the buffers on the way take, and then no more for as long as the client does not read.
    await expect.poll(() => written).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(written).toBeLessThan(total);
    client.socket.resume();
    await expect.poll(() => written, { timeout: 10_000 }).toBeGreaterThanOrEqual(total);
  });

  test('a client that asks and does not read the refusals is not read either', async () => {
    const { connect: join } = await lineGateway({
      target: await silentTarget(),
      policy: policyByText({ [line.trim()]: denyBecause('R', 'y'.repeat(1_000)) }),
    });
    const client = join();
    await client.hello();
    client.socket.pause();
    expect(await push(client)).toBeGreaterThan(total / 4);
  });
});

describe('limits', () => {
  test('connections beyond the limit are told so; a place that is freed is given away', async () => {
    const { connect: join, gateway } = await lineGateway({ target: await echoTarget(), limits: { connections: 2 } });
    const [first, second, third] = [join(), join(), join()];
    await first.hello();
    await second.hello();
    expect(await third.hello()).toContain('ERROR SP_LIMIT_CONNECTIONS');
    expect(await third.line()).toBe('CLOSED');
    first.socket.end();
    await expect.poll(() => gateway.sessions).toBe(1);
    expect(await join().hello()).toBe('WELCOME');
  });

  test('a listener may have a limit of its own', async () => {
    const { connect: join } = await lineGateway({ target: await echoTarget(), connections: 1 });
    await join().hello();
    expect(await join().hello()).toContain('ERROR SP_LIMIT_CONNECTIONS');
  });

  test('connections that say nothing do not add up without end', async () => {
    const { port, connect: join } = await lineGateway({ target: await echoTarget(), limits: { connections: 1 } });
    const idle = Array.from({ length: 80 }, () => new LineClient(connect({ port, host: '127.0.0.1' })));
    await Promise.all(
      idle.slice(70).map(async (client) => {
        expect(await client.line()).toBe('CLOSED');
      }),
    );
    expect(await join().line()).toBe('CLOSED');
  });

  test.each([
    ['a handshake that is not finished', { handshakeMs: 40 }, undefined, 'The handshake'],
    ['silence', { idleMs: 40 }, '', 'The next command'],
    ['a message of which the rest does not come', { heldMs: 40 }, 'half a li', 'The rest of a message'],
  ])('%s ends the session', async (_, limits, text, what) => {
    const { connect: join } = await lineGateway({ target: await echoTarget(), limits });
    const client = join();
    if (text !== undefined) {
      await client.hello();
      // Established is who was answered by the target.
      expect(await client.send('ping').line()).toBe('ping');
      client.socket.write(text);
    }
    expect(await client.line()).toBe(`ERROR SP_LIMIT_TIME ${what} took longer than the configured limit.`);
    expect(await client.line()).toBe('CLOSED');
  });
});

describe('shutdown', () => {
  test('ends idle sessions at once and busy ones when they are answered', async () => {
    let answer: (() => void) | undefined;
    const {
      connect: join,
      gateway,
      port,
    } = await lineGateway({
      target: await serverOf((socket) =>
        socket.on('data', (chunk: Buffer) => {
          answer = () => socket.write(chunk);
        }),
      ),
    });
    const idle = join();
    const busy = join();
    await Promise.all([idle.hello(), busy.hello()]);
    busy.send('work');
    await expect.poll(() => answer).toBeDefined();
    const done = gateway.shutdown();
    expect(await idle.line()).toBe('ERROR SP_SHUTTING_DOWN The gateway is shutting down.');
    expect(await new LineClient(connect({ port, host: '127.0.0.1' })).line()).toBe('CLOSED');
    expect(gateway.sessions).toBe(1);
    answer?.();
    expect(await busy.lines(3)).toEqual(['work', 'ERROR SP_SHUTTING_DOWN The gateway is shutting down.', 'CLOSED']);
    await done;
    expect(gateway.sessions).toBe(0);
  });

  test('fails sessions that are busy for too long', async () => {
    const {
      connect: join,
      gateway,
      recordings,
    } = await lineGateway({ target: await silentTarget(), limits: { drainMs: 30 } });
    const client = join();
    await client.hello();
    client.send('work');
    const [file = ''] = recordingsIn(recordings);
    await expect.poll(() => readRecording(file).length).toBeGreaterThan(1);
    await gateway.shutdown();
    expect(await client.lines(2)).toEqual(['ERROR SP_SHUTTING_DOWN The gateway is shutting down.', 'CLOSED']);
    expect(readRecording(file).slice(-2)).toMatchObject([{ type: 'error', code: 'SP_SHUTTING_DOWN' }, { type: 'end' }]);
  });

  test('stop ends everything at once, and recordings still have their end', async () => {
    const { connect: join, gateway, recordings } = await lineGateway({ target: await silentTarget() });
    const client = join();
    await client.hello();
    client.send('work');
    const [file = ''] = recordingsIn(recordings);
    await expect.poll(() => readRecording(file).length).toBeGreaterThan(1);
    const done = gateway.shutdown();
    gateway.stop();
    await done;
    expect(await client.line()).toBe('CLOSED');
    expect(readRecording(file).at(-1)).toMatchObject({ type: 'end', reason: 'gateway stopped' });
  });

  test('sessions of a subject that was removed end', async () => {
    const { connect: join, gateway } = await lineGateway({ target: await echoTarget() });
    const client = join();
    await client.hello();
    gateway.endSessions(({ id }) => id === 'somebody else', new SallyportError('SP_AUTH_FAILED', 'gone'));
    expect(gateway.sessions).toBe(1);
    gateway.endSessions(({ id }) => id === 'ada', new SallyportError('SP_AUTH_FAILED', 'gone'));
    expect(await client.lines(2)).toEqual(['ERROR SP_AUTH_FAILED gone', 'CLOSED']);
  });

  test('an address that is taken is told, and nothing stays bound', async () => {
    const { port, gateway } = await lineGateway({ target: await echoTarget() });
    const bound = gateway.listeners[0];
    expect(bound).toMatchObject({ name: 'line', protocol: 'line', host: '127.0.0.1', port });
    const more = {
      listeners: [
        {
          name: 'twice',
          protocol: {
            name: 'line',
            createSession: () => {
              throw new Error('never');
            },
          },
          host: '127.0.0.1',
          port,
          resources: { byName: new Map() },
        },
      ],
    };
    await expect(lineGateway({ target: 1, more })).rejects.toMatchObject({
      code: 'SP_CONFIG_INVALID',
      message: `Listener twice cannot bind 127.0.0.1:${port}.`,
    });
  });
});
