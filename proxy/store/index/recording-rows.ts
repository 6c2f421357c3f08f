import type { Insertable, Selectable } from 'kysely';
import type { Decision, RecordingEvent } from '../../../engine/contract.ts';
import type { CommandsTable, SessionsTable } from '../tables.ts';

type Of<Type extends RecordingEvent['type']> = Extract<RecordingEvent, { type: Type }>;

/** How the target answered a command that an earlier batch holds. */
export interface ResultRow {
  readonly session: string;
  readonly seq: number;
  readonly status: string;
  readonly tag: string | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly error_code: string | null;
  readonly duration_ms: number | null;
}

/** What a stretch of a recording adds to the index. */
export interface IndexRows {
  readonly session?: Omit<Insertable<SessionsTable>, 'gateway' | 'file'>;
  readonly commands: readonly Omit<Insertable<CommandsTable>, 'gateway'>[];
  readonly results: readonly ResultRow[];
  /** How the policy judged the session when it opened. */
  readonly opening?: Pick<Selectable<SessionsTable>, 'decision' | 'decision_id' | 'rules'>;
  readonly end?: { readonly time: string; readonly reason: string; readonly commands: number; readonly denied: number };
}

/** The beginning of a command's text that the index keeps; the recording has all of it. */
const TEXT_CHARACTERS = 2_000;

/** Turns a recording's events, in order, into rows. */
export class RecordingRows {
  #session: IndexRows['session'];
  readonly #commands = new Map<number, Omit<Insertable<CommandsTable>, 'gateway'>>();
  readonly #results: ResultRow[] = [];
  #opening: IndexRows['opening'];
  #end: IndexRows['end'];
  #undecided: Of<'command'> | undefined;

  add(event: RecordingEvent): void {
    switch (event.type) {
      case 'start':
        this.#session = sessionRow(event);
        return;
      case 'command':
        this.#undecided = event;
        return;
      case 'decision':
        this.#decided(event);
        return;
      case 'result':
        this.#answered(event);
        return;
      case 'end': {
        const { time, reason, commands, denied } = event;
        this.#end = { time, reason, commands, denied };
        return;
      }
      default: // errors are looked up in the recording
    }
  }

  get rows(): IndexRows {
    return {
      ...(this.#session === undefined ? {} : { session: this.#session }),
      commands: [...this.#commands.values()],
      results: this.#results,
      ...(this.#opening === undefined ? {} : { opening: this.#opening }),
      ...(this.#end === undefined ? {} : { end: this.#end }),
    };
  }

  /** No command waits for its decision. */
  get whole(): boolean {
    return this.#undecided === undefined;
  }

  #decided({ command, decision }: Of<'decision'>): void {
    if (command === 0) {
      this.#opening = { decision: decision.effect, decision_id: decision.id, rules: rulesOf(decision) };
      return;
    }
    const event = this.#undecided;
    if (event?.seq !== command) return;
    this.#undecided = undefined;
    const { input, seq, session, time } = event;
    const judged = input.command;
    if (judged === undefined) return;
    this.#commands.set(seq, {
      session,
      seq,
      time,
      subject: input.subject.id,
      subject_kind: input.subject.kind,
      resource: input.resource.name,
      environment: input.resource.environment,
      dialect: judged.dialect,
      verb: judged.verb,
      effects: judged.effects,
      fingerprint: judged.fingerprint,
      text: judged.text.slice(0, TEXT_CHARACTERS),
      complete: judged.complete,
      decision: decision.effect,
      decision_id: decision.id,
      rules: rulesOf(decision),
      revision: decision.revision,
      status: null,
      tag: null,
      rows: null,
      bytes: null,
      error_code: null,
      duration_ms: null,
    });
  }

  #answered(event: Of<'result'>): void {
    const { session, status, tag = null, rows = null, bytes = null, code = null, duration_ms = null } = event;
    const answer = { status, tag, rows, bytes, error_code: code, duration_ms };
    for (const seq of event.commands) {
      const row = this.#commands.get(seq);
      if (row === undefined) this.#results.push({ session, seq, ...answer });
      else this.#commands.set(seq, { ...row, ...answer });
    }
  }
}

function rulesOf({ reasons }: Decision): string[] {
  return [...new Set(reasons.map(({ rule }) => rule))];
}

function sessionRow({ session, time, subject, resource, client, gateway }: Of<'start'>): IndexRows['session'] {
  return {
    id: session,
    subject: subject.id,
    subject_kind: subject.kind,
    owner: subject.owner ?? null,
    resource: resource.name,
    environment: resource.environment,
    protocol: resource.protocol,
    client_address: client.address,
    application: client.application ?? null,
    revision: gateway.revision,
    started: time,
    commands: 0,
    denied: 0,
  };
}
