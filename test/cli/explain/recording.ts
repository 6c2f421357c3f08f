import { gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import type { Input } from '../../../engine/contract.ts';
import { chainHash, GENESIS, sealLine } from '../../../proxy/recorder/chain.ts';

/**
 * A recording's text: a start event, then each of the inputs with an allow and a result, and an end event. A session's own
 * input comes first.
 */
export function recordingOf(inputs: readonly Input[], effect: 'allow' | 'deny' = 'allow'): string {
  const [first] = inputs;
  if (first === undefined) throw new Error('a recording needs an input');
  const { subject, resource, client } = first;
  const bodies: object[] = [{ type: 'start', subject, resource, client, gateway: { version: '1', revision: 'then' } }];
  for (const input of inputs) {
    if (input.stage === 'session') {
      const decision = { id: 's.0', revision: 'then', effect, reasons: [], obligations: [] };
      bodies.push({ type: 'decision', command: 0, decision, input });
      continue;
    }
    const command = bodies.length;
    const decision = { id: `s.${command}`, revision: 'then', effect, reasons: [], obligations: [] };
    bodies.push({ type: 'command', input }, { type: 'decision', command, decision });
    bodies.push({ type: 'result', commands: [command], status: 'ok' });
  }
  bodies.push({ type: 'end', reason: 'client closed', commands: inputs.length, denied: 0 });
  let prev = GENESIS;
  return bodies
    .map((body, seq) => {
      const event = { schema: 1, seq, time: '2026-01-01T00:00:00.000Z', session: 's', ...body, prev };
      const unhashed = JSON.stringify(event);
      prev = chainHash(prev, unhashed);
      return sealLine(unhashed, prev);
    })
    .join('');
}

export function writeRecording(file: string, text: string): string {
  writeFileSync(file, file.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}
