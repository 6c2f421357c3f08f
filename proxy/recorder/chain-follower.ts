import type { Diagnostic } from '../../engine/contract.ts';
import { GENESIS, isBegunLine } from './chain.ts';

/** The members of an event that link it to the others of its recording. */
export interface EventLinks {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  readonly session: string;
  readonly type: string;
}

/**
 * Follows one recording's chain, event by event, and notes what is broken. One damage gives one finding: after a broken
 * line the chain is followed from that line's own claim.
 */
export class ChainFollower {
  readonly #file: string;
  readonly #note: (finding: Diagnostic) => void;
  #prev = GENESIS;
  #next = 0;
  #session: string | undefined;
  #row = 0;
  #lost = false;
  #events = 0;
  #ended = false;

  /** `note` is handed each finding, with the file as it is given here. */
  constructor(file: string, note: (finding: Diagnostic) => void) {
    this.#file = file;
    this.#note = note;
  }

  /** `hash` of the last event. */
  get hash(): string {
    return this.#prev;
  }

  /** Of the first event. */
  get session(): string | undefined {
    return this.#session;
  }

  /** Events whose line could be read. */
  get events(): number {
    return this.#events;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * A line that ends where the file does, without its line feed. Given its `bytes`, what a kill may leave is told from
   * damage: nothing is released before its events are whole, so no more is lost with such a line than with none.
   */
  cut(row: number, bytes?: Buffer): void {
    this.#row = row;
    const begun = bytes !== undefined && !this.#ended && !this.#lost && isBegunLine(bytes, this.#next);
    this.#say(
      begun ? 'warning' : 'error',
      'the last line is cut off: the gateway or the machine stopped while it was written',
    );
  }

  /** A line of which nothing can be trusted, its hash included: the next one tells where the chain goes on. */
  unreadable(row: number, problem: string): void {
    this.#begin(row);
    this.damage(problem);
    this.#lost = true;
  }

  /** `intact`: the event's hash fits it. */
  event(row: number, links: EventLinks, intact: boolean): void {
    this.#begin(row);
    if (!intact) this.damage('the event was changed: its hash does not fit it');
    this.#events += 1;
    this.#follow(links);
    this.#session ??= links.session;
    if (links.session !== this.#session) this.damage(`the event is of another session, ${links.session}`);
    if (links.type === 'end') this.#ended = true;
  }

  #begin(row: number): void {
    this.#row = row;
    if (this.#ended) this.damage('there is more after the end event');
  }

  #follow({ seq, prev, hash, type }: EventLinks): void {
    if (!this.#lost) {
      if (seq !== this.#next) this.damage(`events are missing: ${this.#next} is due and ${seq} is here`);
      else if (prev !== this.#prev) this.damage('the chain is broken: the event does not follow the one before it');
      if (seq === 0 && type !== 'start') this.damage('the first event is not the start event');
    }
    this.#lost = false;
    this.#next = seq + 1;
    this.#prev = hash;
  }

  finish(): void {
    if (this.#row === 0) this.damage('the recording is empty');
    else if (!this.#ended) {
      this.#say('warning', 'there is no end event: the session still runs, or the gateway was killed');
    }
  }

  /** At the line that was read last. */
  damage(message: string): void {
    this.#say('error', message);
  }

  #say(severity: 'error' | 'warning', message: string): void {
    const row = Math.max(1, this.#row);
    this.#note({ severity, code: 'SP_RECORDING_DAMAGED', message, file: this.#file, row, col: 1 });
  }
}
