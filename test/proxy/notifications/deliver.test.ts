import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deliver, webhookUrl, type Delivery } from '../../../proxy/notifications/deliver.ts';
import { certificateForLocalhost } from '../../e2e/support/certificates.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let webhook: Webhook;
beforeEach(async () => {
  webhook = await startWebhook();
});
afterEach(() => webhook.close());

function send(url = webhook.url, timeoutMs = 5_000): Promise<Delivery> {
  const channel = {
    name: 'c',
    url: () => url,
    secret: () => secret,
    format: 'json',
    perMinute: 1,
    approvals: false,
  } as const;
  return deliver(channel, 'id-1', '{"a":1}', { timeoutMs, signal: new AbortController().signal, now: new Date() });
}

describe('one attempt', () => {
  test('is a signed POST of JSON', async () => {
    expect(await send()).toEqual({ kind: 'delivered' });
    const [message] = webhook.received;
    expect(message).toMatchObject({
      path: '/hook',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json; charset=utf-8', 'webhook-id': 'id-1' },
    });
    expect(new Verifier(secret).verify(message?.body ?? '', message?.headers as Record<string, string>)).toEqual({
      a: 1,
    });
  });

  test.each([
    [200, { kind: 'delivered' }],
    [202, { kind: 'delivered' }],
    [400, { kind: 'refused', why: 'HTTP 400: words' }],
    [401, { kind: 'refused', why: 'HTTP 401: words' }],
    [404, { kind: 'refused', why: 'HTTP 404: words' }],
    [410, { kind: 'refused', why: 'HTTP 410: words' }],
    [408, { kind: 'later', why: 'HTTP 408: words' }],
    [429, { kind: 'later', why: 'HTTP 429: words' }],
    [500, { kind: 'later', why: 'HTTP 500: words' }],
    [503, { kind: 'later', why: 'HTTP 503: words' }],
  ])('answered with %i', async (status, expected) => {
    webhook.answer(() => ({ status, body: 'words' }));
    expect(await send()).toEqual(expected);
  });

  test.each([
    ['7', 7_000],
    ['999999', 3_600_000],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
    ['soon', undefined],
  ])('a receiver may say when: Retry-After %s', async (value, afterMs) => {
    webhook.answer(() => ({ status: 429, headers: { 'retry-after': value } }));
    expect(await send()).toEqual({ kind: 'later', why: 'HTTP 429', ...(afterMs === undefined ? {} : { afterMs }) });
  });

  test('follows no redirect', async () => {
    const elsewhere = await startWebhook();
    webhook.answer(() => ({ status: 307, headers: { location: elsewhere.url } }));
    expect(await send()).toEqual({ kind: 'refused', why: 'HTTP 307 (redirects are not followed)' });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test('reads no more than the beginning of an answer, and escapes it', async () => {
    webhook.answer(() => ({ status: 500, body: `\u001b[2K${'x'.repeat(1_000_000)}` }));
    const delivery = await send();
    expect(delivery.kind === 'later' ? delivery.why : '').toMatch(/^HTTP 500: \\x1b\[2Kx{196}$/);
  });

  test('has an end', async () => {
    webhook.answer(() => undefined);
    expect(await send(webhook.url, 50)).toEqual({ kind: 'later', why: 'no answer in time' });
  });

  test('says what is wrong when nobody is there', async () => {
    await webhook.down();
    expect(await send()).toMatchObject({ kind: 'later', why: expect.stringContaining('ECONNREFUSED') as string });
    await webhook.up();
  });

  test('does not trust a certificate that nobody vouches for', async () => {
    const { key, certificate } = await certificateForLocalhost();
    const server = createServer({ key, cert: certificate }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await send(`https://localhost:${port}/`)).toMatchObject({
      kind: 'later',
      why: expect.stringMatching(/self-signed|unable to verify/i) as string,
    });
    server.close();
  });
});

describe('an address', () => {
  test.each(['https://hooks.example.com/x', 'http://127.0.0.1:8080/', 'http://localhost/', 'http://[::1]/'])(
    '%s',
    (url) => {
      expect(webhookUrl(url).href).toBe(url);
    },
  );

  test.each([
    'http://hooks.example.com/x',
    'ftp://127.0.0.1/',
    'hooks.example.com',
    '',
    'https://me:secret@example.com/',
  ])('%s is refused, and not quoted', (url) => {
    expect(() => webhookUrl(url)).toThrow('A channel needs an https:// address, or http:// to this machine.');
  });
});
