import { isDeepStrictEqual } from 'node:util';
import type { Parameter } from '../../../engine/contract.ts';
import type { Dialect, ParseResult, Statement } from '../../../engine/dialect.ts';
import type { Catalogue } from '../../../engine/catalogue.ts';
import type { CommandLineage } from '../../../engine/lineage.ts';
import type { CatalogueView } from '../../catalogue/view.ts';
import { STATEMENT_QUANTITIES } from '../../limits/statement-limits.ts';
import type { HeldVerdict, JudgeRequest, Notice, Refusal, SessionState, Verdict } from '../../protocol.ts';
import { parseIdentifierList } from './identifier-list.ts';
import type { Conversation } from './conversation.ts';
import { LineageFollower, type Followed } from './lineage-follower.ts';
import type { Prepared } from './prepared.ts';
import type { SessionValues } from './session-values.ts';
import { factsOf, type StatementFacts } from './statement-facts.ts';

type OwnRefusal = Pick<Refusal, 'code' | 'message' | 'hint'>;

export interface JudgeOptions {
  readonly parameters?: readonly Parameter[];
  readonly prepare?: boolean;
  readonly refused?: OwnRefusal | undefined;
}

/** A verdict, with the lineage of the commands that it is about: undefined where nobody followed it. */
export type JudgedVerdict = Verdict & { readonly lineage?: readonly CommandLineage[] };

const CATALOG = 'pg_catalog';
/** Should a view break its word. */
const NOTHING_KNOWN: Catalogue = {
  version: 'nothing',
  searchPath: [],
  relation: () => undefined,
  relationByOid: () => undefined,
  functions: () => [],
  type: () => undefined,
  operators: () => [],
};
const NOTHING_TO_JUDGE: JudgedVerdict = { released: true, events: [], terminate: false };

/** When something was judged: by which policies, in which state, and by what was known of where values come from. */
export interface Moment {
  readonly revision: string;
  readonly state: SessionState;
  /** Undefined where values are not followed. */
  readonly catalogue: Catalogue | undefined;
  readonly values: SessionValues | undefined;
}

export interface JudgeSurroundings {
  readonly dialect: Dialect;
  readonly conversation: Conversation;
  /** Absent: values cannot be followed. */
  readonly catalogue: CatalogueView | undefined;
  /** The message that waits is to be presented again. */
  readonly resume: () => void;
  readonly tell: (notice: Notice) => void;
}

/** Asks the dialect and the gate about statements, and keeps the session waiting while the gate holds one. */
export class Judge {
  readonly #dialect: Dialect;
  readonly #conversation: Conversation;
  readonly #resume: () => void;
  readonly #tell: (notice: Notice) => void;
  readonly #follower: LineageFollower;
  readonly #catalogue: CatalogueView | undefined;
  /** What the results of parsing were made of. */
  readonly #statements = new WeakMap<ParseResult, Statement>();
  /** What the client's next message waits for. */
  #held: { readonly verdict: HeldVerdict; withdrawn: boolean } | undefined = undefined;
  /** The client's next message waits for the catalogue. */
  #loading: { withdrawn: boolean } | undefined = undefined;
  /** Read for it, and good for it alone: where it cannot be had, nothing is known. */
  #loaded: Catalogue | undefined = undefined;
  /** What it settled to; the same message is presented again and takes it. */
  #settled: JudgedVerdict | undefined = undefined;
  /** When a message was judged that is kept waiting. */
  #kept: Moment | undefined = undefined;

  constructor({ dialect, conversation, catalogue, resume, tell }: JudgeSurroundings) {
    this.#dialect = dialect;
    this.#conversation = conversation;
    this.#resume = resume;
    this.#tell = tell;
    this.#follower = new LineageFollower(dialect);
    this.#catalogue = catalogue;
  }

  get holding(): boolean {
    return this.#held !== undefined || this.#loading !== undefined;
  }

  /** What a verdict depends on beside the message itself: what was judged at another moment is judged again. */
  get moment(): Moment {
    const { gate, state, values } = this.#conversation;
    const { revision } = gate;
    if (!this.#follows) return { revision, state, catalogue: undefined, values: undefined };
    return { revision, state, catalogue: this.#catalogue?.current, values };
  }

  isNow(then: Moment): boolean {
    const { revision, state, catalogue, values } = this.moment;
    if (then.revision !== revision || then.state !== state) return false;
    return then.values === values && then.catalogue === catalogue && (catalogue !== undefined || !this.#follows);
  }

  get #follows(): boolean {
    return this.#catalogue !== undefined && this.#follower.able && this.#conversation.gate.wantsLineage;
  }

  /**
   * Parses a text as this session's target will: EXECUTE means what the session prepared under that name, and an
   * unqualified name means a built-in function only while no schema stands before `pg_catalog`.
   */
  parse(text: string): ParseResult {
    const parsed = this.#parsed({ text });
    const facts = factsOf(parsed);
    const executed = facts.prepared.flatMap(({ action, name }) => (action === 'execute' ? (name ?? []) : []));
    const searchPath = this.#shadowingPath(facts);
    if (executed.length === 0 && searchPath === undefined) return parsed;
    return this.#parsed({
      text,
      settings: {
        ...(executed.length > 0 && { prepared: this.#conversation.preparedTexts(executed) }),
        ...(searchPath !== undefined && { search_path: searchPath }),
      },
    });
  }

  #parsed(statement: Statement): ParseResult {
    const parsed = this.#dialect.parse(statement);
    if (this.#follows) this.#statements.set(parsed, statement);
    return parsed;
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
    return {
      text,
      parsed,
      facts: factsOf(parsed),
      release: { moment: this.moment, events: [] },
      unused: false,
    };
  }

  /** `undefined`: the gate holds the message, or the catalogue is read for it; it is to be presented again when `resume` is called. */
  verdict(parsed: ParseResult, facts: StatementFacts, options: JudgeOptions): JudgedVerdict | undefined {
    this.#forgetOutdated();
    const settled = this.#settled;
    if (settled !== undefined) {
      this.#settled = this.#kept = undefined;
      return settled;
    }
    const refused = options.refused ?? facts.objection;
    if (parsed.commands.length === 0 && parsed.complete && refused === undefined) return NOTHING_TO_JUDGE;

    const conversation = this.#conversation;
    const stateBefore = parsed.commands.length > 1 ? conversation.statesBefore(facts.effects) : conversation.stateNow;
    const followed = this.#followed(parsed, stateBefore);
    if (followed === 'wait') return undefined;
    const lineage = followed?.commands;
    const request: JudgeRequest = {
      parsed: followed?.parsed ?? parsed,
      stateBefore,
      ...(lineage !== undefined && { lineage }),
      ...(options.parameters !== undefined && options.parameters.length > 0 && { parameters: options.parameters }),
      ...(options.prepare === true && { prepare: true }),
      ...(refused !== undefined && { refused }),
      holdsTo: STATEMENT_QUANTITIES,
      tell: this.#tell,
    };
    const answer = conversation.gate.judge(request);
    if ('held' in answer) {
      this.#hold(answer, refused, lineage && { parsed, stateBefore, lineage });
      return undefined;
    }
    return withLineage(this.#enforce(answer, refused), lineage);
  }

  /** Where the values of a message come from, if the policies in force want to know. */
  #followed(parsed: ParseResult, stateBefore: (index: number) => SessionState): Followed | 'wait' | undefined {
    const view = this.#catalogue;
    if (view === undefined || !this.#follows) return undefined;
    const current = view.current ?? this.#loaded;
    this.#loaded = undefined;
    if (current === undefined) {
      this.#load(view);
      return 'wait';
    }
    const { values, pathKnown } = this.#conversation;
    return this.#follower.follow(this.#statements.get(parsed), parsed, current, values, stateBefore, pathKnown);
  }

  #load(view: CatalogueView): void {
    const loading = { withdrawn: false };
    this.#loading = loading;
    const loaded = (catalogue: Catalogue): void => {
      if (loading.withdrawn) return;
      this.#loading = undefined;
      this.#loaded = catalogue;
      this.#resume();
    };
    view.load().then(loaded, () => {
      loaded(NOTHING_KNOWN);
    });
  }

  /** Refuses a message that nothing can be parsed from: it leaves an error in the recording. */
  refuseUnparsed(refusal: Refusal): Refusal {
    this.#conversation.gate.recordError(refusal.code, refusal.message);
    return refusal;
  }

  /** The message cannot take its verdict yet: it is presented again, and takes it then. */
  keep(verdict: JudgedVerdict): void {
    this.#settled = verdict;
    this.#kept = this.moment;
  }

  /** While a message waited other policies came, or the session changed: it is judged again. */
  #forgetOutdated(): void {
    if (this.#kept !== undefined && !this.isNow(this.#kept)) this.forget();
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
    if (!this.holding) return;
    if (this.#loading !== undefined) this.#loading.withdrawn = true;
    this.#loading = undefined;
    if (this.#held !== undefined) {
      this.#held.withdrawn = true;
      this.#held.verdict.withdraw();
    }
    this.#held = undefined;
    if (refusal === undefined) return;
    this.#settled = { released: false, events: [], refusal, terminate: false };
    this.#resume();
  }

  #hold(verdict: HeldVerdict, refused: OwnRefusal | undefined, followed: FollowedBefore | undefined): void {
    const held = { verdict, withdrawn: false };
    this.#held = held;
    verdict.held
      .then(async (settled) => {
        if (settled.released && !held.withdrawn && followed !== undefined && !(await this.#stillFollows(followed)))
          return this.#superseded(settled);
        return settled;
      })
      .then(
        (settled) => {
          if (held.withdrawn) {
            if (settled.released) this.#conversation.gate.recordResult({ events: settled.events, status: 'cancelled' });
            return;
          }
          this.#held = undefined;
          this.#settled = withLineage(this.#enforce(settled, refused), followed?.lineage);
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

  /** People took their time: a view may be another one by now, and what was to be masked of it something else. */
  async #stillFollows({ parsed, stateBefore, lineage }: FollowedBefore): Promise<boolean> {
    const view = this.#catalogue;
    if (view === undefined) return true;
    const catalogue = view.current ?? (await view.load());
    const { values, pathKnown } = this.#conversation;
    const statement = this.#statements.get(parsed);
    const now = this.#follower.follow(statement, parsed, catalogue, values, stateBefore, pathKnown);
    return isDeepStrictEqual(now.commands, lineage);
  }

  /** What was approved is not what would run. */
  #superseded({ events }: Verdict): Verdict {
    const { gate } = this.#conversation;
    gate.recordResult({ events, status: 'cancelled' });
    const refusal: Refusal = {
      code: 'SP_REVIEW_SUPERSEDED',
      message: 'Objects that the command reads changed while it waited for approval.',
      detail: '',
      hint: 'Send it again: it is judged, and can be approved, as it is now.',
    };
    gate.recordError(refusal.code, refusal.message);
    return { released: false, events, refusal, terminate: false };
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

/** By what a message that people decide about was judged. */
interface FollowedBefore {
  readonly parsed: ParseResult;
  readonly stateBefore: (index: number) => SessionState;
  readonly lineage: readonly CommandLineage[];
}

function withLineage(verdict: Verdict, lineage: readonly CommandLineage[] | undefined): JudgedVerdict {
  return lineage === undefined ? verdict : { ...verdict, lineage };
}
