import { message, readText, type Frame } from './frames.ts';

/**
 * Gives the prepared statements of each connection names of their own, because all connections share one session of the
 * database. The unnamed statement stays unnamed: it lives within a turn.
 */
export class StatementNames {
  readonly #prefix: string;
  readonly #names = new Set<string>();

  constructor(connection: number) {
    this.#prefix = `c${connection}.`;
  }

  /** The message as the database is to see it. */
  rename({ type, bytes }: Frame): Buffer {
    if (type === 'P') {
      const { text, end } = readText(bytes, 5);
      if (text === '') return bytes;
      this.#names.add(text);
      return message('P', this.#prefix + text, bytes.subarray(end));
    }
    if (type === 'B') {
      const portal = readText(bytes, 5);
      const { text, end } = readText(bytes, portal.end);
      return text === '' ? bytes : message('B', portal.text, this.#prefix + text, bytes.subarray(end));
    }
    // Describe and Close: 'S' for a statement, 'P' for a portal.
    if ((type === 'D' || type === 'C') && bytes[5] === 0x53) {
      const { text } = readText(bytes, 6);
      return text === '' ? bytes : message(type, bytes.subarray(5, 6), this.#prefix + text);
    }
    return bytes;
  }

  /** Messages that close all of them. */
  closeAll(): Buffer[] {
    return [...this.#names].map((name) => message('C', Buffer.from('S'), this.#prefix + name));
  }
}
