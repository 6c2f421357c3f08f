import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingEvent } from '../engine/contract.ts';
import { SallyportError } from '../engine/errors.ts';
import { readLines } from '../proxy/recorder/lines.ts';

/** What `recordings list` prints of one recording. */
export interface RecordingSummary {
  readonly file: string;
  readonly session: string;
  readonly started: string;
  readonly subject: string;
  readonly resource: string;
  readonly commands: number;
  readonly denied: number;
  /** `running` also stands for a gateway that was killed. */
  readonly state: 'ended' | 'running';
}

/**
 * All recordings below a folder, by day and name; or the one file.
 *
 * @throws SallyportError SP_USAGE when there is nothing at the path
 */
export async function findRecordings(path: string): Promise<string[]> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw new SallyportError('SP_USAGE', `There are no recordings at ${path}.`, {
      help: "Give a recording, a folder of recordings, or --config with the gateway's configuration.",
      cause,
    });
  });
  if (!entry.isDirectory()) return [path];
  const files: string[] = [];
  for (const child of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = join(path, child.name);
    if (child.isDirectory()) files.push(...(await findRecordings(full)));
    else if (child.name.endsWith('.jsonl')) files.push(full);
  }
  return files;
}

/** The events of a recording, streaming, as they stand there; lines that are no JSON object are left out. */
export async function* readEvents(file: string): AsyncGenerator<RecordingEvent> {
  for await (const { bytes } of readLines(file)) {
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8'));
    } catch {
      continue;
    }
    if (isEvent(value)) yield value;
  }
}

/** @returns undefined when the recording has no start event */
export async function summarize(file: string): Promise<RecordingSummary | undefined> {
  let start: Extract<RecordingEvent, { type: 'start' }> | undefined;
  let commands = 0;
  let denied = 0;
  let state: RecordingSummary['state'] = 'running';
  for await (const event of readEvents(file)) {
    if (event.type === 'start') start = event;
    else if (event.type === 'command') commands += 1;
    // Event 0 is the session's start: a session that was denied is no command.
    else if (event.type === 'decision' && event.command > 0 && event.decision.effect !== 'allow') denied += 1;
    else if (event.type === 'end') {
      state = 'ended';
      // The gate's own count knows refusals that are no policy's.
      denied = event.denied;
    }
  }
  if (start === undefined) return undefined;
  const { session, time, subject, resource } = start;
  return { file, session, started: time, subject: subject.id, resource: resource.name, commands, denied, state };
}

/** Enough to tell an event from other JSON; `recordings verify` holds it to the schema. */
function isEvent(value: unknown): value is RecordingEvent {
  return typeof value === 'object' && value !== null && 'type' in value && 'seq' in value && 'session' in value;
}
