import { approvalStates, notificationStates } from '../store/tables.ts';

/** JSON Schemas of the API's answers: what is not named here does not leave. */

const text = { type: 'string' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const optionalTime = { type: ['string', 'null'], format: 'date-time' } as const;
const count = { type: ['integer', 'null'] } as const;
const texts = { type: 'array', items: text } as const;
/** Objects of the contract, handed on as they are. */
const open = { type: 'object', additionalProperties: true } as const;

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}

export const errorSchema = {
  type: 'object',
  required: ['code', 'message'],
  properties: { code: text, message: text, help: text },
} as const;

/** The answers that any route may give. */
export const errorAnswers = { '4xx': errorSchema, '5xx': errorSchema } as const;

export const approvalSummarySchema = object({
  id: text,
  state: { type: 'string', enum: approvalStates },
  mode: { type: 'string', enum: ['hold', 'resubmit'] },
  subject: text,
  subject_kind: text,
  owner: { type: ['string', 'null'] },
  resource: text,
  environment: text,
  session: text,
  revision: text,
  created: time,
  expires: time,
  decided: optionalTime,
  /** The beginning of the first command. */
  summary: text,
  reasons: texts,
  approvers: texts,
  /** Whether whoever asks may decide about it. */
  yours: { type: 'boolean' },
});

export const approvalSchema = object({
  ...(approvalSummarySchema as { properties: Record<string, object> }).properties,
  digest: text,
  client: open,
  requirements: { type: 'array', items: object({ approvers: texts, minimum: { type: 'integer' } }) },
  window: { type: ['object', 'null'], additionalProperties: true },
  commands: { type: 'array', items: open },
  cautions: {
    type: 'array',
    items: object({ code: text, message: text, acknowledge: { type: 'boolean' } }),
  },
  votes: {
    type: 'array',
    items: object({ reviewer: text, verdict: text, comment: text, acknowledged: { type: 'boolean' }, time }),
  },
});

export const grantSchema = object({
  id: text,
  approval: text,
  subject: text,
  resource: text,
  effects: texts,
  revision: text,
  granted_by: text,
  created: time,
  expires: time,
  revoked: optionalTime,
  revoked_by: { type: ['string', 'null'] },
});

export const sessionSchema = object({
  id: text,
  gateway: text,
  subject: text,
  subject_kind: text,
  owner: { type: ['string', 'null'] },
  resource: text,
  environment: text,
  protocol: text,
  client_address: text,
  application: { type: ['string', 'null'] },
  revision: text,
  started: time,
  ended: optionalTime,
  end_reason: { type: ['string', 'null'] },
  commands: { type: 'integer' },
  denied: { type: 'integer' },
  decision: { type: ['string', 'null'] },
  decision_id: { type: ['string', 'null'] },
  rules: { type: ['array', 'null'], items: text },
  file: text,
});

export const commandSchema = object({
  session: text,
  seq: { type: 'integer' },
  time,
  gateway: text,
  subject: text,
  subject_kind: text,
  resource: text,
  environment: text,
  dialect: text,
  verb: text,
  effects: texts,
  fingerprint: text,
  text,
  complete: { type: 'boolean' },
  decision: text,
  decision_id: text,
  rules: texts,
  revision: text,
  status: { type: ['string', 'null'] },
  tag: { type: ['string', 'null'] },
  rows: count,
  bytes: count,
  error_code: { type: ['string', 'null'] },
  duration_ms: { type: ['number', 'null'] },
});

const quarantineSchema = object({
  reason: text,
  imposed_by: text,
  decision: { type: ['string', 'null'] },
  since: time,
  released: optionalTime,
  released_by: { type: ['string', 'null'] },
  release_comment: { type: ['string', 'null'] },
});

export const subjectSchema = object({
  id: text,
  kind: { type: ['string', 'null'] },
  first_seen: optionalTime,
  last_seen: optionalTime,
  /** The one in force. */
  quarantine: { ...quarantineSchema, type: ['object', 'null'] },
});

export const subjectDetailsSchema = object({
  ...(subjectSchema as { properties: Record<string, object> }).properties,
  /** All of them, the newest first. */
  history: { type: 'array', items: quarantineSchema },
});

export const notificationSchema = object({
  id: text,
  channel: text,
  source: text,
  time,
  type: text,
  message: text,
  left_out: { type: 'integer' },
  state: { type: 'string', enum: notificationStates },
  attempts: { type: 'integer' },
  next_attempt: optionalTime,
  finished: optionalTime,
  error: { type: ['string', 'null'] },
});
