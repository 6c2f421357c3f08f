import { isObject } from '../../engine/is-object.ts';
import { SallyportError } from '../../engine/errors.ts';
import type { Channel } from './channel.ts';
import type { Notice } from './notice.ts';
import { fillIn, templateProblem } from './template.ts';

/** A notification as the outbox has it. */
export interface Queued {
  /** The same at each attempt and at each gateway. */
  readonly id: string;
  readonly time: Date;
  readonly notice: Notice;
  /** How many were left out before it. */
  readonly leftOut: number;
}

/** What a channel says where neither it nor the rule has a template. */
const sentences: Readonly<Record<Notice['type'], string>> = {
  notice: `{{message}}
{{subject.id}} ({{subject.kind}}) on {{resource.name}}: {{decision.effect}}{{#decision.rules}} {{.}}{{/decision.rules}}, decision {{decision.id}}{{#command}}
{{text}}{{/command}}`,
  approval: `{{message}}
{{subject.id}} ({{subject.kind}}) on {{resource.name}}{{#command}}
{{text}}{{/command}}{{#approval}}{{#cautions}}
Caution: {{.}}{{/cautions}}{{#show}}
See all of it: {{show}}
Approve it: {{approve}}{{/show}}{{/approval}}`,
};

/** Most characters of a message; Slack cuts at 40,000. */
const MOST_CHARACTERS = 8_000;

/** The body of a message, JSON in each format. */
export function renderBody({ id, time, notice, leftOut }: Queued, channel: Channel): string {
  const view = { ...notice, time: time.toISOString(), left_out: leftOut };
  const escape = channel.format === 'slack' ? slackText : plainText;
  const rest = leftOut === 0 ? '' : `\n(${leftOut} more before this one were left out)`;
  const text = `${sentence(view, channel, escape).slice(0, MOST_CHARACTERS)}${rest}`;
  if (channel.format === 'slack') return JSON.stringify({ text, unfurl_links: false, unfurl_media: false });
  const { type, template: _template, ...data } = notice;
  return JSON.stringify({ id, type, timestamp: view.time, text, left_out: leftOut, data });
}

/** The rule's own template, the channel's, or the gateway's: a rule's that does not hold loses no notification. */
function sentence(view: Notice, { template }: Channel, escape: (text: string) => string): string {
  const [chosen] = [view.template, template].filter((one) => one !== undefined && templateProblem(one) === undefined);
  return fillIn(chosen ?? sentences[view.type], view, escape);
}

function plainText(text: string): string {
  return text;
}

/**
 * For mrkdwn: what could be a link, a mention (`<!channel>`) or an entity is none, and nothing ends a code span
 * (https://docs.slack.dev/messaging/formatting-message-text).
 */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', 'ˋ');
}

/** @throws SallyportError SP_INTERNAL when it is no notice */
export function readNotice(json: string): Notice {
  const notice: unknown = JSON.parse(json);
  if (isNotice(notice)) return notice;
  throw new SallyportError('SP_INTERNAL', 'The outbox holds something that is no notification.');
}

/** Written by this gateway's own kind: its shape is not checked to the last member. */
function isNotice(value: unknown): value is Notice {
  return isObject(value) && (value['type'] === 'notice' || value['type'] === 'approval') && isObject(value['subject']);
}
