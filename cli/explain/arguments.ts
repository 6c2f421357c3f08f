import { existsSync } from 'node:fs';
import { SallyportError } from '../../engine/errors.ts';
import { defaultPlaces } from '../policy-project.ts';

/** What the command line says is explained, and where the policies stand. */
export interface ExplainArguments {
  /** A statement or an input; standard input where neither this nor an event is given. */
  readonly text?: string;
  readonly event?: { readonly file: string; readonly seq: number };
  readonly places: readonly string[];
}

export interface PlacingOptions {
  /** Places of policies; then every positional argument behind the text is an error. */
  readonly bundle?: readonly string[];
  readonly recording?: string;
  readonly seq?: string;
  /** Of a session that opens there is no text. */
  readonly stage?: 'command' | 'session';
}

/**
 * The first positional argument is the text (`-` for standard input) or `FILE#N`, an event of a recording; those behind
 * it are places of policies. With --recording or --stage session there is no text, so all of them are places.
 *
 * @throws SallyportError SP_USAGE
 */
export function readArguments(positional: readonly string[], options: PlacingOptions): ExplainArguments {
  const { recording, seq, stage } = options;
  if (stage === 'session') {
    if (recording === undefined && seq === undefined) return { places: placesOf(positional, options) };
    throw new SallyportError('SP_USAGE', 'A recording says itself what is asked about: leave --stage out.');
  }
  if (recording !== undefined) return { event: eventOf(recording, seq), places: placesOf(positional, options) };
  if (seq !== undefined) throw new SallyportError('SP_USAGE', '--seq numbers an event of --recording.');
  const [text, ...rest] = positional;
  const places = placesOf(rest, options);
  if (text === undefined || text === '-') return { places };
  const event = /^(.+)#(\d+)$/s.exec(text);
  // A statement may look like it, so it must also be there.
  if (event?.[1] !== undefined && existsSync(event[1])) return { event: eventOf(text, undefined), places };
  return { text, places };
}

function eventOf(recording: string, given: string | undefined): { file: string; seq: number } {
  const match = given === undefined ? /^(.+)#(\d+)$/s.exec(recording) : null;
  const file = match?.[1] ?? recording;
  const text = given ?? match?.[2];
  if (text === undefined) {
    throw new SallyportError('SP_USAGE', 'Which event of the recording?', {
      help: 'Give its number as --seq 7 or FILE#7; `sallyport recordings show` prints the numbers.',
    });
  }
  const seq = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seq)) {
    throw new SallyportError('SP_USAGE', `--seq must be a number from 0, not ${JSON.stringify(text)}.`);
  }
  return { file, seq };
}

function placesOf(positional: readonly string[], { bundle }: PlacingOptions): readonly string[] {
  if (bundle === undefined) return defaultPlaces(positional);
  if (positional.length === 0) return bundle;
  throw new SallyportError('SP_USAGE', `With --bundle, ${JSON.stringify(positional[0])} is one argument too many.`);
}
