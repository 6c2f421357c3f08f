import { SallyportError } from '../../engine/errors.ts';
import { suggestion } from '../config/suggest.ts';
import { measuresOf, measureWords, type Measure } from './measures.ts';

/** One condition under which a replay fails. */
export interface Threshold {
  /** As it was written, without blanks. */
  readonly text: string;
  readonly measures: readonly Measure[];
  readonly operator: '>' | '>=';
  readonly amount: number;
  /** The amount is percent of the commands that were judged. */
  readonly percent: boolean;
}

/**
 * Reads `--fail-on`: conditions between commas, of which any one fails the replay.
 *
 *     condition = measure (">" | ">=") number ["%"]
 *     measure   = effect "->" effect | "any" | "obligations-lost" | "errors" | …   (measures.ts)
 *     effect    = "allow" | "review" | "deny" | "*"
 *
 * Blanks may stand anywhere between the words; `→` is `->`.
 *
 * @throws SallyportError SP_USAGE with the column of what cannot be read
 */
export function readThresholds(text: string): Threshold[] {
  const reader = new Reader(text.replaceAll('→', '->'));
  const thresholds: Threshold[] = [];
  do thresholds.push(readThreshold(reader));
  while (reader.take(/,/y) !== undefined);
  if (!reader.atEnd) reader.fail('a comma or the end is due here');
  return thresholds;
}

function readThreshold(reader: Reader): Threshold {
  reader.skipBlanks();
  const at = reader.column;
  const word = reader.take(/(?:\*|[a-z]+)\s*->\s*(?:\*|[a-z]+)|[a-z]+(?:-[a-z]+)*/y)?.replaceAll(/\s/g, '');
  if (word === undefined) return reader.fail('a measure is due here, such as allow->deny or errors');
  const measures = measuresOf(word);
  if (measures === undefined) return reader.fail(suggestion(word, measureWords), at);
  const operator = reader.take(/>=?/y);
  if (operator !== '>' && operator !== '>=') return reader.fail('> or >= is due here');
  const amount = reader.take(/\d{1,15}(?:\.\d{1,6})?/y);
  if (amount === undefined) return reader.fail('a number is due here');
  const percent = reader.take(/%/y) !== undefined;
  if (!percent && amount.includes('.')) return reader.fail('a count is a whole number; a share needs a %');
  const text = `${word}${operator}${amount}${percent ? '%' : ''}`;
  return { text, measures, operator, amount: Number(amount), percent };
}

/** Whether a replay with that many in so many judged commands is within the condition. */
export function exceeds({ operator, amount, percent }: Threshold, count: number, judged: number): boolean {
  // Without a judged command there is no share of them.
  const limit = percent ? (amount * judged) / 100 : amount;
  return operator === '>' ? count > limit : count >= limit && (!percent || judged > 0);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    this.skipBlanks();
    return this.#at >= this.#text.length;
  }

  /** From 1. */
  get column(): number {
    return this.#at + 1;
  }

  skipBlanks(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }

  /** @param pattern sticky */
  take(pattern: RegExp): string | undefined {
    this.skipBlanks();
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  fail(why: string, column = this.column): never {
    throw new SallyportError('SP_USAGE', `--fail-on ${JSON.stringify(this.#text)}, column ${column}: ${why}`, {
      help: "For example: --fail-on 'deny->allow>0, allow->deny>1%, errors>0'",
    });
  }
}
