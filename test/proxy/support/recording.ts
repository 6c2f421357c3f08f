import { chainHash, GENESIS, sealLine } from '../../../proxy/recorder/chain.ts';
import type { Command, Decision, DecisionEffect, Obligation } from '../../../engine/contract.ts';
import { command as toyCommand } from '../../engine/support/command.ts';

/** One command of a made-up recording; `end` ends it. */
export type RecordedStep =
  | 'end'
  /** The end of a session that was not let in. */
  | 'refused'
  /** The decision on the session itself; it stands first. */
  | {
      readonly opening: DecisionEffect;
      readonly rules?: readonly string[];
      readonly obligations?: readonly Obligation[];
    }
  | {
      readonly command?: Partial<Command>;
      readonly effect: DecisionEffect;
      readonly rules?: readonly string[];
      readonly obligations?: readonly Obligation[];
      readonly result?: { readonly rows?: number; readonly tag?: string };
    };

const subject = { id: 'bot', kind: 'agent', groups: ['readers'], claims: {}, owner: 'ada' } as const;
const resource = { name: 'shop', protocol: 'postgres', environment: 'production', labels: {} } as const;
const client = { address: '10.0.0.1', tls: true } as const;

/** A recording's text as the recorder writes it: chained, one event a line. */
export function recordingText(session: string, steps: readonly RecordedStep[]): string {
  let prev = GENESIS;
  let seq = 0;
  let text = '';
  const write = (body: object): void => {
    const time = new Date(Date.UTC(2026, 0, 1) + seq).toISOString();
    const unhashed = JSON.stringify({ schema: 1, seq, time, session, ...body, prev });
    prev = chainHash(prev, unhashed);
    text += sealLine(unhashed, prev);
    seq += 1;
  };
  write({ type: 'start', subject, resource, client, gateway: { version: '0', revision: 'r' } });
  let denied = 0;
  let commands = 0;
  for (const step of steps) {
    if (step === 'end' || step === 'refused') {
      write({ type: 'end', reason: step === 'end' ? 'client closed' : 'refused', commands, denied });
      continue;
    }
    if ('opening' in step) {
      const { command: _none, ...input } = inputOf(session, {});
      const decision = decisionOf(`${session}.0`, step.opening, step.rules, step.obligations);
      write({ type: 'decision', command: 0, decision, input: { ...input, stage: 'session' } });
      continue;
    }
    commands += 1;
    if (step.effect !== 'allow') denied += 1;
    const at = seq;
    write({ type: 'command', input: inputOf(session, step.command ?? {}) });
    const decision = decisionOf(`${session}.${commands}`, step.effect, step.rules, step.obligations);
    write({ type: 'decision', command: at, decision });
    if (step.result !== undefined)
      write({ type: 'result', commands: [at], status: 'ok', duration_ms: 1.5, ...step.result });
  }
  return text;
}

function decisionOf(
  id: string,
  effect: DecisionEffect,
  rules: readonly string[] = ['RULE'],
  obligations: readonly Obligation[] = [],
): Decision {
  const reasons = rules.map((rule) => ({ rule, message: rule }));
  return { id, revision: 'r', effect, reasons, obligations: [...obligations] };
}

function inputOf(session: string, command: Partial<Command>): Record<string, unknown> {
  return {
    schema: 1,
    stage: 'command',
    now: '2026-01-01T00:00:00Z',
    subject,
    resource,
    client,
    session: { id: session, transaction: 'idle', settings: {}, effects: [], counters: { commands: 0, denied: 0 } },
    command: { ...toyCommand, dialect: 'postgres', ...command },
  };
}
