import type { Decision, Diagnostic, Input, RecordingEvent } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { createEventCheck, type EventCheck } from '../../proxy/recorder/event-schema.ts';
import { readEventLine } from '../../proxy/recorder/verify.ts';
import { readChunks } from '../replay/chunks.ts';
import { LineSplitter } from '../replay/lines.ts';
import { messageOf } from '../../engine/message-of.ts';

/** A command of a recording, or the opening of its session, with what was decided about it then. */
export interface RecordedCommand {
  readonly input: Input;
  /** Line of the file, from 1. */
  readonly row: number;
  readonly seq: number;
  readonly session: string;
  /** Absent where the recording ends before. */
  readonly decision?: Decision;
  /** What is damaged: errors for the command itself, warnings for other lines. */
  readonly findings: readonly Diagnostic[];
}

/**
 * Finds an event of a recording (plain or gzip) by its number. A decision or a result stands for the command that it is
 * about; event 0, and the decision on it, for the opening of the session, where a policy judged that. The file is
 * streamed.
 *
 * @throws SallyportError SP_USAGE when there is no such file or event, SP_RECORDING_DAMAGED when it is there and cannot be read
 */
export async function findRecordedCommand(file: string, seq: number): Promise<RecordedCommand> {
  const search = new Search(file, seq, createEventCheck());
  const splitter = new LineSplitter(search);
  try {
    for await (const chunk of readChunks(file, () => undefined)) splitter.feed(chunk);
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    const why = messageOf(cause);
    if (!search.begun) {
      throw new SallyportError('SP_USAGE', `The recording ${file} cannot be read: ${why}`, {
        help: 'Give a recording (.jsonl or .jsonl.gz); `sallyport recordings list` shows them.',
        cause,
      });
    }
    search.unreadable(why);
  }
  splitter.finish();
  return search.result();
}

/** What was judged, under the number of the event that it is about. */
interface Wanted {
  readonly input: Input;
  readonly seq: number;
  readonly session: string;
}

/** Every command may be the one that a later event is about, so the last ones are kept. */
const KEPT = 1_000;

interface Seen {
  readonly event: Wanted;
  readonly row: number;
  readonly intact: boolean;
}

class Search {
  readonly #file: string;
  readonly #seq: number;
  readonly #check: EventCheck;
  readonly #damage = new Map<number, string>();
  readonly #commands = new Map<number, Seen>();
  #target: number;
  readonly #decisions = new Map<number, Decision>();
  #other: RecordingEvent | undefined;
  #row = 0;
  #last: number | undefined;
  #found: Seen | undefined;

  constructor(file: string, seq: number, check: EventCheck) {
    this.#file = file;
    this.#seq = seq;
    this.#target = seq;
    this.#check = check;
  }

  get begun(): boolean {
    return this.#row > 0;
  }

  line(row: number, bytes: Buffer): void {
    this.#row = row;
    const read = readEventLine(bytes, this.#check);
    if ('problem' in read) {
      this.#damage.set(row, read.problem);
      return;
    }
    const { event, intact } = read;
    if (!intact) this.#damage.set(row, 'the event was changed: its hash does not fit it');
    this.#last = event.seq;
    if (event.type === 'command') this.#remember({ event, row, intact });
    if (event.type === 'decision' && event.input !== undefined) {
      const { input, command, session } = event;
      this.#remember({ event: { input, seq: command, session }, row, intact });
      if (command === this.#target) this.#found = this.#commands.get(command);
    }
    if (event.seq === this.#seq) this.#meet(event);
    if (event.type === 'decision' && this.#keeps(event.command)) this.#decisions.set(event.command, event.decision);
  }

  tooLong(row: number): void {
    this.#row = row;
    this.#damage.set(row, 'the line is too long to be an event');
  }

  cut(row: number): void {
    this.#row = row;
    this.#damage.set(row, 'the last line is cut off: the gateway or the machine stopped while it was written');
  }

  unreadable(why: string): void {
    this.#damage.set(this.#row + 1, `the file cannot be read any further: ${why}`);
  }

  #keeps(command: number): boolean {
    return command === this.#target || this.#commands.has(command);
  }

  #remember(seen: Seen): void {
    this.#commands.set(seen.event.seq, seen);
    const [oldest] = this.#commands.keys();
    if (this.#commands.size <= KEPT || oldest === undefined) return;
    this.#commands.delete(oldest);
    // Its own decision may be long in coming: a held command waits for an approval.
    if (oldest !== this.#target) this.#decisions.delete(oldest);
  }

  #meet(event: RecordingEvent): void {
    this.#other = event;
    if (event.type === 'decision') this.#target = event.command;
    else if (event.type === 'result') this.#target = event.commands[0] ?? this.#seq;
    this.#found = this.#commands.get(this.#target);
  }

  /** @throws SallyportError SP_USAGE, SP_RECORDING_DAMAGED */
  result(): RecordedCommand {
    const found = this.#found;
    if (found === undefined) throw this.#missing();
    const { event, row } = found;
    const findings = [...this.#damage].map(([at, message]): Diagnostic => {
      const severity = at === row ? 'error' : 'warning';
      return { severity, code: 'SP_RECORDING_DAMAGED', message, file: this.#file, row: at, col: 1 };
    });
    const { input, seq, session } = event;
    const decision = this.#decisions.get(seq);
    return { input, row, seq, session, findings, ...(decision === undefined ? {} : { decision }) };
  }

  #missing(): SallyportError {
    if (this.#other !== undefined && this.#target === this.#seq) {
      const what = `Event ${this.#seq} of ${this.#file} is of type ${this.#other.type}, and no command.`;
      return new SallyportError('SP_USAGE', what, { help: this.#commandsHelp() });
    }
    // Events are numbered from 0 and lines from 1: an event whose line is damaged is looked for at its own line.
    const row = this.#target + 1;
    const problem = this.#damage.get(row) ?? this.#beyond(row);
    if (problem !== undefined) {
      return new SallyportError(
        'SP_RECORDING_DAMAGED',
        `${this.#file}:${row}: event ${this.#target} cannot be read: ${problem}.`,
        {
          help: 'See `sallyport recordings verify` for all that is damaged.',
        },
      );
    }
    const range = this.#last === undefined ? 'no events' : `events 0 to ${this.#last}`;
    return new SallyportError('SP_USAGE', `There is no event ${this.#target} in ${this.#file}: it has ${range}.`, {
      help: this.#commandsHelp(),
    });
  }

  /** What cannot be read any further may have held the event. */
  #beyond(row: number): string | undefined {
    const end = this.#damage.get(this.#row + 1);
    return row > this.#row ? end : undefined;
  }

  #commandsHelp(): string {
    const numbers = [...this.#commands.keys()];
    const near = numbers.sort((a, b) => Math.abs(a - this.#seq) - Math.abs(b - this.#seq)).slice(0, 8);
    if (near.length === 0) return 'It holds no commands; `sallyport recordings show` prints its events.';
    return `Commands are events ${near.sort((a, b) => a - b).join(', ')}${numbers.length > 8 ? ', …' : ''}; \`sallyport recordings show\` prints them.`;
  }
}
