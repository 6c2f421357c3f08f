import type { ApprovalEvent, Command, Decision, Input, Result, Session } from '../../engine/contract.ts';
import type { HeldRequest } from '../approvals/ask.ts';
import type { CommandResult, SessionState } from '../protocol.ts';
import { redactCommand, redactParameters, type Scrubber } from './redact.ts';

/** JSON of the parts of an input that stay the same for a whole session, written out once. */
export interface InputFragments {
  readonly subject: string;
  readonly resource: string;
  readonly client: string;
}

/**
 * Writes event bodies (JSON members without the braces). Commands come from the dialect's cache and decisions from the
 * engine's memo, so the same objects return over and over: their JSON is kept by identity for as long as they live.
 */
export class EventWriter {
  readonly #fragments: InputFragments;
  readonly #commands = new WeakMap<Command, string>();
  readonly #rulings = new WeakMap<object, string>();
  readonly #results = new WeakMap<Result, string>();
  readonly #states = new WeakMap<SessionState, string>();

  constructor(input: Pick<Input, 'subject' | 'resource' | 'client'>) {
    this.#fragments = {
      subject: JSON.stringify(input.subject),
      resource: JSON.stringify(input.resource),
      client: JSON.stringify(input.client),
    };
  }

  command(input: Input, command: Command, state: SessionState): string {
    const { subject, resource, client } = this.#fragments;
    return (
      `"type":"command","input":{"schema":1,"stage":"command","now":"${input.now}","subject":${subject},` +
      `"resource":${resource},"client":${client},"session":${this.#session(input.session, state)},` +
      `"command":${this.#command(command)}${parametersMember(input, command)}${this.#result(input.result)}}`
    );
  }

  /** Frozen results are kept, as states are. */
  #result(result: Result | undefined): string {
    if (result === undefined) return '';
    let member = this.#results.get(result);
    if (member === undefined) {
      member = `,"result":${JSON.stringify(result)}`;
      if (Object.isFrozen(result)) this.#results.set(result, member);
    }
    return member;
  }

  decision(decision: Decision, command: number, scrubber: Scrubber): string {
    return `"type":"decision","command":${command},"decision":${this.#decision(decision, scrubber)}`;
  }

  #command(command: Command): string {
    let json = this.#commands.get(command);
    if (json === undefined) {
      json = JSON.stringify(redactCommand(command));
      this.#commands.set(command, json);
    }
    return json;
  }

  /** Frozen states are kept: what is frozen is frozen all the way down, as for the engine's memo. */
  #session(session: Session, state: SessionState): string {
    let members = this.#states.get(state);
    if (members === undefined) {
      members = JSON.stringify(state).slice(1, -1);
      if (Object.isFrozen(state)) this.#states.set(state, members);
    }
    const { id, effects, counters } = session;
    const list = effects.length === 0 ? '' : `"${effects.join('","')}"`;
    return (
      `{${members},"id":"${id}","effects":[${list}],` +
      `"counters":{"commands":${counters.commands},"denied":${counters.denied}}}`
    );
  }

  #decision(decision: Decision, scrubber: Scrubber): string {
    const { id, revision, effect, reasons, obligations } = decision;
    const head = `{"id":${JSON.stringify(id)},"revision":${JSON.stringify(revision)},"effect":"${effect}"`;
    // A policy may quote the command's text, and with it a secret.
    if (!scrubber.empty) return head + rulingMembers(scrubber.scrubObject({ reasons, obligations }));
    let members = this.#rulings.get(reasons);
    if (members === undefined) {
      members = rulingMembers({ reasons, obligations });
      // Frozen reasons are the engine's own memo; a ruling's obligations live and change with its reasons.
      if (Object.isFrozen(reasons)) this.#rulings.set(reasons, members);
    }
    return head + members;
  }
}

/** The end event's reason of a session that its policy did not let open. */
export const SESSION_REFUSED = 'refused';

/** The decision on a session that opens: it is about the start event, and holds what was judged. */
export function openingBody(input: Input, decision: Decision): string {
  return JSON.stringify({ type: 'decision', command: 0, decision, input }).slice(1, -1);
}

function rulingMembers(ruling: object): string {
  return `,${JSON.stringify(ruling).slice(1)}`;
}

function parametersMember(input: Input, command: Command): string {
  if (input.parameters === undefined) return '';
  const parameters = command.secrets.length === 0 ? input.parameters : redactParameters(input.parameters);
  return `,"parameters":${JSON.stringify(parameters)}`;
}

export function resultBody(result: CommandResult, scrubber: Scrubber): string {
  const { events, status, tag, rows, bytes, code, message, durationMs, masked } = result;
  return JSON.stringify({
    type: 'result',
    commands: events,
    status,
    tag,
    rows,
    bytes,
    code,
    message: message === undefined ? undefined : scrubber.scrub(message),
    duration_ms: durationMs,
    masked,
  }).slice(1, -1);
}

/** What becomes of a request for approval. */
export function approvalBody(
  { id, digest, expires }: Pick<HeldRequest, 'id' | 'digest' | 'expires'>,
  commands: readonly number[],
  {
    state,
    reviewers,
    comment,
  }: Pick<ApprovalEvent, 'state'> & {
    readonly reviewers?: readonly string[];
    readonly comment?: string;
  },
  scrubber: Scrubber,
): string {
  const waiting = state === 'waiting' ? { digest, expires: expires.toISOString() } : {};
  return JSON.stringify({
    type: 'approval',
    commands,
    request: id,
    state,
    ...waiting,
    reviewers,
    comment: comment === undefined ? undefined : scrubber.scrub(comment),
  }).slice(1, -1);
}

export function errorBody(code: string, message: string, scrubber: Scrubber): string {
  return JSON.stringify({ type: 'error', code, message: scrubber.scrub(message) }).slice(1, -1);
}
