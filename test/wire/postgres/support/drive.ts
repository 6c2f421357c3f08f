import type { ModelTarget } from './model-target.ts';
import type { Stage } from './stage.ts';

/** How a run cuts and interleaves both streams: called with the bytes at hand, gives how many to move (0: not now). */
export type Cut = (available: number) => number;

export const whole: Cut = (available) => available;
/** Byte by byte. */
export const single: Cut = () => 1;

export interface Outcome {
  readonly toClient: Buffer;
  readonly toTarget: Buffer;
}

/**
 * Runs a client's bytes through a session against a model of the target until nothing moves. `fromClient`, `fromTarget`
 * and `toTarget` say how much of each stream moves in a turn.
 */
export function drive(
  stage: Stage,
  target: ModelTarget,
  bytes: Uint8Array,
  cuts: Partial<Record<'fromClient' | 'toTarget' | 'fromTarget', Cut>> = {},
): Outcome {
  const { fromClient = whole, toTarget = whole, fromTarget = whole } = cuts;
  const toClient: Buffer[] = [];
  const sent: Buffer[] = [];
  let client: Buffer = Buffer.from(bytes);
  let outgoing: Buffer = Buffer.alloc(0);
  let replies: Buffer = Buffer.alloc(0);
  const move = (available: Buffer, cut: Cut, take: (chunk: Buffer) => void): Buffer => {
    const count = Math.min(available.length, available.length === 0 ? 0 : cut(available.length));
    if (count > 0) take(Buffer.from(available.subarray(0, count)));
    return available.subarray(count);
  };
  for (let stalls = 0; stalls < 50 && (client.length > 0 || outgoing.length > 0 || replies.length > 0);) {
    const before = client.length + outgoing.length + replies.length;
    if (!stage.paused) client = move(client, fromClient, (chunk) => stage.client(chunk));
    const passed = stage.takeTarget();
    sent.push(passed);
    outgoing = Buffer.concat([outgoing, passed]);
    outgoing = move(outgoing, toTarget, (chunk) => {
      replies = Buffer.concat([replies, target.push(chunk)]);
    });
    replies = move(replies, fromTarget, (chunk) => stage.target(chunk));
    const late = stage.takeTarget();
    sent.push(late);
    outgoing = Buffer.concat([outgoing, late]);
    toClient.push(stage.takeClient());
    stalls = before === client.length + outgoing.length + replies.length ? stalls + 1 : 0;
  }
  toClient.push(stage.takeClient());
  return { toClient: Buffer.concat(toClient), toTarget: Buffer.concat(sent) };
}
