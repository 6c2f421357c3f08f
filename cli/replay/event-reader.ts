import { isAscii, isUtf8 } from 'node:buffer';
import type {
  Client,
  Command,
  Decision,
  Effect,
  Input,
  Parameter,
  Resource,
  Result,
  Subject,
} from '../../engine/contract.ts';
import { deepFreeze } from '../../engine/decision.ts';
import { hashOfLine } from '../../proxy/recorder/chain.ts';
import type { EventLinks } from '../../proxy/recorder/chain-follower.ts';
import type { EventCheck } from '../../proxy/recorder/event-schema.ts';
import { readEventLine } from '../../proxy/recorder/verify.ts';
import { cutCommand, cutDecision, cutLine, type CommandCuts, type CommandGuess, type LineCuts } from './event-cuts.ts';
import { SegmentCache, type Segment } from './segments.ts';

/** What was decided, without the decision's id. Frozen, and the same object for the same bytes while it is remembered. */
export type RecordedRuling = Omit<Decision, 'id'>;

/** What replay needs of an event. */
export type ReplayEvent =
  | { readonly type: 'start'; readonly subject: Subject; readonly resource: Resource }
  | { readonly type: 'command'; readonly input: CommandInput }
  | { readonly type: 'decision'; readonly command: number; readonly ruling: RecordedRuling }
  /** The decision on the session itself, with what was judged. */
  | { readonly type: 'opening'; readonly input: Input; readonly ruling: RecordedRuling }
  | { readonly type: 'error'; readonly code: string }
  /** Results, approvals, the end: followed in the chain alone. */
  | { readonly type: 'other' };

/** An input of the command stage; its parts are frozen. */
export type CommandInput = Input & { readonly command: Command };

export type ReadEvent =
  | { readonly links: EventLinks; readonly time: string; readonly event: ReplayEvent; readonly intact: boolean }
  | { readonly problem: string };

interface Actors {
  readonly subject: Subject;
  readonly resource: Resource;
  readonly client: Client;
}

/** What a command is but for its text, and what followed it the last time. */
interface Head {
  readonly command: Pick<
    Command,
    'dialect' | 'verb' | 'effects' | 'targets' | 'functions' | 'complete' | 'reasons' | 'fingerprint'
  >;
  tail?: Segment<Tail>;
}
interface Tail {
  readonly command: Pick<Command, 'secrets' | 'attributes'>;
  ruling?: Segment<RecordedRuling>;
  result?: Segment<Result>;
}
type State = Omit<Input['session'], 'id' | 'effects' | 'counters'>;

/**
 * Reads a recording's lines.
 *
 * Most of a line has been seen before: the same subject, the same state, the same shape of command, the same decision.
 * So a line as the gateway writes it is cut into its members, and members that were read before are not read again: they
 * are found by their bytes, first of all where they are to be expected. That is quicker by far, and makes them the same
 * frozen objects, which the engine's memo knows by identity. A line with a part that is new is read as a whole and held
 * to the schema, as `recordings verify` does, before its parts are remembered; a line of another layout is read as a whole
 * each time. Results are only followed in the chain.
 */
export class EventReader {
  readonly #check: EventCheck;
  readonly #actors = new SegmentCache<Actors>(1_000, 1_000_000);
  readonly #states = new SegmentCache<State>(2_000, 1_000_000);
  readonly #effects = new SegmentCache<Effect[]>(2_000, 1_000_000);
  readonly #heads = new SegmentCache<Head>(4_000, 3_000_000);
  readonly #tails = new SegmentCache<Tail>(4_000, 2_000_000);
  readonly #results = new SegmentCache<Result>(4_000, 2_000_000);
  readonly #rulings = new SegmentCache<RecordedRuling>(2_000, 2_000_000);
  readonly #errors = new SegmentCache<ReplayEvent>(500, 200_000);
  /** The head that was met last for a fingerprint. */
  readonly #fingerprints = new SegmentCache<{ head: Segment<Head> }>(4_000, 200_000);
  #line: LineCuts | undefined;
  #guess: CommandGuess | undefined;
  /** Of the last command. */
  #tail: Tail | undefined;

  constructor(check: EventCheck) {
    this.#check = check;
  }

  /** @param line a whole line without its line feed */
  read(line: Buffer): ReadEvent {
    const ascii = isAscii(line);
    if (!ascii && !isUtf8(line)) return { problem: 'the line is not JSON' };
    const text = line.toString('latin1');
    const cuts = cutLine(text, this.#line);
    if (cuts !== undefined) {
      this.#line = cuts;
      const event = this.#readByParts(line, text, cuts, ascii);
      const intact = event !== undefined && hashOfLine(cuts.prev, line) === cuts.hash;
      // What equals a hash is one; what does not may be no hash at all, which is another finding.
      if (event !== undefined && (intact || (isHash.test(cuts.prev) && isHash.test(cuts.hash)))) {
        return { links: cuts, time: cuts.time, event, intact };
      }
    }
    return this.#readWhole(line, text, cuts, ascii);
  }

  #readByParts(line: Buffer, text: string, cuts: LineCuts, ascii: boolean): ReplayEvent | undefined {
    switch (cuts.type) {
      case 'command': {
        const parts = cutCommand(text, cuts, this.#guess);
        return parts === undefined ? undefined : this.#command(line, text, cuts, parts, ascii);
      }
      case 'decision': {
        const parts = cutDecision(text, cuts);
        if (parts === undefined) return undefined;
        const ruling = this.#rulings.find(text, parts.ruling, cuts.end, this.#tail?.ruling);
        if (ruling === undefined) return undefined;
        if (this.#tail !== undefined) this.#tail.ruling = ruling;
        return { type: 'decision', command: parts.command, ruling: ruling.value };
      }
      case 'result':
        return { type: 'other' };
      case 'error':
        return this.#errors.find(text, cuts.body, cuts.end)?.value;
      default:
        return undefined;
    }
  }

  #command(line: Buffer, text: string, cuts: LineCuts, parts: CommandCuts, ascii: boolean): ReplayEvent | undefined {
    const actors = this.#actors.find(text, parts.actors, parts.actorsEnd);
    const state = this.#states.find(text, parts.state, parts.stateEnd);
    const effects = this.#effects.find(text, parts.effects, parts.effectsEnd);
    const head = this.#head(text, parts);
    if (head === undefined || actors === undefined || state === undefined || effects === undefined) return undefined;
    const tail = this.#tails.find(text, parts.tail, parts.tailEnd, head.tail);
    if (tail === undefined) return undefined;
    const result = parts.result === undefined ? undefined : this.#result(text, parts.result, parts, tail.value);
    if (parts.result !== undefined && result === undefined) return undefined;
    head.tail = tail;
    this.#tail = tail.value;
    this.#guess = { actors: actors.text, state: state.text, effects: effects.text };
    const own = readText(line, text, parts.text + TEXT_KEY, parts.textEnd, ascii);
    const parameters =
      parts.parameters === undefined ? undefined : readJson(line, parts.parameters, parts.parametersEnd);
    if (own === undefined || (parts.parameters !== undefined && !Array.isArray(parameters))) return undefined;
    const input: CommandInput = {
      schema: 1,
      stage: 'command',
      now: parts.now,
      subject: actors.value.subject,
      resource: actors.value.resource,
      client: actors.value.client,
      session: {
        ...state.value,
        id: cuts.session,
        effects: effects.value,
        counters: { commands: parts.commands, denied: parts.denied },
      },
      command: {
        ...head.command,
        text: own,
        span: { start: parts.spanStart, end: parts.spanEnd },
        ...tail.value.command,
      },
    };
    if (parameters !== undefined) input.parameters = parameters as Parameter[];
    if (result !== undefined) input.result = result;
    return { type: 'command', input };
  }

  #result(text: string, from: number, { resultEnd }: CommandCuts, tail: Tail): Result | undefined {
    const result = this.#results.find(text, from, resultEnd, tail.result);
    if (result !== undefined) tail.result = result;
    return result?.value;
  }

  /** Its fingerprint stands at its end and nearly always tells which one it is. */
  #head(text: string, parts: CommandCuts): Head | undefined {
    const fingerprint = this.#fingerprints.find(text, parts.text - FINGERPRINT, parts.text);
    const head = this.#heads.find(text, parts.head, parts.text, fingerprint?.value.head);
    if (head === undefined) return undefined;
    if (fingerprint !== undefined) fingerprint.value.head = head;
    else this.#fingerprints.add(text, parts.text - FINGERPRINT, parts.text, { head });
    return head.value;
  }

  #readWhole(line: Buffer, text: string, cuts: LineCuts | undefined, ascii: boolean): ReadEvent {
    const read = readEventLine(line, this.#check);
    if ('problem' in read) return read;
    const { event, intact } = read;
    if (cuts !== undefined) this.#learn(line, text, cuts);
    const byParts = cuts === undefined ? undefined : this.#readByParts(line, text, cuts, ascii);
    return { links: event, time: event.time, intact, event: byParts ?? deepFreeze(plainEvent(event)) };
  }

  /** Remembers the parts of a line that follows the schema. A part that is JSON by itself was cut where it ends. */
  #learn(line: Buffer, text: string, cuts: LineCuts): void {
    const add = <Value>(
      cache: SegmentCache<Value>,
      [from, to]: readonly [number, number],
      [before, after]: readonly [string, string],
      valueOf: (read: unknown) => Value,
    ): void => {
      if (cache.find(text, from, to) !== undefined) return;
      const value = parse(`${before}${line.toString('utf8', from, to)}${after}`);
      if (value !== undefined) cache.add(text, from, to, valueOf(deepFreeze(value)));
    };
    if (cuts.type === 'decision') {
      const parts = cutDecision(text, cuts);
      if (parts !== undefined)
        add(this.#rulings, [parts.ruling, cuts.end], ['{', ''], (read) => read as RecordedRuling);
    } else if (cuts.type === 'error') {
      add(this.#errors, [cuts.body, cuts.end], ['{"type":"error"', '}'], (read): ReplayEvent => ({
        type: 'error',
        code: (read as { code: string }).code,
      }));
    }
    if (cuts.type !== 'command') return;
    const parts = cutCommand(text, cuts);
    if (parts === undefined) return;
    add(this.#actors, [parts.actors, parts.actorsEnd], ['{', '}'], (read) => read as Actors);
    add(this.#states, [parts.state, parts.stateEnd], ['', '}'], (read) => read as State);
    add(this.#effects, [parts.effects, parts.effectsEnd], ['', ''], (read) => read as Effect[]);
    add(this.#heads, [parts.head, parts.text], ['', '}'], (read): Head => ({ command: read as Head['command'] }));
    add(this.#tails, [parts.tail, parts.tailEnd], ['{', ''], (read): Tail => ({ command: read as Tail['command'] }));
    if (parts.result !== undefined) {
      add(this.#results, [parts.result, parts.resultEnd], ['', ''], (read) => read as Result);
    }
  }
}

/** How much of a head's end is looked at for its fingerprint: `"postgres:827de29be2fda237"` and a little more. */
const FINGERPRINT = 32;

const isHash = /^[0-9a-f]{64}$/;

/** `,"text":"` */
const TEXT_KEY = 9;

function plainEvent(event: Extract<ReturnType<typeof readEventLine>, { event: unknown }>['event']): ReplayEvent {
  switch (event.type) {
    case 'start':
      return { type: 'start', subject: event.subject, resource: event.resource };
    case 'command':
      // The schema lets the command out for the other stages, which are not recorded as commands.
      return event.input.command === undefined
        ? { type: 'other' }
        : { type: 'command', input: { ...event.input, command: event.input.command } };
    case 'decision': {
      const { revision, effect, reasons, obligations } = event.decision;
      const ruling = { revision, effect, reasons, obligations };
      return event.input === undefined
        ? { type: 'decision', command: event.command, ruling }
        : { type: 'opening', input: event.input, ruling };
    }
    case 'error':
      return { type: 'error', code: event.code };
    case 'approval':
      return { type: 'other' };
    default:
      return { type: 'other' };
  }
}

/** The value of a JSON string whose inside stands between two offsets. */
function readText(line: Buffer, text: string, from: number, to: number, ascii: boolean): string | undefined {
  const escape = text.indexOf('\\', from);
  if (escape < 0 || escape >= to) {
    // Bytes again, not a slice of the line: who remembers a text would keep all of the line alive.
    const plain = line.toString(ascii ? 'latin1' : 'utf8', from, to);
    return hasControls.test(plain) ? undefined : plain;
  }
  const value = parse(`"${line.toString('utf8', from, to)}"`);
  return typeof value === 'string' ? value : undefined;
}

/** JSON's strings hold them as escapes only. */
// eslint-disable-next-line no-control-regex
const hasControls = /[\u0000-\u001f]/;

function readJson(line: Buffer, from: number, to: number): unknown {
  return parse(line.toString('utf8', from, to));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
