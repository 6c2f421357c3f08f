import type { Client, Resource, Subject } from '../engine/contract.ts';
import type { ApprovalAsk, ApprovalOutcome, HeldRequest } from './approvals/ask.ts';
import { describeDuration } from './approvals/duration.ts';
import { groupsOf } from './approvals/eligibility.ts';
import { readTerms, type ReviewTerms } from './approvals/terms.ts';
import type { ErrorCode } from '../engine/errors.ts';
import type { JudgeRequest, Notice, Refusal } from './protocol.ts';
import { refuse, type Judged } from './refusal.ts';

/** Whose command it is, and by which policies. */
export interface AskContext {
  readonly session: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  readonly revision: string;
}

/** @returns a sentence that says why nobody can be asked */
export function askFor(
  { judged, parameters }: { readonly judged: readonly Judged[] } & Pick<JudgeRequest, 'parameters'>,
  context: AskContext,
): ApprovalAsk | string {
  const asking = judged.filter(({ decision }) => decision.effect === 'review');
  const terms = readTerms(asking.flatMap(({ decision }) => decision.obligations));
  if (typeof terms === 'string') return `The policy asks for approval, but ${terms}.`;
  return {
    ...context,
    terms,
    commands: judged.map(({ command, state, decision }) => ({
      command,
      ...(parameters === undefined ? {} : { parameters }),
      state,
      reasons: decision.effect === 'review' ? decision.reasons : [],
    })),
  };
}

/** What a client that waits is told. */
export function waitingNotice({ id }: HeldRequest, terms: ReviewTerms, messages: readonly string[]): Notice {
  return {
    message: `Sallyport holds this for approval: request ${id}`,
    detail: `${messages.join('; ')}. Somebody in ${groupsOf(terms)} decides, within ${describeDuration(terms.ttlMs)}.`,
    hint: `They run: sallyport approvals approve ${id}. Cancel to withdraw the request.`,
  };
}

/** Why a message that was held is not released. */
export function reviewRefusal(
  judged: readonly Judged[],
  outcome: Exclude<ApprovalOutcome, { kind: 'approved' | 'covered' }>,
  request: HeldRequest,
  scrub: (text: string) => string,
): Refusal {
  const id = outcome.kind === 'pending' ? outcome.request : request.id;
  const { code, message, hint } = wordsFor(outcome, id);
  const asking = judged.filter(({ decision }) => decision.effect === 'review');
  const worded = refuse(
    asking.map((one) => ({ judged: one, code, message, terminate: false })),
    [],
    scrub,
  );
  const told = outcome.kind === 'unavailable' ? worded.detail : `${worded.detail}, request ${id}`;
  return { ...worded, detail: told, ...(hint === undefined ? {} : { hint }) };
}

function wordsFor(
  outcome: Exclude<ApprovalOutcome, { kind: 'approved' | 'covered' }>,
  id: string,
): { readonly code: ErrorCode; readonly message: string; readonly hint?: string } {
  switch (outcome.kind) {
    case 'rejected': {
      const words = outcome.comment === '' ? '' : `: ${outcome.comment}`;
      return { code: 'SP_REVIEW_REJECTED', message: `rejected by ${outcome.reviewers.at(-1) ?? 'a reviewer'}${words}` };
    }
    case 'pending':
      return {
        code: 'SP_REVIEW_PENDING',
        message: `this needs approval: request ${id}`,
        hint: `Send exactly the same again once it is approved. A reviewer runs: sallyport approvals approve ${id}.`,
      };
    case 'expired':
      return {
        code: 'SP_REVIEW_EXPIRED',
        message: 'nobody decided about this in time',
        hint: 'Send it again to ask again.',
      };
    case 'superseded':
      return {
        code: 'SP_REVIEW_SUPERSEDED',
        message: 'the policies changed while this waited for approval',
        hint: 'Send it again: the policies in force now decide about it.',
      };
    case 'withdrawn':
      return { code: 'SP_CANCELLED', message: 'the request for approval was withdrawn' };
    case 'unavailable':
      return {
        code: 'SP_REVIEW_UNAVAILABLE',
        message: `this needs approval, and nobody can be asked: ${outcome.message}`,
      };
  }
}
