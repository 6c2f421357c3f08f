import type { Client, Command, Decision, Obligation, Resource, Subject } from '../../engine/contract.ts';
import { printable } from '../printable.ts';

/** What a channel is told of, as the outbox keeps it and as templates read it. Secrets are cut out, texts are bounded. */
export interface Notice {
  /** `notice`: a rule's `notify`. `approval`: a request for approval waits or has been decided. */
  readonly type: 'notice' | 'approval';
  /** In one sentence. */
  readonly message: string;
  /** The rule's own template (mustache). */
  readonly template?: string;
  readonly gateway: string;
  readonly session: string;
  readonly subject: { readonly id: string; readonly kind: string; readonly owner?: string };
  readonly resource: { readonly name: string; readonly environment: string };
  readonly client: { readonly address: string; readonly application?: string };
  readonly decision?: {
    readonly id: string;
    readonly effect: string;
    readonly revision: string;
    readonly rules: readonly string[];
    readonly reasons: readonly string[];
  };
  /** The first that it is about. Bound values are not told: a channel is read by more people than may approve. */
  readonly command?: { readonly text: string; readonly verb: string; readonly effects: readonly string[] };
  readonly approval?: {
    readonly id: string;
    readonly state: string;
    readonly approvers: readonly string[];
    readonly expires: string;
    /** Who decided, and in which words. */
    readonly reviewers: readonly string[];
    readonly comment: string;
    readonly cautions: readonly string[];
    /** What a reviewer runs to see all of it. */
    readonly show: string;
    readonly approve: string;
  };
}

/** A notice on its way into the outbox. */
export interface NewNotification {
  readonly channel: string;
  /** What it is told of: the same for the same event, so that nothing is queued twice. */
  readonly source: string;
  /** When that happened, RFC 3339. */
  readonly time: string;
  readonly notice: Notice;
}

const MOST_CHARACTERS = { text: 500, message: 1_000, template: 4_000, name: 200 } as const;
const MOST_NAMES = 20;

/** What happened, as a decision's events tell it. */
export interface DecidedEvent {
  readonly gateway: string;
  readonly session: string;
  /** seq of the decision event. */
  readonly seq: number;
  readonly time: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  /** Absent where the decision is about the session. */
  readonly command?: Command;
  readonly decision: Decision;
}

/** A notification for each `notify` obligation of a decision whose channel is one of `channels`. */
export function noticesOf(event: DecidedEvent, channels: ReadonlySet<string>): NewNotification[] {
  const { decision, session, seq, time } = event;
  return decision.obligations.flatMap((obligation, index): NewNotification[] => {
    const channel = obligation['channel'];
    if (obligation.kind !== 'notify' || typeof channel !== 'string' || !channels.has(channel)) return [];
    return [{ channel, source: `${session}.${seq}.${index}`, time, notice: noticeOf(event, obligation) }];
  });
}

function noticeOf({ gateway, session, decision, command, ...who }: DecidedEvent, obligation: Obligation): Notice {
  const reasons = decision.reasons.map(({ message }) => message);
  const { message, template } = obligation;
  return {
    type: 'notice',
    message: bounded(typeof message === 'string' ? message : reasons.join('; ') || 'notice of the policy', 'message'),
    ...(typeof template === 'string' ? { template: template.slice(0, MOST_CHARACTERS.template) } : {}),
    gateway,
    session,
    ...partiesOf(who),
    decision: {
      id: decision.id,
      effect: decision.effect,
      revision: decision.revision,
      rules: boundedList([...new Set(decision.reasons.map(({ rule }) => rule))]),
      reasons: boundedList(reasons),
    },
    ...(command === undefined ? {} : { command: commandOf(command) }),
  };
}

export function partiesOf({
  subject,
  resource,
  client,
}: {
  readonly subject: Notice['subject'];
  readonly resource: Notice['resource'];
  readonly client: Pick<Client, 'address' | 'application'>;
}): Pick<Notice, 'subject' | 'resource' | 'client'> {
  const { id, kind, owner } = subject;
  const { address, application } = client;
  return {
    subject: { id, kind, ...(owner === undefined ? {} : { owner }) },
    resource: { name: resource.name, environment: resource.environment },
    client: { address, ...(application === undefined ? {} : { application: bounded(application, 'name') }) },
  };
}

export function commandOf({ text, verb, effects }: Pick<Command, 'text' | 'verb'> & { effects: readonly string[] }): {
  text: string;
  verb: string;
  effects: readonly string[];
} {
  return { text: bounded(text, 'text'), verb, effects };
}

/** The beginning of a text with nothing in it that could deceive, and how much is missing. */
export function bounded(text: string, kind: keyof typeof MOST_CHARACTERS): string {
  const most = MOST_CHARACTERS[kind];
  const rest = text.length - most;
  return rest <= 0 ? printable(text) : `${printable(text.slice(0, most))}… (${rest} more characters)`;
}

export function boundedList(texts: readonly string[]): string[] {
  return texts.slice(0, MOST_NAMES).map((text) => bounded(text, 'message'));
}
