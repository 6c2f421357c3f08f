import type { Dialect, ParseResult } from '../../engine/dialect.ts';
import { ExpectationMatcher, type Expectation, type ObservedChange } from './expectations.ts';
import type { CommandInput, ReadEvent, RecordedRuling } from './event-reader.ts';
import { judgeCommands, unvouched, type Judge, type Judgement } from './judge.ts';
import type { ChangeKind } from './measures.ts';
import { exampleOf, nameOf, type Occurrence } from './occurrence.ts';
import { changeBetween, outcomeOf, owesMasks, without, type Change, type Outcome } from './outcome.ts';
import type { SessionChoice } from './selection.ts';
import { MetMasks, RecordedColumns } from './recorded-values.ts';
import { ReadingComparison, StatementReader } from './statements.ts';
import type { Tally } from './tally.ts';

/** A readable event. */
export type IntactEvent = Extract<ReadEvent, { event: unknown }>;

interface Recorded {
  readonly row: number;
  readonly seq: number;
  readonly time: string;
  readonly input: CommandInput;
  ruling: RecordedRuling | undefined;
}

export interface CommandReplayOptions {
  readonly tally: Tally;
  readonly choice: SessionChoice;
  readonly judge: Judge;
  /** Absent: what was recorded is compared with. */
  readonly baseline?: Judge;
  /** Dialects to parse with again; absent: commands are taken as they were recorded. */
  readonly dialects?: readonly Dialect[];
  readonly expectations?: readonly Expectation[];
}

/**
 * Judges recorded commands again, and counts what is different. Shared by the sessions of one thread.
 *
 * Commands are put by until there are some hundred, and then go through one step after the other together: parser, policy
 * and reader are large programs, and each would push the others out of the processor's caches with every command.
 */
export class CommandReplay {
  readonly #options: CommandReplayOptions;
  readonly #statements: StatementReader | undefined;
  readonly #comparison = new ReadingComparison();
  readonly #columns = new RecordedColumns();
  readonly #masks = new MetMasks();
  readonly #matcher: ExpectationMatcher | undefined;
  #waiting: Occurrence[] = [];
  readonly #recorded = new WeakMap<RecordedRuling, Outcome>();
  readonly #changes = new WeakMap<Outcome, WeakMap<Outcome, { readonly change: Change | undefined }>>();

  constructor(options: CommandReplayOptions) {
    this.#options = options;
    if (options.dialects !== undefined) this.#statements = new StatementReader(options.dialects);
    if (options.expectations !== undefined) this.#matcher = new ExpectationMatcher(options.expectations);
  }

  get tally(): Tally {
    return this.#options.tally;
  }

  get choice(): SessionChoice {
    return this.#options.choice;
  }

  get judgesSessions(): boolean {
    return this.#options.judge.judgesSessions;
  }

  /** A session that opened, or was kept out. */
  opening(one: Pick<Occurrence, 'file' | 'row' | 'input' | 'ruling'>): void {
    if (!this.#options.choice.isInTime(one.input.now)) return;
    this.tally.count('openings');
    this.#waiting.push({ ...one, message: [] });
  }

  /** The commands of one message, in order. */
  message(file: string, commands: readonly Recorded[]): void {
    const { tally, choice } = this.#options;
    const inputs = commands.map(({ input }) => input);
    for (const { input, row, ruling } of commands) {
      tally.count('commands');
      if (!choice.isInTime(input.now)) tally.count('commands_left_out');
      else if (ruling === undefined) tally.count('undecided');
      else {
        tally.count('judged');
        this.#waiting.push({ file, row, input, command: input, ruling, message: inputs });
      }
    }
    if (this.#waiting.length >= TOGETHER) this.settle();
  }

  /** Judges what was put by. Call it when everything was read. */
  settle(): void {
    const { judge, baseline } = this.#options;
    const waiting = this.#waiting;
    this.#waiting = [];
    const parsed = waiting.map((one) => this.#parsed(one));
    const after = waiting.map((one, index) => judgedBy(judge, one, parsed[index]));
    const before =
      baseline === undefined
        ? waiting.map(({ ruling }) => this.#recordedOutcome(ruling))
        : waiting.map((one, index) => judgedBy(baseline, one, parsed[index]).outcome);
    for (const [index, one] of waiting.entries()) {
      const [was, is] = [before[index], after[index]];
      if (was !== undefined && is !== undefined) this.#compare(one, was, is, parsed[index]);
    }
  }

  /** Undefined where the command is taken as it was recorded. */
  #parsed(one: Occurrence): ParseResult | undefined {
    const { tally } = this.#options;
    if (one.command === undefined) return undefined;
    const reading = this.#statements?.read(one.command, one.message);
    if (reading === undefined) return undefined;
    if ('parsed' in reading) {
      const { parsed } = reading;
      const commands = this.#columns.placed(one.command, parsed.commands);
      return commands === parsed.commands ? parsed : { ...parsed, commands };
    }
    tally.kept(reading.kept);
    if (reading.kept === 'dialect') {
      tally.group('dialect', [one.command.command.dialect], one, () => exampleOf(one));
    }
    return undefined;
  }

  #compare(one: Occurrence, before: Outcome, after: Judgement, parsed: ParseResult | undefined): void {
    const { tally } = this.#options;
    tally.decided(before.effect, after.outcome.effect);
    tally.fired(after.fired);
    let difference: string | undefined;
    if (parsed !== undefined && one.command !== undefined) {
      tally.count('parsed_again');
      difference = this.#comparison.difference(one.command.command, parsed);
    }
    if (difference !== undefined) {
      tally.count('parsed_differently');
      tally.group('parsed', [difference], one, () => exampleOf(one));
    }
    this.#noteError(one, before, after.outcome);
    const change = this.#change(this.#met(before, one), this.#met(after.outcome, one));
    if (change !== undefined) this.#noteChange(one, change, difference !== undefined);
  }

  #recordedOutcome(ruling: RecordedRuling): Outcome {
    let outcome = this.#recorded.get(ruling);
    if (outcome === undefined) this.#recorded.set(ruling, (outcome = outcomeOf(ruling)));
    return outcome;
  }

  /** Without masks that had nothing to be put on. */
  #met(outcome: Outcome, { command }: Occurrence): Outcome {
    if (command?.result === undefined || !owesMasks(outcome)) return outcome;
    return without(outcome, (what) => what.startsWith('mask ') && !this.#masks.canMeet(what, command));
  }

  #change(before: Outcome, after: Outcome): Change | undefined {
    if (before.effect === after.effect && before.owed.size === 0 && after.owed.size === 0) return undefined;
    let known = this.#changes.get(before);
    if (known === undefined) this.#changes.set(before, (known = new WeakMap()));
    let found = known.get(after);
    if (found === undefined) known.set(after, (found = { change: changeBetween(before, after) }));
    return found.change;
  }

  #noteError(one: Occurrence, before: Outcome, { error }: Outcome): void {
    if (error === undefined) return;
    const { tally } = this.#options;
    tally.count('errors');
    if (before.error !== undefined) tally.count('errors_before');
    tally.group('error', [before.error === undefined ? 'new' : 'before', error], one, () => exampleOf(one));
  }

  #noteChange(one: Occurrence, change: Change, parsedDifferently: boolean): void {
    const { tally } = this.#options;
    const { subject, resource } = one.input;
    const who = { subject: subject.id, resource: resource.name, fingerprint: nameOf(one).fingerprint };
    tally.count('changed');
    for (const { kind, items } of observations(change)) {
      const counts = tally.changes[kind];
      counts.count += 1;
      if (parsedDifferently) counts.parsed_differently += 1;
      const accepted = items.map((item) => this.#isAccepted(one, { kind, ...who, ...item }));
      if (accepted.every((yes) => yes)) counts.accepted += 1;
      const group = (table: 'rule' | 'subject' | 'resource' | 'fingerprint', value: string): void => {
        tally.group(table, [kind, value], one, () => exampleOf(one));
      };
      for (const rule of kind.startsWith('obligations') ? [] : change.rules) group('rule', rule);
      group('subject', who.subject);
      group('resource', who.resource);
      group('fingerprint', who.fingerprint);
    }
    for (const { how, what, values } of change.obligations) {
      tally.group('obligation', [how, what, values], one, () => exampleOf(one));
    }
  }

  /** Without expectations nothing is accepted, and nothing is noted as unexpected. */
  #isAccepted(one: Occurrence, change: ObservedChange): boolean {
    if (this.#matcher === undefined) return false;
    const { tally } = this.#options;
    const index = this.#matcher.find(change);
    if (index >= 0) {
      tally.accepted(String(index));
      return true;
    }
    const cause = change.obligation ?? change.rules.join(', ');
    tally.group('unexpected', [change.kind, cause, change.fingerprint], one, () => exampleOf(one));
    return false;
  }
}

/** How many commands are judged together: few enough that what they hold stays in the caches, too. */
const TOGETHER = 32;

function judgedBy(judge: Judge, { input, command }: Occurrence, parsed: ParseResult | undefined): Judgement {
  if (parsed === undefined || command === undefined) return judge.judge(input);
  const { complete, commands } = parsed;
  // What the gate refuses without asking anybody (proxy/gate.ts).
  if (!complete && commands.every((command) => command.complete)) return unvouched;
  return judgeCommands(judge, command, commands);
}

/** A change as what it counts for: an effect's, or each way in which what is owed is different. */
function observations(
  change: Change,
): { readonly kind: ChangeKind; readonly items: readonly { rules: readonly string[]; obligation?: string }[] }[] {
  const { from, to, rules, obligations } = change;
  if (from !== to) return [{ kind: `${from}->${to}` as ChangeKind, items: [{ rules }] }];
  return (['gained', 'lost', 'changed'] as const).flatMap((how) => {
    const items = obligations.filter((one) => one.how === how).map(({ what }) => ({ rules, obligation: what }));
    return items.length === 0 ? [] : [{ kind: `obligations-${how}` as const, items }];
  });
}

/** One session of a file: puts commands and their decisions together, and messages of several commands. */
export class SessionReplay {
  readonly #replay: CommandReplay;
  readonly #file: string;
  #message: Recorded[] = [];
  /** When the last decision was written; '' if something else came since. */
  #decidedAt = '';
  #asked: boolean | undefined;
  /** The start event was the last one: the decision on the session stands behind it, if there is any. */
  #starts = false;

  constructor(replay: CommandReplay, file: string) {
    this.#replay = replay;
    this.#file = file;
  }

  event(row: number, { event, links, time }: IntactEvent): void {
    const { tally, choice } = this.#replay;
    const starts = this.#starts;
    this.#starts = event.type === 'start';
    if (starts && event.type !== 'opening' && this.#asked === true && this.#replay.judgesSessions) {
      tally.count('openings_unknown');
    }
    switch (event.type) {
      case 'start':
        this.#ask(choice.isAsked(event.subject.id, event.resource.name));
        break;
      case 'opening':
        if (this.#asked === true) {
          this.#replay.opening({ file: this.#file, row, input: event.input, ruling: event.ruling });
        }
        this.#decidedAt = time;
        return;
      case 'command': {
        // A recording that lost its beginning still says in each command who and where.
        if (this.#asked === undefined) this.#ask(choice.isAsked(event.input.subject.id, event.input.resource.name));
        if (this.#asked !== true) return;
        const last = this.#message.at(-1);
        if (last !== undefined && !isOneMessage(last, event.input, time)) this.flush();
        this.#message.push({ row, seq: links.seq, time, input: event.input, ruling: undefined });
        return;
      }
      case 'decision': {
        const of = this.#message.find(({ seq }) => seq === event.command);
        if (of !== undefined) of.ruling = event.ruling;
        this.#decidedAt = time;
        return;
      }
      case 'error':
        // Behind a decision stands why the gate refused the message all the same.
        if (this.#asked === true && this.#decidedAt !== time) tally.refused(event.code);
        break;
      case 'other':
        break;
    }
    this.#decidedAt = '';
    this.flush();
  }

  #ask(asked: boolean): void {
    this.#asked = asked;
    this.#replay.tally.count(asked ? 'sessions' : 'sessions_left_out');
  }

  flush(): void {
    if (this.#message.length === 0) return;
    const message = this.#message;
    this.#message = [];
    this.#replay.message(this.#file, message);
  }
}

/**
 * Whether a command came in the same message as the one before it: judged at the same time, written at once, counted on,
 * and standing behind it in the text.
 */
function isOneMessage(last: Recorded, input: CommandInput, time: string): boolean {
  const { session, command, now } = last.input;
  return (
    last.time === time &&
    now === input.now &&
    session.counters.commands + 1 === input.session.counters.commands &&
    session.counters.denied === input.session.counters.denied &&
    command.span.end <= input.command.span.start
  );
}
