import type { ColumnType } from 'kysely';

/**
 * The store's tables, as kysely types them. Times are `timestamptz`. Everything here but approvals and grants can be
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
