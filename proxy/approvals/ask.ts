import type { Client, Command, Parameter, Reason, Resource, Subject } from '../../engine/contract.ts';
import type { SessionState } from '../protocol.ts';
import type { ReviewTerms } from './terms.ts';

/** One command that waits for approval, as it would run. */
export interface AskedCommand {
  readonly command: Command;
  /** Bound values, where there are any. */
  readonly parameters?: readonly Parameter[];
  /** What the session's state would be when it runs. */
  readonly state: SessionState;
  /** Why it is to be approved. */
  readonly reasons: readonly Reason[];
}

/** A message whose commands are to be approved together. */
export interface ApprovalAsk {
  readonly session: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  /** The bundle that asks. */
  readonly revision: string;
  /** In order, with those that need no approval by themselves: they stand or fall together. */
  readonly commands: readonly AskedCommand[];
  readonly terms: ReviewTerms;
}

/** What became of it. */
export type ApprovalOutcome =
  | { readonly kind: 'approved'; readonly reviewers: readonly string[]; readonly comment: string }
  /** A grant covers it. */
  | { readonly kind: 'covered'; readonly grant: string; readonly reviewers: readonly string[] }
  | { readonly kind: 'rejected'; readonly reviewers: readonly string[]; readonly comment: string }
  /** Asked for, now or before: the client is to come again when that request is approved. */
  | { readonly kind: 'pending'; readonly request: string }
  | { readonly kind: 'withdrawn' | 'expired' | 'superseded' }
  /** Nobody could approve it, or the store cannot be asked; `message` says why. */
  | { readonly kind: 'unavailable'; readonly message: string };

/** A request under way. */
export interface HeldRequest {
  readonly id: string;
  readonly digest: string;
  readonly expires: Date;
  /** Never rejects. */
  readonly outcome: Promise<ApprovalOutcome>;
  /** The client no longer wants it. */
  withdraw(): void;
}

/** Who asks people. The gate knows no more of approvals than this. */
export interface Approvals {
  /** @param waiting called when people are asked and the client is to wait: not for what is settled without them */
  ask(ask: ApprovalAsk, waiting: () => void): HeldRequest;
}
