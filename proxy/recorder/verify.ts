import { readFileSync } from 'node:fs';
import type { Diagnostic, RecordingEvent } from '../../engine/contract.ts';
import { describeError } from '../log.ts';
import { expectedHash, splitLine } from './chain.ts';
import { ChainFollower } from './chain-follower.ts';
import type { EventCheck } from './event-schema.ts';
import { readLines } from './lines.ts';
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
 * What it cannot see: a recording without an end event and a seal that was cut off looks like a session that still runs,
 * or like one whose gateway was killed (in the midst of a line, too), which is why that is a warning.
 *
 * @throws the system's error when the file cannot be read
 */
export async function verifyRecording(path: string, options: VerifyOptions): Promise<Verification> {
  const findings: Diagnostic[] = [];
  const chain = new ChainFollower(path, (finding) => findings.push(finding));
  for await (const { row, bytes, whole } of readLines(path)) {
    const read = whole ? readEventLine(bytes, options.checkEvent) : undefined;
    if (read === undefined) chain.cut(row, bytes);
    else if ('problem' in read) chain.unreadable(row, read.problem);
    else chain.event(row, read.event, read.intact);
  }
  chain.finish();
  const sealed = checkSeal(sealPath(path), chain, options.checkSeal);
  return { events: chain.events, ended: chain.ended, sealed, findings };
}

/** What a line (without its line feed) holds, and whether its hash fits it; or why nothing on it can be trusted. */
export type ReadLine = { readonly event: RecordingEvent; readonly intact: boolean } | { readonly problem: string };

/** Reads one whole line of a recording, all of it. */
export function readEventLine(bytes: Buffer, checkEvent: EventCheck): ReadLine {
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

/**
 * Compares a seal with the recording that was followed to its end, and notes at its last line what does not hold.
 *
 * @param path where the seal would stand
 * @returns whether it is there and holds; without `check` only its content is compared
 */
export function checkSeal(path: string, chain: ChainFollower, check?: (seal: Seal) => boolean): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) chain.damage(`the seal cannot be read: ${describeError(error)}`);
    else if (chain.ended && check !== undefined) chain.damage('the recording has ended and is not sealed');
    return false;
  }
  const seal = readSeal(text);
  if (seal === undefined) chain.damage('the seal is damaged');
  else if (check !== undefined && !check(seal)) chain.damage("the seal's signature is not of this key");
  else if (seal.session !== chain.session || seal.events !== chain.events || seal.hash !== chain.hash) {
    chain.damage(`the seal is of ${seal.events} events and another end than this recording has`);
  } else return true;
  return false;
}
