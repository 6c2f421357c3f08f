/** Bytes of recordings that are read and written at once. */
const TURN_BYTES = 4 * 1024 * 1024;
const BUSY_TURN_BYTES = 128 * 1024;
/** Files of one turn: those of short sessions are many and small. */
const TURN_FILES = 64;
const BUSY_TURN_FILES = 4;
/** From which load on a gateway counts as busy. */
const BUSY_LOAD = 0.3;
/** Of the time, while the gateway has none to spare: what is recorded is safe, and the index may come later. */
const LEAST_SHARE = 0.01;
/** The same where somebody waits for what is read. */
const URGENT_SHARE = 0.5;
/** How often a gateway that is left alone is asked whether it still is busy, in milliseconds. */
const ASK_MS = 100;
/** A shorter time says nothing about how busy a gateway is, in milliseconds: whoever asks is all that happened in it. */
const TELLING_MS = 10;

export interface PaceOptions {
  /** How much of the time since the last call the gateway's own thread was at work, from 0 to 1. Default: none. */
  readonly load?: (() => number) | undefined;
  /** Whether somebody waits for what is to be read. */
  readonly isAwaited: () => boolean;
}

/** How much is indexed in one go. */
export interface Turn {
  readonly files: number;
  /** Of each file. */
  readonly bytes: number;
}

/**
 * How fast a gateway indexes what it records: at once while it has little else to do; in small turns with long rests
 * while it is busy, so that its clients do not notice.
 */
export class Pace {
  readonly #loadOf: () => number;
  readonly #isAwaited: () => boolean;
  #load = 0;
  #asked = 0;
  /** Ends the rest. */
  #wake: (() => void) | undefined;
  #closed = false;

  constructor({ load = () => 0, isAwaited }: PaceOptions) {
    this.#loadOf = load;
    this.#isAwaited = isAwaited;
  }

  /** There is something to read, and a little later its turn will come: how busy the gateway is shows until then. */
  look(): void {
    this.#ask();
  }

  /** @param waiting how many files there are to read */
  turn(waiting: number): Turn {
    this.#ask();
    const [most, bytes] = this.#busy ? [BUSY_TURN_FILES, BUSY_TURN_BYTES] : [TURN_FILES, TURN_BYTES];
    const files = Math.max(1, Math.min(waiting, most));
    return { files, bytes: Math.ceil(bytes / files) };
  }

  /**
   * Leaves a busy gateway alone after a turn, for as long as it is busy.
   *
   * @param took how long the turn took, in milliseconds
   */
  async rest(took: number): Promise<void> {
    this.#ask();
    if (!this.#busy || this.#closed) return;
    const urgent = took * (1 / URGENT_SHARE - 1);
    await pause(urgent);
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const started = performance.now() - urgent;
    let left = ASK_MS;
    while (left > 0 && !this.#isCutShort) {
      await Promise.race([pause(Math.min(left, ASK_MS)), woken]);
      if (!this.#ask()) break;
      left = started + took * (1 / this.#share - 1) - performance.now();
    }
    this.#wake = undefined;
  }

  /** @returns whether the gateway is busy */
  #ask(): boolean {
    const now = performance.now();
    if (now - this.#asked >= TELLING_MS) {
      this.#asked = now;
      this.#load = this.#loadOf();
    }
    return this.#busy;
  }

  get #busy(): boolean {
    return this.#load > BUSY_LOAD;
  }

  get #isCutShort(): boolean {
    return this.#closed || this.#isAwaited();
  }

  /** Of the time, for indexing: the fuller the gateway's day, the less. */
  get #share(): number {
    return Math.max(LEAST_SHARE, (1 - this.#load) ** 2 / 2);
  }

  /** Somebody waits now for what is to be read: the rest ends. */
  hurry(): void {
    this.#wake?.();
  }

  /** There are no clients any more whom indexing could hold up. */
  close(): void {
    this.#closed = true;
    this.hurry();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
