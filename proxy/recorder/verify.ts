import { readFileSync } from 'node:fs';
import type { Diagnostic, RecordingEvent } from '../../engine/contract.ts';
import { describeError } from '../log.ts';
import { expectedHash, GENESIS, splitLine } from './chain.ts';
import type { EventCheck } from './event-schema.ts';
import { readLines, type RecordedLine } from './lines.ts';
import { readSeal, type Seal } from './seal.ts';
import { sealPath } from './seal-path.ts';

export interface VerifyOptions {
  /** From createEventCheck; shared by many recordings. */
  readonly checkEvent: EventCheck;
  /** From createSealVerifier. Then every recording that has ended must carry a seal of this key. */
  readonly checkSeal?: (seal: Seal) => boolean;
}

export interface Verification {
  /** Events whose line could be read. */
  readonly events: number;
  /** Whether the session ended, or is still running (or the gateway was killed). */
  readonly ended: boolean;
  /** Whether a seal is there and holds. Without a key only its content is compared. */
  readonly sealed: boolean;
  /** Errors are damage; warnings are what cannot be told. Each with file, row and column. */
  readonly findings: readonly Diagnostic[];
}

/**
 * Checks one recording, streaming: every line's hash, the chain from line to line, the numbering, the schema, the end
 * and the seal. One damage gives one finding: after a broken line the chain is followed from that line's own claim.
 *
 * What it cannot see: a recording without an end event and a seal that was cut off after a whole line looks like a
 * session that still runs, which is why that is a warning.
 *
 * @throws the system's error when the file cannot be read
 */
export async function verifyRecording(path: string, options: VerifyOptions): Promise<Verification> {
  const walk = new ChainWalk(path, options.checkEvent);
  for await (const line of readLines(path)) walk.line(line);
  walk.finish();
  const sealed = checkSeal(path, walk, options.checkSeal);
  return { events: walk.events, ended: walk.ended, sealed, findings: walk.findings };
}

/** What one line after the other shows. */
class ChainWalk {
  readonly findings: Diagnostic[] = [];
  readonly #file: string;
  readonly #checkEvent: EventCheck;
  #prev = GENESIS;
  #next = 0;
  #session: string | undefined;
  #row = 0;
  #lost = false;
  events = 0;
  ended = false;

  constructor(file: string, checkEvent: EventCheck) {
    this.#file = file;
    this.#checkEvent = checkEvent;
  }

  get hash(): string {
    return this.#prev;
  }

  get session(): string | undefined {
    return this.#session;
  }

  line({ row, bytes, whole }: RecordedLine): void {
    this.#row = row;
    if (!whole) {
      this.damage('the last line is cut off: the gateway or the machine stopped while it was written');
      return;
    }
    if (this.ended) this.damage('there is more after the end event');
    const event = this.#read(bytes);
    if (event === undefined) {
      // Its hash cannot be trusted either: the next line tells where the chain goes on.
      this.#lost = true;
      return;
    }
    this.events += 1;
    this.#follow(event);
    this.#session ??= event.session;
    if (event.session !== this.#session) this.damage(`the event is of another session, ${event.session}`);
    if (event.type === 'end') this.ended = true;
  }

  /** @returns undefined when nothing on the line can be trusted; the finding is noted */
  #read(bytes: Buffer): RecordingEvent | undefined {
    const read = parseLine(bytes, this.#checkEvent);
    if ('problem' in read) {
      this.damage(read.problem);
      return undefined;
    }
    if (!read.intact) this.damage('the event was changed: its hash does not fit it');
    return read.event;
  }

  #follow(event: RecordingEvent): void {
    if (!this.#lost) {
      if (event.seq !== this.#next) this.damage(`events are missing: ${this.#next} is due and ${event.seq} is here`);
      else if (event.prev !== this.#prev)
        this.damage('the chain is broken: the event does not follow the one before it');
      if (event.seq === 0 && event.type !== 'start') this.damage('the first event is not the start event');
    }
    this.#lost = false;
    this.#next = event.seq + 1;
    this.#prev = event.hash;
  }

  finish(): void {
    if (this.#row === 0) this.damage('the recording is empty');
    else if (!this.ended) {
      this.#note('warning', 'there is no end event: the session still runs, or the gateway was killed');
    }
  }

  /** At the line that was read last. */
  damage(message: string): void {
    this.#note('error', message);
  }

  #note(severity: 'error' | 'warning', message: string): void {
    const row = Math.max(1, this.#row);
    this.findings.push({ severity, code: 'SP_RECORDING_DAMAGED', message, file: this.#file, row, col: 1 });
  }
}

function parseLine(
  bytes: Buffer,
  checkEvent: EventCheck,
): { readonly event: RecordingEvent; readonly intact: boolean } | { readonly problem: string } {
  const parts = splitLine(bytes);
  if (parts === undefined) return { problem: 'the line does not end with its hash' };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { problem: 'the line is not JSON' };
  }
  const checked = checkEvent(value);
  if ('problem' in checked) return { problem: `the event does not follow the schema: ${checked.problem}` };
  const { event } = checked;
  return { event, intact: expectedHash(event.prev, parts.unhashed) === parts.hash };
}

function checkSeal(path: string, walk: ChainWalk, check: ((seal: Seal) => boolean) | undefined): boolean {
  let text: string;
  try {
    text = readFileSync(sealPath(path), 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) walk.damage(`the seal cannot be read: ${describeError(error)}`);
    else if (walk.ended && check !== undefined) walk.damage('the recording has ended and is not sealed');
    return false;
  }
  const seal = readSeal(text);
  if (seal === undefined) walk.damage('the seal is damaged');
  else if (check !== undefined && !check(seal)) walk.damage("the seal's signature is not of this key");
  else if (seal.session !== walk.session || seal.events !== walk.events || seal.hash !== walk.hash) {
    walk.damage(`the seal is of ${seal.events} events and another end than this recording has`);
  } else return true;
  return false;
}
