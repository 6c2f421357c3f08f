import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { CommandEvent, DecisionEvent, RecordingEvent } from '../../../engine/contract.ts';

export interface Recording {
  readonly file: string;
  readonly text: string;
  readonly events: readonly RecordingEvent[];
}

/** All recordings below a folder, oldest file name first. */
export function readRecordings(folder: string): Recording[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => {
      const file = path.join(folder, name);
      const text = fs.readFileSync(file, 'utf8');
      const lines = text.split('\n').filter((line) => line !== '');
      return { file, text, events: lines.map((line) => JSON.parse(line) as RecordingEvent) };
    });
}

/**
 * The first flaw of a recording's hash chain. Worked out here from the documented format alone (SHA-256 of `prev` and
 * the line without its hash member), so that the product's own verifier is not its only judge.
 */
export function chainFlaw(recording: Recording): string | undefined {
  let prev = '0'.repeat(64);
  for (const [seq, line] of recording.text.trimEnd().split('\n').entries()) {
    const event = JSON.parse(line) as RecordingEvent;
    if (event.seq !== seq) return `line ${seq} has seq ${event.seq}`;
    if (event.prev !== prev) return `line ${seq} does not follow the one before it`;
    const hash = createHash('sha256')
      .update(prev + line.replace(`,"hash":"${event.hash}"`, ''))
      .digest('hex');
    if (hash !== event.hash) return `line ${seq} was changed`;
    prev = event.hash;
  }
  return undefined;
}

/** What was judged, in order: each command's text with its decision's effect. */
export function judged(
  recordings: readonly Recording[],
): { text: string; effect: string; input: CommandEvent['input'] }[] {
  return recordings.flatMap(({ events }) => {
    const decisions = new Map(
      events
        .filter((event): event is DecisionEvent => event.type === 'decision')
        .map((event) => [event.command, event]),
    );
    return events
      .filter((event): event is CommandEvent => event.type === 'command')
      .map(({ seq, input }) => ({
        text: input.command?.text ?? '',
        effect: decisions.get(seq)?.decision.effect ?? 'undecided',
        input,
      }));
  });
}
