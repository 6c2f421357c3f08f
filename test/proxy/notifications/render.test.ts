import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../proxy/notifications/channel.ts';
import { noticesOf, type DecidedEvent, type Notice } from '../../../proxy/notifications/notice.ts';
import { renderBody } from '../../../proxy/notifications/render.ts';
import { templateProblem } from '../../../proxy/notifications/template.ts';
import { lineCommand } from '../support/line-protocol.ts';

const channel = (more: Partial<Channel> = {}): Channel => ({
  name: 'security',
  url: () => 'http://127.0.0.1/',
  format: 'json',
  perMinute: 60,
  approvals: false,
  ...more,
});

const event = (obligation: object, more: Partial<DecidedEvent> = {}): DecidedEvent => ({
  gateway: 'gw-1',
  session: 's1',
  seq: 4,
  time: '2026-01-01T12:00:00.000Z',
  subject: { id: 'agent-7', kind: 'agent', groups: ['secret-group'], claims: { password: 'no' }, owner: 'ada' },
  resource: { name: 'shop', protocol: 'postgres', environment: 'production', labels: { internal: 'no' } },
  client: { address: '10.0.0.1', tls: true, application: 'psql' },
  command: lineCommand('DROP TABLE <orders>'),
  decision: {
    id: 's1.2',
    revision: 'r1',
    effect: 'deny',
    reasons: [{ rule: 'R-1', message: 'no drops' }],
    obligations: [{ kind: 'notify', channel: 'security', ...obligation }],
  },
  ...more,
});

function noticeOf(obligation: object, more: Partial<DecidedEvent> = {}): Notice {
  const [made] = noticesOf(event(obligation, more), new Set(['security']));
  if (made === undefined) throw new Error('nothing to tell');
  return made.notice;
}

function textOf(notice: Notice, how: Partial<Channel> = {}, leftOut = 0): string {
  const body = renderBody({ id: 'id', time: new Date(0), notice, leftOut }, channel(how));
  return (JSON.parse(body) as { text: string }).text;
}

describe('what a channel is told', () => {
  test('names who, where, what and how it was decided, and neither groups nor claims nor labels', () => {
    const notice = noticeOf({ message: 'somebody dropped' });
    const body = renderBody(
      { id: 's1.4.0@security', time: new Date('2026-01-01T12:00:00Z'), notice, leftOut: 0 },
      channel(),
    );
    expect(JSON.parse(body)).toEqual({
      id: 's1.4.0@security',
      type: 'notice',
      timestamp: '2026-01-01T12:00:00.000Z',
      text: 'somebody dropped\nagent-7 (agent) on shop: deny R-1, decision s1.2\nDROP TABLE <orders>',
      left_out: 0,
      data: {
        message: 'somebody dropped',
        gateway: 'gw-1',
        session: 's1',
        subject: { id: 'agent-7', kind: 'agent', owner: 'ada' },
        resource: { name: 'shop', environment: 'production' },
        client: { address: '10.0.0.1', application: 'psql' },
        decision: { id: 's1.2', effect: 'deny', revision: 'r1', rules: ['R-1'], reasons: ['no drops'] },
        command: { text: 'DROP TABLE <orders>', verb: 'DROP', effects: ['read'] },
      },
    });
  });

  test('is the decision on a session, where there is no command', () => {
    const { command: _none, ...opening } = event({ message: 'after hours' });
    const [made] = noticesOf(opening, new Set(['security']));
    expect(made === undefined ? '' : textOf(made.notice)).toBe(
      'after hours\nagent-7 (agent) on shop: deny R-1, decision s1.2',
    );
  });

  test.each([
    ['a channel that is not configured', { channel: 'other' }],
    ['no channel at all', { channel: undefined }],
    ['another kind', { kind: 'record' }],
  ])('is nothing of %s', (_what, obligation) => {
    expect(noticesOf(event(obligation), new Set(['security']))).toEqual([]);
  });

  test('falls back on the decision’s reasons, and says how many were left out', () => {
    expect(textOf(noticeOf({}), {}, 7)).toMatch(/^no drops\n[^]*\n\(7 more before this one were left out\)$/);
  });

  test('holds no control and no direction character, and the beginning of what is long', () => {
    const command = lineCommand(`a\u001b[2K\u202eb\nc ${'x'.repeat(600)}`);
    const { text } = noticeOf({}, { command }).command ?? {};
    expect(text).toMatch(/^a\\x1b\[2K\\u\{202e\}b\\nc x+… \(\d+ more characters\)$/);
  });
});

describe('templates', () => {
  test.each([
    ['{{message}} by {{subject.id}} of {{subject.owner}}', 'm by agent-7 of ada'],
    ['{{#command}}{{verb}} {{text}}{{/command}}', 'DROP DROP TABLE <orders>'],
    ['{{#decision.rules}}[{{.}}]{{/decision.rules}}', '[R-1]'],
    ['{{^approval}}no approval{{/approval}}', 'no approval'],
    ['{{time}} {{left_out}}', '1970-01-01T00:00:00.000Z 0'],
  ])('the channel’s: %s', (template, text) => {
    expect(templateProblem(template)).toBeUndefined();
    expect(textOf(noticeOf({ message: 'm' }), { template })).toBe(text);
  });

  test('a rule’s own comes before the channel’s; one that does not hold does not lose the notification', () => {
    expect(textOf(noticeOf({ message: 'm', template: 'mine: {{message}}' }), { template: 'theirs' })).toBe('mine: m');
    expect(textOf(noticeOf({ message: 'm', template: '{{#open}}' }), { template: 'theirs' })).toBe('theirs');
    expect(textOf(noticeOf({ message: 'm', template: '{{constructor}}' }))).toMatch(/^m\n/);
  });

  test.each([
    ['{{subejct.id}}', '{{subejct.id}} is nothing'],
    ['{{#command}}{{nothing}}{{/command}}', '{{nothing}} is nothing'],
    ['{{{message}}}', 'not escaped'],
    ['{{&message}}', 'not escaped'],
    ['{{> other}}', 'no partials'],
    ['{{#command}}', 'Unclosed section'],
    ['{{toString}}', 'is nothing'],
    ['{{message.constructor}}', 'is nothing'],
  ])('%s is refused', (template, why) => {
    expect(templateProblem(template)).toContain(why);
  });
});

describe('for Slack', () => {
  test.each([
    ['<!channel> look', '&lt;!channel&gt; look'],
    ['<https://evil.example|click>', '&lt;https://evil.example|click&gt;'],
    ['a & b', 'a &amp; b'],
    ['`code` ends', 'ˋcodeˋ ends'],
    ['&lt;', '&amp;lt;'],
  ])('%s cannot address anybody: %s', (message, text) => {
    expect(textOf(noticeOf({ message }), { format: 'slack', template: '{{message}}' })).toBe(text);
  });

  test('what the operator wrote is left as it is, and no link is unfolded', () => {
    const body = renderBody(
      { id: 'id', time: new Date(0), notice: noticeOf({ message: '*' }), leftOut: 0 },
      channel({ format: 'slack', template: '<!here> *{{message}}*' }),
    );
    expect(JSON.parse(body)).toEqual({ text: '<!here> ***', unfurl_links: false, unfurl_media: false });
  });
});
