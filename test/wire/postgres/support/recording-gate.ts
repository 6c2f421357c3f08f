import type { Command, Parameter } from '../../../../engine/contract.ts';
import type { ErrorCode } from '../../../../engine/errors.ts';
import type { StatementLimits } from '../../../../proxy/limits/statement-limits.ts';
import type { MaskPlan } from '../../../../proxy/masking/plan.ts';
import type {
  CommandResult,
  GateSession,
  HeldVerdict,
  JudgeRequest,
  Refusal,
  SessionState,
  Verdict,
} from '../../../../proxy/protocol.ts';

/** What was asked of the gate: one entry per command. */
export interface Judgement {
  readonly text: string;
  readonly verb: string;
  readonly state: SessionState;
  readonly parameters: readonly Parameter[] | undefined;
  readonly prepare: boolean;
  readonly released: boolean;
}

export type Rule = (command: Command, state: SessionState) => boolean;

/** A gate that denies what `denies` says and remembers everything. */
export class RecordingGate implements GateSession {
  revision = 'r1';
  wantsLineage = false;
  readonly judgements: Judgement[] = [];
  readonly results: CommandResult[] = [];
  readonly errors: { code: ErrorCode; message: string }[] = [];
  /** Verdicts are held until `settle` while this is on. */
  held: (() => void)[] | undefined = undefined;
  /** How many held messages were given up. */
  withdrawn = 0;
  terminate = false;
  denies: Rule;
  /** What released commands are held to. */
  limits: ((command: Command) => StatementLimits | undefined) | undefined = undefined;
  /** How what released commands answer is masked. */
  masks: ((command: Command) => MaskPlan | undefined) | undefined = undefined;
  #event = 0;

  constructor(denies: Rule = (command) => command.verb === 'drop' || command.verb === 'delete') {
    this.denies = denies;
  }

  judge(request: JudgeRequest): Verdict | HeldVerdict {
    const { parsed, parameters, prepare, refused } = request;
    const states = parsed.commands.map((_, index) => request.stateBefore(index));
    const denied = parsed.commands.find((command, index) => {
      const state = states[index];
      return state !== undefined && this.denies(command, state);
    });
    const released = denied === undefined && refused === undefined;
    const events = parsed.commands.map((command, index) => {
      const state = states[index];
      if (state === undefined) throw new Error('no state');
      this.judgements.push({
        text: command.text,
        verb: command.verb,
        state,
        parameters,
        prepare: prepare === true,
        released,
      });
      return (this.#event += 1);
    });
    const limits = this.#limitsOf(request);
    // As the gate does: what is only planned owes nothing, and what runs is judged again.
    if (released && (this.limits ?? this.masks) !== undefined && prepare === true)
      return { released, events: [], terminate: false };
    const masks = prepare === true || this.masks === undefined ? undefined : parsed.commands.map(this.masks);
    const verdict: Verdict = released
      ? { released, events, terminate: false, ...(limits !== undefined && { limits }), ...(masks && { masks }) }
      : { released, events, terminate: this.terminate, refusal: this.#refusal(denied, refused) };
    const { held } = this;
    if (held === undefined) return verdict;
    request.tell?.({ message: 'this waits for approval', hint: 'wait' });
    return {
      held: new Promise((resolve) => {
        held.push(() => {
          resolve(verdict);
        });
      }),
      withdraw: () => {
        this.withdrawn += 1;
      },
    };
  }

  #limitsOf({ parsed, prepare }: JudgeRequest): Verdict['limits'] {
    const { limits } = this;
    if (limits === undefined || prepare === true) return undefined;
    const found = parsed.commands.map(limits);
    return found.some((one) => one !== undefined) ? found : undefined;
  }

  recordResult(result: CommandResult): void {
    this.results.push(result);
  }

  recordError(code: ErrorCode, message: string): void {
    this.errors.push({ code, message });
  }

  #refusal(denied: Command | undefined, refused: JudgeRequest['refused']): Refusal {
    if (refused !== undefined) return { detail: '', ...refused };
    const id = `s.${this.#event}`;
    return {
      code: 'SP_DENIED',
      message: `${denied?.verb ?? ''} is not for agents`,
      detail: `decision ${id}, rule SP-PG-001, revision ${this.revision}`,
      hint: 'Ask for a reviewed migration.',
      decision: { id, revision: this.revision, effect: 'deny', reasons: [], obligations: [] },
    };
  }
}
