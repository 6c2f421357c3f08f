import type { Writable } from 'node:stream';
import type { Advance } from './crew.ts';

export interface ProgressOptions {
  readonly stream: Writable & { readonly isTTY?: boolean };
  /** Of all files; 0 where that is not known. */
  readonly totalBytes: number;
  /** Lines now and then where nobody looks at a terminal. */
  readonly lines: boolean;
  readonly clock?: () => number;
}

const BAR = 24;
const TERMINAL_MS = 100;
const LINES_MS = 10_000;

/** Says how far a replay has come: a bar that is redrawn on a terminal, lines elsewhere where they are asked for. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #clock: () => number;
  readonly #started: number;
  #last: number;
  #bytes = 0;
  #commands = 0;
  #drawn = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#started = this.#last = this.#clock();
  }

  advance({ bytes, commands }: Advance): void {
    this.#bytes += bytes;
    this.#commands += commands;
    const { stream, lines } = this.#options;
    const terminal = stream.isTTY === true;
    const now = this.#clock();
    if ((!terminal && !lines) || now - this.#last < (terminal ? TERMINAL_MS : LINES_MS)) return;
    this.#last = now;
    this.#drawn = terminal;
    stream.write(terminal ? `\r\x1b[K${this.#line(now)}` : `${this.#line(now)}\n`);
  }

  /** Takes the bar away. */
  finish(): void {
    if (this.#drawn) this.#options.stream.write('\r\x1b[K');
  }

  #line(now: number): string {
    const seconds = Math.max(0.001, (now - this.#started) / 1_000);
    const rate = `${count(this.#commands)} commands, ${count(Math.round(this.#commands / seconds))}/s`;
    const { totalBytes } = this.#options;
    if (totalBytes === 0) return rate;
    const share = Math.min(1, this.#bytes / totalBytes);
    const full = Math.round(share * BAR);
    return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${Math.floor(share * 100)} %  ${rate}`;
  }
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
