import { deepFreeze } from '../engine/decision.ts';
import type { Client, Command, Decision, Effect, Input, Parameter, Resource, Subject } from '../engine/contract.ts';
import { errorCatalogue, type ErrorCode } from '../engine/errors.ts';
import { isUnvouched, withEffects } from '../engine/statement-decision.ts';
import { describeError, type Logger } from './log.ts';
import { resultOf } from './masking/result-columns.ts';
import { objectionsTo, takeBack, type Owed } from './objections.ts';
import type { ObligationFulfillers } from './obligations.ts';
import type { ApprovalOutcome, Approvals, HeldRequest } from './approvals/ask.ts';
import type {
  CommandResult,
  GateSession,
  HeldVerdict,
  JudgeRequest,
  Refusal,
  SessionState,
  Verdict,
} from './protocol.ts';
import { approvalBody, errorBody, EventWriter, resultBody } from './recorder/events.ts';
import type { SessionRecorder } from './recorder/recorder.ts';
import { Scrubber } from './recorder/redact.ts';
import { incompleteRefusal, ownRefusal, recorderRefusal, refuse, type Judged } from './refusal.ts';
import { askFor, reviewRefusal, waitingNotice } from './review.ts';
import { createTimestamps, type Clock } from './time.ts';

/** What the gate needs of the engine (PDP): see Engine of the engine package. Synchronous, and it never throws. */
export interface DecisionPoint {
  readonly revision: string;
  /** Whether its policies judge sessions when they open; else all do. */
  readonly judgesSessions: boolean;
  /** Whether its policies can mask, or read where values come from. Absent: they may. */
  readonly wantsLineage?: boolean;
  /** Labels of the targets' columns, as the policies' data gives them. */
  readonly labels?: unknown;
  evaluate(input: Input, decisionId?: string): Decision;
}

/** Holds the engine in force; another one takes its place when the policies change. */
export interface DecisionPointHolder {
  readonly current: DecisionPoint;
}

export interface GateOptions {
  /** Id of the session. Decision ids begin with it, so that a denial in a client's hands leads to its recording. */
  readonly session: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
  readonly policy: DecisionPointHolder;
  readonly recorder: SessionRecorder;
  readonly fulfillers: ObligationFulfillers;
  /** Absent: what a policy wants approved is refused. */
  readonly approvals?: Approvals;
  /**
   * `required`: what cannot be recorded is not released (the default). `best_effort`: it is released all the same, and
   * the failure is logged.
   */
  readonly audit?: 'required' | 'best_effort';
  readonly logger: Logger;
  readonly clock?: Clock;
}

const NOTHING: readonly number[] = [];
/** Nothing to record, nothing against it. */
const RELEASED_UNRECORDED: Verdict = { released: true, events: NOTHING, terminate: false };

/**
 * The gate (PEP) of one session: asks the engine about each command of a message, writes command and decision down, and
 * only then says whether the message is released. All commands of a message stand or fall together.
 *
 * A refused message counts each of its commands in `session.counters.denied`.
 */
export class Gate implements GateSession {
  readonly #options: GateOptions;
  readonly #now: () => string;
  readonly #events: EventWriter;
  readonly #scrubber = new Scrubber();
  readonly #scrub = (text: string): string => this.#scrubber.scrub(text);
  // Frozen, and the same objects with each input: the engine's memo then knows them by identity.
  readonly #subject: Subject;
  readonly #resource: Resource;
  readonly #client: Client;
  #effects: readonly Effect[] = Object.freeze([]);
  #commands = 0;
  #denied = 0;
  /** What was said last, until another message is judged. */
  #lastError: string | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#now = createTimestamps(options.clock);
    this.#subject = deepFreeze(structuredClone(options.subject));
    this.#resource = deepFreeze(structuredClone(options.resource));
    this.#client = deepFreeze(structuredClone(options.client));
    this.#events = new EventWriter(options);
  }

  get revision(): string {
    return this.#options.policy.current.revision;
  }

  get wantsLineage(): boolean {
    return this.#options.policy.current.wantsLineage ?? true;
  }

  judge(request: JudgeRequest): Verdict | HeldVerdict {
    this.#lastError = undefined;
    try {
      const { commands, complete, diagnostics } = request.parsed;
      if (commands.length === 0 && complete && request.refused === undefined) return RELEASED_UNRECORDED;
      // A dialect that says "not all of it" without saying which command: nobody vouches for any of them.
      if (isUnvouched(request.parsed)) {
        return this.#refused(ownRefusal(request.refused, []) ?? incompleteRefusal(diagnostics), 1);
      }
      return this.#settle(request, this.#evaluate(request));
    } catch (error) {
      this.#options.logger.error({ session: this.#options.session, error: describeError(error) }, 'gate failed');
      return this.#refused({ code: 'SP_EVAL_FAILED', message: errorCatalogue.SP_EVAL_FAILED, detail: '' }, 1);
    }
  }

  #evaluate(request: JudgeRequest): Judged[] {
    const { parsed, parameters, lineage } = request;
    const engine = this.#options.policy.current;
    const now = this.#now();
    let effects = this.#effects;
    return parsed.commands.map((command, index) => {
      const state = request.stateBefore(index);
      const input = this.#input(now, state, effects, command, index, parameters);
      const values = lineage?.[index];
      if (values !== undefined) input.result = resultOf(values);
      this.#scrubber.learn(command, parameters);
      const decision = engine.evaluate(input, `${this.#options.session}.${this.#commands + index + 1}`);
      // What the next command of the message finds, if the message is released.
      effects = withEffects(effects, command.effects);
      return { command, input, state, decision };
    });
  }

  #input(
    now: string,
    state: SessionState,
    effects: readonly Effect[],
    command: Command,
    index: number,
    parameters: readonly Parameter[] | undefined,
  ): Input {
    const input: Input = {
      schema: 1,
      stage: 'command',
      now,
      subject: this.#subject,
      resource: this.#resource,
      client: this.#client,
      session: {
        ...state,
        id: this.#options.session,
        // The contract's types are mutable; nobody writes to an input, and this array is frozen.
        effects: effects as Effect[],
        counters: { commands: this.#commands + index, denied: this.#denied },
      },
      command,
    };
    if (parameters !== undefined) input.parameters = parameters as Parameter[];
    return input;
  }

  #settle(request: JudgeRequest, judged: readonly Judged[]): Verdict | HeldVerdict {
    const owed: Owed = { limits: undefined, masks: undefined, undo: undefined };
    const verdict = this.#settleOwing(request, judged, owed);
    if ('released' in verdict && !verdict.released) takeBack(owed);
    return verdict;
  }

  #settleOwing(request: JudgeRequest, judged: readonly Judged[], owed: Owed): Verdict | HeldVerdict {
    const prepare = request.prepare === true;
    const { session, fulfillers, approvals } = this.#options;
    const surroundings = {
      context: { session, subject: this.#subject, resource: this.#resource, client: this.#client, scrub: this.#scrub },
      fulfillers,
      reviewable: approvals !== undefined,
    };
    const objections = judged.flatMap((one, index) => objectionsTo(one, index, request, surroundings, owed));
    const refusal =
      ownRefusal(request.refused, judged) ??
      (objections.length === 0 ? undefined : refuse(objections, request.parsed.diagnostics, this.#scrub));
    // What only plans is recorded when it runs: the protocol asks again then. The decision's id goes to that request.
    if (prepare && refusal === undefined) return RELEASED_UNRECORDED;
    if (refusal === undefined && judged.some(({ decision }) => decision.effect === 'review')) {
      return this.#hold(request, judged, owed);
    }
    const terminate = objections.some((objection) => objection.terminate);
    return this.#conclude(judged, refusal, terminate, owed);
  }

  #conclude(judged: readonly Judged[], refusal: Refusal | undefined, terminate: boolean, owed?: Owed): Verdict {
    let events = NOTHING;
    try {
      events = this.#record(judged, refusal);
    } catch (error) {
      const { audit, logger, session } = this.#options;
      if (refusal === undefined && audit !== 'best_effort') {
        this.#commands += judged.length;
        return this.#refused(recorderRefusal(judged, error), judged.length);
      }
      logger.warn({ session, error: describeError(error) }, 'command not recorded');
    }

    this.#commands += judged.length;
    if (refusal !== undefined) {
      this.#denied += judged.length;
      return { released: false, events, refusal, terminate };
    }
    return this.#released(judged, events, owed);
  }

  #released(judged: readonly Judged[], events: readonly number[], owed: Owed | undefined): Verdict {
    for (const { command } of judged) this.#effects = withEffects(this.#effects, command.effects);
    const { limits, masks } = owed ?? {};
    return { released: true, events, terminate: false, ...(limits && { limits }), ...(masks && { masks }) };
  }

  /** Asks people about a message that nothing else stands against, and keeps it until they have decided. */
  #hold(request: JudgeRequest, judged: readonly Judged[], owed: Owed): Verdict | HeldVerdict {
    const { session, approvals } = this.#options;
    const context = { session, subject: this.#subject, resource: this.#resource, client: this.#client };
    const ask = askFor({ judged, ...request }, { ...context, revision: this.revision });
    if (approvals === undefined || typeof ask === 'string') {
      const objections = judged
        .filter(({ decision }) => decision.effect === 'review')
        .map((one) => ({
          judged: one,
          code: 'SP_REVIEW_UNAVAILABLE' as const,
          message: typeof ask === 'string' ? ask : undefined,
          terminate: false,
        }));
      return this.#conclude(judged, refuse(objections, request.parsed.diagnostics, this.#scrub), false);
    }
    const messages = ask.commands.flatMap(({ reasons }) => reasons.map(({ message }) => this.#scrub(message)));
    let events = NOTHING;
    const held: HeldRequest = approvals.ask(ask, () => {
      request.tell?.(waitingNotice(held, ask.terms, messages));
    });
    try {
      events = this.#record(judged, undefined, (commands) =>
        approvalBody(held, commands, { state: 'waiting' }, this.#scrubber),
      );
    } catch (error) {
      held.withdraw();
      // Not even with `best_effort`: nobody may approve what was not written down.
      this.#commands += judged.length;
      return this.#refused(recorderRefusal(judged, error), judged.length);
    }
    this.#commands += judged.length;
    return {
      held: held.outcome.then((outcome) => this.#decided(judged, held, events, outcome, owed)),
      withdraw: () => {
        held.withdraw();
      },
    };
  }

  /** People have decided, or will not. Never throws. */
  #decided(
    judged: readonly Judged[],
    held: HeldRequest,
    events: readonly number[],
    outcome: ApprovalOutcome,
    owed: Owed,
  ): Verdict {
    const released = outcome.kind === 'approved' || outcome.kind === 'covered';
    let refusal = released ? undefined : reviewRefusal(judged, outcome, held, this.#scrub);
    const state = outcome.kind === 'pending' ? 'waiting' : outcome.kind;
    const bodies = [approvalBody(held, events, { ...outcome, state }, this.#scrubber)];
    if (refusal !== undefined) bodies.push(this.#errorBody(refusal.code, refusal.message));
    try {
      this.#options.recorder.append(bodies);
    } catch (error) {
      refusal ??= recorderRefusal(judged, error);
    }
    if (refusal !== undefined) {
      this.#denied += judged.length;
      takeBack(owed);
      return { released: false, events, refusal, terminate: false };
    }
    return this.#released(judged, events, owed);
  }

  /** @throws SallyportError SP_RECORDER_FAILED */
  #record(
    judged: readonly Judged[],
    refusal: Refusal | undefined,
    waits?: (commands: readonly number[]) => string,
  ): readonly number[] {
    const { recorder } = this.#options;
    const first = recorder.nextSeq;
    const bodies: string[] = [];
    const events: number[] = [];
    for (const { input, command, state, decision } of judged) {
      const seq = first + bodies.length;
      events.push(seq);
      bodies.push(this.#events.command(input, command, state), this.#events.decision(decision, seq, this.#scrubber));
    }
    // The decisions alone do not tell that a command was refused for another one's sake, or for an obligation's.
    if (refusal !== undefined && !judged.every(({ decision }) => decision.effect === 'deny')) {
      bodies.push(this.#errorBody(refusal.code, refusal.message));
    }
    if (waits !== undefined) bodies.push(waits(events));
    recorder.append(bodies);
    return events;
  }

  /** A refusal without command events. */
  #refused(refusal: Refusal, commands: number): Verdict {
    this.#denied += commands;
    if (refusal.code !== 'SP_RECORDER_FAILED') this.recordError(refusal.code, refusal.message);
    return { released: false, events: NOTHING, refusal, terminate: false };
  }

  recordResult(result: CommandResult): void {
    if (result.events.length > 0) this.#options.recorder.defer(resultBody(result, this.#scrubber));
  }

  recordError(code: ErrorCode, message: string): void {
    // What refuses a message may end the session, too: whoever ends it says the same again.
    if (this.#lastError !== `${code} ${message}`) this.#options.recorder.defer(this.#errorBody(code, message));
  }

  #errorBody(code: ErrorCode, message: string): string {
    this.#lastError = `${code} ${message}`;
    return errorBody(code, message, this.#scrubber);
  }

  /** Ends the recording. Idempotent. */
  end(reason: string): void {
    this.#options.recorder.end(reason, { commands: this.#commands, denied: this.#denied });
  }
}
