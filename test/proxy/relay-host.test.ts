import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { Protocol, ProtocolSession, SessionHost } from '../../proxy/protocol.ts';
import { policy } from './support/fixtures.ts';
import { echoTarget, LineClient, lineGateway, serverOf } from './support/gateway.ts';
import { lineProtocol } from './support/line-protocol.ts';

/** The line protocol, with its host in the test's hands. */
function watched(alter: (session: ProtocolSession) => ProtocolSession = (session) => session): {
  readonly protocol: Protocol;
  readonly hosts: SessionHost[];
} {
  const hosts: SessionHost[] = [];
  return {
    hosts,
    protocol: {
      name: 'line',
      createSession: (host) => {
        hosts.push(host);
        return alter(lineProtocol.createSession(host));
      },
    },
  };
}

async function opened(protocol: Protocol, target: number, decides = policy()): Promise<LineClient> {
  const { port } = await lineGateway({ target, protocol, policy: decides });
  const client = new LineClient(connect({ port, host: '127.0.0.1' }));
  expect(await client.hello()).toBe('WELCOME');
  return client;
}

test.each([
  ['closes the connection when it has read them', (): 'end' => 'end', true],
  ['breaks it', (): 'resetAndDestroy' => 'resetAndDestroy', false],
])('bytes out of band: a target that %s', async (_, way, taken) => {
  const { protocol, hosts } = watched();
  let connections = 0;
  const target = await serverOf((socket) => {
    connections += 1;
    if (connections > 1) socket.once('data', () => socket[way()]());
  });
  await opened(protocol, target);
  const [host] = hosts;
  const told = await new Promise((resolve) => host?.sendOutOfBand(Buffer.from('stop\n'), resolve));
  expect(told).toBe(taken);
});

test('a wait is over once, unless it is called off or the session has ended', async () => {
  const { protocol, hosts } = watched();
  const client = await opened(protocol, await echoTarget());
  const [host] = hosts;
  const steps: string[] = [];
  host?.after(5, () => steps.push('due'));
  host?.after(5, () => steps.push('called off'))();
  await expect.poll(() => steps).toEqual(['due']);
  host?.after(30, () => steps.push('too late'));
  client.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 80));
  expect(steps).toEqual(['due']);
});

test('session_seconds of a command end its session, in the protocol’s words', async () => {
  const { protocol } = watched();
  const limited = policy(() => ({ obligations: [{ kind: 'limit', session_seconds: 0.1 }] }));
  const client = await opened(protocol, await echoTarget(), limited);
  client.send('hello');
  expect(await client.line()).toBe('hello');
  expect(await client.line()).toBe(
    'ERROR SP_LIMIT_SESSION_SECONDS The session has lasted 0.1 seconds, which is its limit.',
  );
  expect(await client.line()).toBe('CLOSED');
});

test('a protocol that waits for the end of a message does not wait for ever', async () => {
  const { protocol } = watched(
    (session) =>
      new Proxy(session, {
        get: (inner, name) => {
          if (name === 'fail') return () => undefined;
          const value: unknown = Reflect.get(inner, name);
          return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
        },
      }),
  );
  const limited = policy(() => ({ obligations: [{ kind: 'limit', session_seconds: 0.05 }] }));
  const client = await opened(protocol, await echoTarget(), limited);
  client.send('hello');
  expect(await client.line()).toBe('hello');
  expect(await client.line()).toBe('CLOSED');
});
