import type { ColumnType, Generated } from 'kysely';

/**
 * The store's tables, as kysely types them. Times are `timestamptz`. Sessions, commands and subjects can be
 * rebuilt from the recordings, which stay the truth.
 */
export interface Tables {
  sessions: SessionsTable;
  commands: CommandsTable;
  indexed_files: IndexedFilesTable;
  approvals: ApprovalsTable;
  approval_votes: ApprovalVotesTable;
  grants: GrantsTable;
  subjects: SubjectsTable;
  outbox: OutboxTable;
  notification_channels: NotificationChannelsTable;
  quarantines: QuarantinesTable;
}

type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** `bigint`, which drivers give as text where it may be larger than a number holds exactly. */
type Count = ColumnType<string | number, number, number>;

export interface SessionsTable {
  id: string;
  gateway: string;
  subject: string;
  subject_kind: string;
  owner: string | null;
  resource: string;
  environment: string;
  protocol: string;
  client_address: string;
  application: string | null;
  revision: string;
  started: Time;
  ended: OptionalTime;
  end_reason: string | null;
  commands: number;
  denied: number;
  /** What became of it when it opened, allow or deny; null where no policy judged that, as are the two below. */
  decision: string | null;
  decision_id: string | null;
  rules: string[] | null;
  /** The recording, relative to the gateway's recordings. */
  file: string;
}

export interface CommandsTable {
  session: string;
  /** seq of the command event in the session's recording. */
  seq: number;
  time: Time;
  gateway: string;
  subject: string;
  subject_kind: string;
  resource: string;
  environment: string;
  dialect: string;
  verb: string;
  effects: string[];
  fingerprint: string;
  /** The command's beginning, as it was recorded: secrets are cut out. */
  text: string;
  complete: boolean;
  decision: string;
  decision_id: string;
  rules: string[];
  revision: string;
  /** How the target answered: ok, error, cancelled; null while it has not, and for what was never released. */
  status: string | null;
  tag: string | null;
  rows: ColumnType<string | number | null, number | null | undefined, number | null>;
  bytes: ColumnType<string | number | null, number | null | undefined, number | null>;
  error_code: string | null;
  duration_ms: number | null;
}

/** How far each recording has been indexed. */
export interface IndexedFilesTable {
  gateway: string;
  file: string;
  session: string;
  /** Bytes that are indexed; always at the end of a line. */
  position: Count;
  /** seq of the next event. */
  next_seq: number;
  ended: boolean;
}

/** Where a request for approval can be. */
export const approvalStates = [
  'waiting',
  'approved',
  'rejected',
  'withdrawn',
  'expired',
  'superseded',
  'used',
] as const;

export type ApprovalState = (typeof approvalStates)[number];

export interface ApprovalsTable {
  id: string;
  digest: string;
  state: ColumnType<ApprovalState, ApprovalState, ApprovalState>;
  mode: 'hold' | 'resubmit';
  gateway: string;
  session: string;
  subject: string;
  subject_kind: string;
  owner: string | null;
  resource: string;
  revision: string;
  /**
   * What is asked for, in full, and on what terms, as JSON: see proxy/approvals/body.ts. Text and not `jsonb`, which
   * cannot hold every text that a client may send.
   */
  body: string;
  created: Time;
  expires: Time;
  decided: OptionalTime;
  used: OptionalTime;
}

export interface ApprovalVotesTable {
  approval: string;
  reviewer: string;
  /** The reviewer's groups at that time. */
  reviewer_groups: string[];
  verdict: 'approve' | 'reject';
  comment: string;
  /** The reviewer said that the command cannot be shown in full, and approved it knowing that. */
  acknowledged: boolean;
  time: Time;
}

/** Approvals that cover more than one command, for a while (just-in-time access). */
export interface GrantsTable {
  id: string;
  approval: string;
  subject: string;
  resource: string;
  effects: string[];
  revision: string;
  granted_by: string;
  created: Time;
  expires: Time;
  revoked: OptionalTime;
  revoked_by: string | null;
}

export interface SubjectsTable {
  id: string;
  kind: string;
  first_seen: Time;
  last_seen: Time;
}

/** Where a notification can be. `dead`: its receiver refused it; `dropped`: the channel's backlog was full. */
export const notificationStates = ['waiting', 'sent', 'dead', 'dropped'] as const;

export type NotificationState = (typeof notificationStates)[number];

/** What channels are to be told, in the order of `id`. */
export interface OutboxTable {
  id: Generated<string | number>;
  channel: string;
  /** What it is told of, the same however often it is read: makes a notification unique within its channel. */
  source: string;
  /** When that happened. */
  time: Time;
  /** proxy/notifications/notice.ts, as JSON text. */
  data: string;
  /** How many before it were left out, for the channel's rate or its full backlog. */
  left_out: number;
  state: NotificationState;
  attempts: number;
  /** Not to be tried again before. */
  next_attempt: OptionalTime;
  /** When it was sent or given up. */
  finished: OptionalTime;
  /** What the last attempt failed with. */
  error: string | null;
}

/** What is known of a channel beside its configuration. */
export interface NotificationChannelsTable {
  channel: string;
  /** The minute that `queued` counts. */
  minute: OptionalTime;
  queued: ColumnType<number, number | undefined, number>;
  /** Left out since the last notification that was queued. */
  left_out: ColumnType<number, number | undefined, number>;
  /** The gateway that sends now, and until when nobody else may. */
  sender: string | null;
  sender_until: OptionalTime;
}

/** Subjects that may not come in; one that has been released stays for the record. */
export interface QuarantinesTable {
  id: Generated<string | number>;
  subject: string;
  reason: string;
  /** A rule, or the subject that did it by hand. */
  imposed_by: string;
  /** The decision that asked for it; null where somebody did it by hand. */
  decision: string | null;
  since: Time;
  released: OptionalTime;
  released_by: string | null;
  release_comment: string | null;
}
