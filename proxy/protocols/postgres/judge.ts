import type { Parameter } from '../../../engine/contract.ts';
import type { Dialect, ParseResult } from '../../../engine/dialect.ts';
import { STATEMENT_QUANTITIES } from '../../limits/statement-limits.ts';
import type { HeldVerdict, JudgeRequest, Notice, Refusal, SessionState, Verdict } from '../../protocol.ts';
import { parseIdentifierList } from './identifier-list.ts';
import type { Conversation } from './conversation.ts';
import type { Prepared } from './prepared.ts';
import { factsOf, type StatementFacts } from './statement-facts.ts';

type OwnRefusal = Pick<Refusal, 'code' | 'message' | 'hint'>;

export interface JudgeOptions {
  readonly parameters?: readonly Parameter[];
  readonly prepare?: boolean;
  readonly refused?: OwnRefusal | undefined;
}

const CATALOG = 'pg_catalog';
const NOTHING_TO_JUDGE: Verdict = { released: true, events: [], terminate: false };

/** Asks the dialect and the gate about statements, and keeps the session waiting while the gate holds one. */
export class Judge {
  readonly #dialect: Dialect;
  readonly #conversation: Conversation;
  readonly #resume: () => void;
  readonly #tell: (notice: Notice) => void;
  /** What the client's next message waits for. */
  #held: { readonly verdict: HeldVerdict; withdrawn: boolean } | undefined = undefined;
  /** What it settled to; the same message is presented again and takes it. */
  #settled: Verdict | undefined = undefined;
  /** By which policies, and in which state, a message was judged that is kept waiting. */
  #kept: { readonly revision: string; readonly state: SessionState } | undefined = undefined;

  constructor(dialect: Dialect, conversation: Conversation, resume: () => void, tell: (notice: Notice) => void) {
    this.#dialect = dialect;
    this.#conversation = conversation;
    this.#resume = resume;
    this.#tell = tell;
  }

  get holding(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Parses a text as this session's target will: EXECUTE means what the session prepared under that name, and an
   * unqualified name means a built-in function only while no schema stands before `pg_catalog`.
   */
  parse(text: string): ParseResult {
    const parsed = this.#dialect.parse({ text });
    const facts = factsOf(parsed);
    const executed = facts.prepared.flatMap(({ action, name }) => (action === 'execute' ? (name ?? []) : []));
    const searchPath = this.#shadowingPath(facts);
    if (executed.length === 0 && searchPath === undefined) return parsed;
    return this.#dialect.parse({
      text,
      settings: {
        ...(executed.length > 0 && { prepared: this.#conversation.preparedTexts(executed) }),
        ...(searchPath !== undefined && { search_path: searchPath }),
      },
    });
  }

  /** A search_path, now or behind a command of the message itself, that lets other functions pass for built-in ones. */
  #shadowingPath({ effects }: StatementFacts): readonly string[] | undefined {
    const now = this.#conversation.state.search_path;
    if (now !== undefined && now.indexOf(CATALOG) > 0) return now;
    if (effects.length < 2) return undefined;
    return effects
      .flat()
      .flatMap((effect) => (effect.kind === 'set' && effect.name === 'search_path' ? [effect.value ?? ''] : []))
      .map(parseIdentifierList)
      .find((path) => path !== undefined && path.indexOf(CATALOG) > 0);
  }

  get dialectName(): string {
    return this.#dialect.name;
  }

  /** What SQL's PREPARE keeps: judged with the PREPARE itself, and again whenever it is bound. */
  prepared(text: string): Prepared {
    const parsed = this.parse(text);
    const { gate, state } = this.#conversation;
    return {
      text,
      parsed,
      facts: factsOf(parsed),
      release: { revision: gate.revision, state, events: [] },
      unused: false,
    };
  }

  /** `undefined`: the gate holds the message; it is to be presented again when `resume` is called. */
  verdict(parsed: ParseResult, facts: StatementFacts, options: JudgeOptions): Verdict | undefined {
    this.#forgetOutdated();
    const settled = this.#settled;
    if (settled !== undefined) {
      this.#settled = this.#kept = undefined;
      return settled;
    }
    const refused = options.refused ?? facts.objection;
    if (parsed.commands.length === 0 && parsed.complete && refused === undefined) return NOTHING_TO_JUDGE;

    const conversation = this.#conversation;
    const request: JudgeRequest = {
      parsed,
      stateBefore: parsed.commands.length > 1 ? conversation.statesBefore(facts.effects) : conversation.stateNow,
      ...(options.parameters !== undefined && options.parameters.length > 0 && { parameters: options.parameters }),
      ...(options.prepare === true && { prepare: true }),
      ...(refused !== undefined && { refused }),
      holdsTo: STATEMENT_QUANTITIES,
      tell: this.#tell,
    };
    const answer = conversation.gate.judge(request);
    if ('held' in answer) {
      this.#hold(answer, refused);
      return undefined;
    }
    return this.#enforce(answer, refused);
  }

  /** Refuses a message that nothing can be parsed from: it leaves an error in the recording. */
  refuseUnparsed(refusal: Refusal): Refusal {
    this.#conversation.gate.recordError(refusal.code, refusal.message);
    return refusal;
  }

  /** The message cannot take its verdict yet: it is presented again, and takes it then. */
  keep(verdict: Verdict): void {
    const { gate, state } = this.#conversation;
    this.#settled = verdict;
    this.#kept = { revision: gate.revision, state };
  }

  /** While a message waited other policies came, or the session changed: it is judged again. */
  #forgetOutdated(): void {
    const { gate, state } = this.#conversation;
    if (this.#kept !== undefined && (this.#kept.revision !== gate.revision || this.#kept.state !== state))
      this.forget();
  }

  /** The message at hand is done with: a verdict that it did not take in the end is for no other. */
  forget(): void {
    const settled = this.#settled;
    if (settled === undefined) return;
    this.#settled = this.#kept = undefined;
    if (settled.released) this.#conversation.gate.recordResult({ events: settled.events, status: 'cancelled' });
  }

  /** Gives the held message up. Whatever the gate answers later is not carried out. */
  withdraw(refusal?: Refusal): void {
    if (this.#held === undefined) return;
    const { verdict } = this.#held;
    this.#held.withdrawn = true;
    this.#held = undefined;
    verdict.withdraw();
    if (refusal === undefined) return;
    this.#settled = { released: false, events: [], refusal, terminate: false };
    this.#resume();
  }

  #hold(verdict: HeldVerdict, refused: OwnRefusal | undefined): void {
    const held = { verdict, withdrawn: false };
    this.#held = held;
    verdict.held.then(
      (settled) => {
        if (held.withdrawn) {
          if (settled.released) this.#conversation.gate.recordResult({ events: settled.events, status: 'cancelled' });
          return;
        }
        this.#held = undefined;
        this.#settled = this.#enforce(settled, refused);
        this.#resume();
      },
      // The gate promises never to reject; should it, the message is refused.
      () => {
        if (held.withdrawn) return;
        this.#held = undefined;
        const refusal: Refusal = { code: 'SP_EVAL_FAILED', message: 'The command could not be judged.', detail: '' };
        this.#settled = { released: false, events: [], refusal, terminate: false };
        this.#resume();
      },
    );
  }

  /** What this protocol refuses stays refused, whatever the gate says. */
  #enforce(verdict: Verdict, refused: OwnRefusal | undefined): Verdict {
    if (verdict.released && refused === undefined) return verdict;
    if (!verdict.released && verdict.refusal !== undefined) return verdict;
    const refusal = { detail: '', ...(refused ?? { code: 'SP_DENIED' as const, message: 'The command was denied.' }) };
    if (refused !== undefined) this.#conversation.gate.recordError(refusal.code, refusal.message);
    return { released: false, events: verdict.events, refusal, terminate: verdict.terminate };
  }
}
