import type { RecordingEvent } from '../../../engine/contract.ts';
import { SallyportError } from '../../../engine/errors.ts';
import { createEventCheck } from '../../../proxy/recorder/event-schema.ts';
import type { SessionRecorder } from '../../../proxy/recorder/recorder.ts';

const checkEvent = createEventCheck();

/** Keeps bodies in memory; `broken` makes it refuse. */
export class MemoryRecorder implements SessionRecorder {
  readonly bodies: string[] = [];
  broken = false;
  ended: string | undefined;

  get nextSeq(): number {
    return this.bodies.length;
  }

  append(bodies: readonly string[]): void {
    if (this.broken) throw new SallyportError('SP_RECORDER_FAILED', 'The recording could not be written (ENOSPC).');
    this.bodies.push(...bodies);
  }

  defer(body: string): void {
    this.bodies.push(body);
  }

  end(reason: string): void {
    this.ended = reason;
  }

  /** Whole events, each held to the contract's schema. */
  events(): RecordingEvent[] {
    return this.bodies.map((body, seq) => {
      const frame = { schema: 1, seq, time: '2026-01-01T00:00:00.000Z', session: 's', prev: '', hash: '' };
      const event: unknown = { ...frame, ...(JSON.parse(`{${body}}`) as object) };
      const checked = checkEvent(event);
      if ('problem' in checked) throw new Error(`${checked.problem}: ${body}`);
      return checked.event;
    });
  }

  types(): string[] {
    return this.events().map(({ type }) => type);
  }
}
