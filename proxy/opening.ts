import type { Client, Decision, Input, Obligation, Resource, Subject } from '../engine/contract.ts';
import { errorCatalogue, SallyportError, type ErrorCode } from '../engine/errors.ts';
import { isObject } from '../engine/is-object.ts';
import type { DecisionPoint } from './gate.ts';
import type { SessionLimits } from './limits/session-limits.ts';
import { describeError, type Logger } from './log.ts';
import type { ObligationFulfillers } from './obligations.ts';
import type { Refusal, SessionRequest, SessionSettings, SessionState } from './protocol.ts';
import { errorBody, openingBody } from './recorder/events.ts';
import type { SessionRecorder } from './recorder/recorder.ts';
import { Scrubber } from './recorder/redact.ts';
import { SessionRefused } from './session-refused.ts';
import { createTimestamps, type Clock } from './time.ts';

/** A session of an authenticated client, before its target is connected. */
export interface Opening extends Pick<SessionRequest, 'checkSettings'> {
  readonly session: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  readonly state: SessionState;
  readonly engine: DecisionPoint;
  /** Its start event is written. */
  readonly recorder: SessionRecorder;
  readonly fulfillers: ObligationFulfillers;
  readonly limits: Pick<SessionLimits, 'open'>;
  readonly audit: 'required' | 'best_effort';
  readonly logger: Logger;
  readonly clock?: Clock;
}

interface Objection {
  readonly code: ErrorCode;
  /** Absent: the decision's own reasons. */
  readonly message?: string;
  readonly hint?: string | undefined;
}

const NO_SETTINGS: SessionSettings = Object.freeze({});

/**
 * Asks the policy whether a session may open, fulfils what it asks for, and records the decision as one about the start
 * event. Where no policy judges sessions, nothing is asked and nothing recorded. What is decided here holds for the whole
 * session: policies that change later judge its commands, and sessions that open later.
 *
 * @returns the settings that the session is to have
 * @throws SessionRefused SP_SESSION_DENIED, SP_OBLIGATION_UNKNOWN, SP_REVIEW_UNAVAILABLE, SP_SETTING_REFUSED, a
 *   fulfiller's or a limit's code; SP_RECORDER_FAILED
 */
export function judgeOpening(opening: Opening): SessionSettings {
  const { engine, session, recorder, audit, logger } = opening;
  if (!engine.judgesSessions) return NO_SETTINGS;
  const input = inputOf(opening);
  const decision = engine.evaluate(input, `${session}.0`);
  const objections = objectionsTo(opening, decision);
  const refusal = objections.length === 0 ? undefined : wordsFor(objections, decision);
  const scrubber = new Scrubber();
  const bodies = [openingBody(input, decision)];
  if (refusal !== undefined) bodies.push(errorBody(refusal.code, refusal.message, scrubber));
  try {
    recorder.append(bodies);
  } catch (error) {
    if (refusal === undefined && audit !== 'best_effort') throw error;
    logger.warn({ session, error: describeError(error) }, 'decision on the session not recorded');
  }
  if (refusal !== undefined) throw new SessionRefused(refusal);
  return settingsOf(decision.obligations);
}

function inputOf({ session, subject, resource, client, state, clock }: Opening): Input {
  return {
    schema: 1,
    stage: 'session',
    now: createTimestamps(clock)(),
    subject,
    resource,
    client,
    session: { ...state, id: session, effects: [], counters: { commands: 0, denied: 0 } },
  };
}

/** Why the session may not open. As for commands, what a denial also asks for is done where it can be. */
function objectionsTo(opening: Opening, decision: Decision): Objection[] {
  const objections: Objection[] = [];
  if (decision.effect === 'deny') objections.push({ code: 'SP_SESSION_DENIED' });
  if (decision.effect === 'review') {
    objections.push({
      code: 'SP_REVIEW_UNAVAILABLE',
      message: 'The policy asks for approval of a session, and a client that connects cannot wait for one.',
      hint: 'Review commands instead: an approval with a window covers what follows it for a while.',
    });
  }
  for (const obligation of decision.obligations) {
    if (obligation.kind === 'review') continue;
    const objection = fulfil(obligation, opening, decision);
    if (objection !== undefined) objections.push(objection);
  }
  return objections;
}

function fulfil(obligation: Obligation, opening: Opening, decision: Decision): Objection | undefined {
  const denied = decision.effect === 'deny';
  switch (obligation.kind) {
    case 'settings':
      return denied ? undefined : checkSettings(obligation, opening);
    case 'limit':
      return denied ? undefined : opening.limits.open(obligation);
  }
  const fulfiller = opening.fulfillers.get(obligation.kind);
  // What does not open owes nothing.
  if (fulfiller === undefined) return denied ? undefined : unknown(obligation.kind);
  const { session, subject, resource, client } = opening;
  const context = { session, subject, resource, client, decision, scrub: (text: string) => text };
  const fulfilment = fulfiller(obligation, context);
  switch (fulfilment.kind) {
    case 'fulfilled':
      return undefined;
    case 'limited':
      fulfilment.undo?.();
      return unknown(obligation.kind);
    case 'masked':
      return unknown(obligation.kind);
    case 'refused':
      return { code: 'SP_OBLIGATION_UNKNOWN', ...fulfilment };
    case 'terminate':
      return { code: 'SP_SESSION_DENIED', ...fulfilment };
  }
}

function unknown(kind: string): Objection {
  return {
    code: 'SP_OBLIGATION_UNKNOWN',
    message: `The policy asks for "${kind}" when a session opens, which this gateway cannot fulfil.`,
  };
}

function checkSettings(obligation: Obligation, { checkSettings: check, resource }: Opening): Objection | undefined {
  if (check !== undefined) return check(settingsOf([obligation]));
  return {
    code: 'SP_OBLIGATION_UNKNOWN',
    message: `The policy gives sessions settings, which sessions of ${resource.protocol} cannot be given.`,
  };
}

/** The merge of policies gives one obligation at most; a value that is no text is its fault, and none of ours to guess. */
function settingsOf(obligations: readonly Obligation[]): SessionSettings {
  const settings: Record<string, string> = {};
  for (const { kind, settings: given } of obligations) {
    if (kind !== 'settings') continue;
    if (!isObject(given) || !isTexts(given)) throw new SallyportError('SP_EVAL_RESULT_INVALID');
    Object.assign(settings, given);
  }
  return settings;
}

function isTexts(values: Record<string, unknown>): values is Record<string, string> {
  return Object.values(values).every((value) => typeof value === 'string');
}

function wordsFor(objections: readonly Objection[], decision: Decision): Refusal {
  const { id, revision, reasons } = decision;
  const denied = objections.find(({ code }) => code === 'SP_SESSION_DENIED') ?? objections[0];
  const code = denied?.code ?? 'SP_SESSION_DENIED';
  const messages = distinct(objections.flatMap(({ message }) => message ?? reasons.map((reason) => reason.message)));
  const hints = distinct([...objections.map(({ hint }) => hint), ...reasons.map(({ remediation }) => remediation)]);
  const rules = distinct(reasons.map(({ rule }) => rule));
  return {
    code,
    message: messages.length === 0 ? errorCatalogue[code] : messages.join('; '),
    detail: `decision ${id}, ${rules.length === 0 ? '' : `rule ${rules.join(', ')}, `}revision ${revision}`,
    ...(hints.length === 0 ? {} : { hint: hints.join(' ') }),
    decision,
  };
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
