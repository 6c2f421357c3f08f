import type { Client, Command, Decision, Obligation, Resource, Subject } from '../engine/contract.ts';
import type { ErrorCode } from '../engine/errors.ts';
import type { CommandLineage } from '../engine/lineage.ts';
import { createLimitFulfiller } from './limits/fulfiller.ts';
import { LimitKeeper } from './limits/limit-keeper.ts';
import type { StatementLimits, StatementQuantity } from './limits/statement-limits.ts';
import type { Logger } from './log.ts';
import { createMaskFulfiller } from './masking/fulfiller.ts';
import type { MaskRule } from './masking/rule.ts';
import { quarantineOf } from './quarantine/quarantine.ts';
import type { Barring } from './quarantine/quarantine-service.ts';

/** What a fulfiller knows of the command, or the session that opens, that the obligation is about. */
export interface ObligationContext {
  readonly session: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  /** Absent: a session opens. */
  readonly command?: Command;
  readonly decision: Decision;
  /** What the protocol can hold the command to while it runs. Absent: nothing. */
  readonly holdsTo?: readonly StatementQuantity[];
  /** Where the command's values come from, which the protocol can mask. Absent: it masks nothing. */
  readonly lineage?: CommandLineage;
  /** Takes the session's secrets out of a text before it leaves the gate. */
  readonly scrub: (text: string) => string;
}

/**
 * - `fulfilled`: done, or sure to be done.
 * - `limited`: the protocol holds the command to `limits` while it runs; `undo` if it is not released after all.
 * - `masked`: the command's result is masked by `rule`, together with all other masks of the decision.
 * - `refused`: cannot be done, so the command must not be released; `message` says why. `code` is SP_OBLIGATION_UNKNOWN
 *   where it is left out.
 * - `terminate`: the command is not released and the session ends. `code` is SP_DENIED where it is left out.
 */
export type Fulfilment =
  | { readonly kind: 'fulfilled' }
  | { readonly kind: 'limited'; readonly limits: StatementLimits | undefined; readonly undo?: () => void }
  | { readonly kind: 'masked'; readonly rule: MaskRule }
  | {
      readonly kind: 'refused' | 'terminate';
      readonly message: string;
      readonly code?: ErrorCode;
      readonly hint?: string;
    };

/** Carries one kind of obligation out. Synchronous: nothing may come between decision and release. */
export type ObligationFulfiller = (obligation: Obligation, context: ObligationContext) => Fulfilment;

/** By `obligation.kind`. A decision with an obligation of any other kind is refused. */
export type ObligationFulfillers = ReadonlyMap<string, ObligationFulfiller>;

export interface FulfillerOptions {
  readonly logger: Logger;
  /** Most notices per minute and channel; how many were left out is logged with the next one. Default 60. */
  readonly noticesPerMinute?: number;
  readonly clock?: () => number;
  /** What counts for `limit`: the same one that the gateway's sessions enter. */
  readonly limits?: LimitKeeper;
  /**
   * Whether a channel is told from what is recorded of a session; then nothing is left to do here but to say that there
   * is something to read. Absent, and for other channels: a line in the log.
   */
  readonly tells?: (channel: string, session: string) => boolean;
  /** Absent: a policy that asks for `quarantine` is told that it cannot be had, and the command is refused. */
  readonly quarantine?: Barring;
}

const FULFILLED: Fulfilment = { kind: 'fulfilled' };

/** The obligations that every gateway fulfils: `record`, `limit`, `mask`, `notify`, `terminate`, and `quarantine` where it can. */
export function createFulfillers(options: FulfillerOptions): Map<string, ObligationFulfiller> {
  const { quarantine } = options;
  return new Map<string, ObligationFulfiller>([
    // Every command is recorded before it is released, so there is nothing left to do.
    ['record', () => FULFILLED],
    ['limit', createLimitFulfiller(options.limits ?? new LimitKeeper())],
    ['mask', createMaskFulfiller()],
    ['notify', createNotifier(options)],
    [
      'terminate',
      (obligation) => ({ kind: 'terminate', message: messageOf(obligation, 'The policy ends the session.') }),
    ],
    ...(quarantine === undefined ? [] : [['quarantine', createQuarantiner(quarantine)] as const]),
  ]);
}

/** Bars the subject and ends the session; its other sessions are ended by whoever keeps the quarantines. */
function createQuarantiner(quarantine: Barring): ObligationFulfiller {
  return (_obligation, { decision, subject, scrub }) => {
    const asked = quarantineOf(decision, subject, new Date());
    if (asked === undefined) return FULFILLED;
    const { code, message, help } = quarantine.bar({ ...asked, reason: scrub(asked.reason) });
    return { kind: 'terminate', message, code, ...(help === undefined ? {} : { hint: help }) };
  };
}

/** Most channels whose rate is kept apart: a policy that makes channel names up must not fill the memory. */
const MOST_CHANNELS = 1_000;

/** Writes a structured log line per notice that no channel is told of, which is what log shippers alert on. */
function createNotifier(options: FulfillerOptions): ObligationFulfiller {
  const { logger, noticesPerMinute = 60, clock = Date.now, tells } = options;
  const windows = new Map<string, { minute: number; sent: number; dropped: number }>();

  return (obligation, context) => {
    const channel = typeof obligation['channel'] === 'string' ? obligation['channel'] : '';
    if (tells?.(channel, context.session) === true) return FULFILLED;
    const minute = Math.floor(clock() / 60_000);
    if (windows.size >= MOST_CHANNELS) windows.clear();
    let window = windows.get(channel);
    if (window === undefined) windows.set(channel, (window = { minute, sent: 0, dropped: 0 }));
    if (window.minute !== minute) Object.assign(window, { minute, sent: 0 });
    if (window.sent >= noticesPerMinute) {
      window.dropped += 1;
      return FULFILLED;
    }
    window.sent += 1;
    const { decision, session, subject, resource, command } = context;
    logger.warn(
      {
        channel,
        session,
        subject: subject.id,
        resource: resource.name,
        decision: decision.id,
        effect: decision.effect,
        rules: decision.reasons.map((reason) => reason.rule),
        messages: decision.reasons.map((reason) => context.scrub(reason.message)),
        ...(command === undefined ? {} : { verb: command.verb, fingerprint: command.fingerprint }),
        ...(window.dropped === 0 ? {} : { dropped: window.dropped }),
      },
      context.scrub(messageOf(obligation, 'notice of the policy')),
    );
    window.dropped = 0;
    return FULFILLED;
  };
}

function messageOf(obligation: Obligation, fallback: string): string {
  return typeof obligation['message'] === 'string' ? obligation['message'] : fallback;
}
