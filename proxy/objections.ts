import type { ErrorCode } from '../engine/errors.ts';
import type { StatementLimits } from './limits/statement-limits.ts';
import { plannedMasks } from './masking/fulfiller.ts';
import type { MaskPlan } from './masking/plan.ts';
import type { MaskRule } from './masking/rule.ts';
import type { Fulfilment, ObligationContext, ObligationFulfillers } from './obligations.ts';
import type { JudgeRequest } from './protocol.ts';
import type { Judged, Objection } from './refusal.ts';

/** What fulfilled obligations ask of a message that is released, gathered while its commands are judged. */
export interface Owed {
  /** By index of the command. */
  limits: (StatementLimits | undefined)[] | undefined;
  masks: (MaskPlan | undefined)[] | undefined;
  /** Takes back what was counted, should the message not be released. */
  undo: (() => void)[] | undefined;
}

/** Takes back what was counted for a message that is not released. */
export function takeBack({ undo }: Owed): void {
  for (const one of undo ?? []) one();
}

/** Of one session. */
export interface Surroundings {
  readonly context: Omit<ObligationContext, 'command' | 'decision' | 'holdsTo' | 'lineage'>;
  readonly fulfillers: ObligationFulfillers;
  /** Somebody can be asked. */
  readonly reviewable: boolean;
}

/**
 * Why a command cannot be released; empty when it can. Obligations are fulfilled here, but those of a command that is
 * only planned: they are owed when it runs.
 */
export function objectionsTo(
  judged: Judged,
  index: number,
  { prepare, holdsTo, lineage }: JudgeRequest,
  { context, fulfillers, reviewable }: Surroundings,
  owed: Owed,
): Objection[] {
  const { decision, command } = judged;
  const objections: Objection[] = [];
  const object = (code: ErrorCode, message: string | undefined, terminate = false, hint?: string): void => {
    objections.push({ judged, code, message, terminate, hint });
  };
  if (decision.effect === 'deny') object('SP_DENIED', undefined);
  if (decision.effect === 'review' && !reviewable) {
    object('SP_REVIEW_UNAVAILABLE', 'The policy asks for approval, and approvals are not configured on this gateway.');
  }
  if (decision.obligations.length === 0) return objections;
  const values = lineage?.[index];
  const masks: MaskRule[] = [];
  const owe = (fulfilment: Fulfilment): void => {
    switch (fulfilment.kind) {
      case 'fulfilled':
        return;
      case 'limited':
        if (fulfilment.limits !== undefined) (owed.limits ??= [])[index] = fulfilment.limits;
        if (fulfilment.undo !== undefined) (owed.undo ??= []).push(fulfilment.undo);
        return;
      case 'masked':
        masks.push(fulfilment.rule);
        return;
      case 'refused':
        object(fulfilment.code ?? 'SP_OBLIGATION_UNKNOWN', fulfilment.message, false, fulfilment.hint);
        return;
      case 'terminate':
        object(fulfilment.code ?? 'SP_DENIED', fulfilment.message, true, fulfilment.hint);
    }
  };
  for (const obligation of decision.obligations) {
    if (obligation.kind === 'review' && decision.effect === 'review') continue;
    const fulfiller = fulfillers.get(obligation.kind);
    if (fulfiller === undefined) {
      // What is not released owes nothing.
      if (decision.effect === 'deny') continue;
      object('SP_OBLIGATION_UNKNOWN', `The policy asks for "${obligation.kind}", which this gateway cannot fulfil.`);
      continue;
    }
    if (prepare === true && decision.effect !== 'deny') continue;
    owe(
      fulfiller(obligation, {
        ...context,
        command,
        decision,
        ...(holdsTo !== undefined && { holdsTo }),
        ...(values !== undefined && { lineage: values }),
      }),
    );
  }
  if (masks.length > 0 && values !== undefined) {
    const plan = plannedMasks(decision.obligations, masks, values);
    if (typeof plan === 'string') object('SP_MASK_FLOW', plan, false, CARRY_LESS);
    else if (plan !== undefined) (owed.masks ??= [])[index] = plan;
  }
  return objections;
}

const CARRY_LESS = 'Leave the column out, or keep it in a temporary table, whose rows are masked as well.';
