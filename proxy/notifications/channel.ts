import type { Credential } from '../credentials/credential.ts';

/** Somebody who is told: a webhook of their own, or a chat's. */
export interface Channel {
  /** As rules name it: `notify contains {"channel": NAME}`. */
  readonly name: string;
  /** Read at each attempt: the address of a chat's webhook is a secret, and secrets are exchanged. */
  readonly url: Credential;
  /** `json`: this gateway's own shape. `slack`: an incoming webhook of Slack, Mattermost or the like. */
  readonly format: 'json' | 'slack';
  /** Signs each message as Standard Webhooks has it: `whsec_` and base64. Absent: messages are not signed. */
  readonly secret?: Credential;
  /** Most notifications of one minute; what is left out is counted and told with the next one. */
  readonly perMinute: number;
  /** mustache over a Notice; absent: a sentence of the gateway's. */
  readonly template?: string;
  /** Told of requests for approval, too. */
  readonly approvals: boolean;
  /** Where the receiver is down for long: what is kept of what waits. Absent: all of it. */
  readonly backlog?: { readonly most?: number; readonly ageMs?: number };
}
