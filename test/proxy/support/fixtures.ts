import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Client, Decision, Input, RecordingEvent, Resource, Subject } from '../../../engine/contract.ts';
import type { DecisionPointHolder } from '../../../proxy/gate.ts';
import type { Logger } from '../../../proxy/log.ts';

export const ada: Subject = { id: 'ada', kind: 'human', groups: ['staff'], claims: {} };
export const shop: Resource = { name: 'shop', protocol: 'line', environment: 'test', labels: {} };
export const here: Client = { address: '127.0.0.1', tls: false };

/** A directory of the test's own. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'sallyport-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

export interface FakePolicy extends DecisionPointHolder {
  /** What was asked. */
  readonly inputs: Input[];
}

/** An engine that answers with what a function makes of the input; left out, it is an allow. */
export function policy(decide: (input: Input) => Partial<Decision> = () => ({}), judgesSessions = false): FakePolicy {
  const inputs: Input[] = [];
  return {
    inputs,
    current: {
      revision: 'r1',
      judgesSessions,
      evaluate(input, id = 'no id') {
        inputs.push(input);
        return { id, revision: 'r1', effect: 'allow', reasons: [], obligations: [], ...decide(input) };
      },
    },
  };
}

/** A policy by the text of the command; what it does not name is allowed. */
export function policyByText(decisions: Readonly<Record<string, Partial<Decision>>>): FakePolicy {
  return policy((input) => decisions[input.command?.text ?? ''] ?? {});
}

export function denyBecause(rule: string, message: string, remediation?: string): Partial<Decision> {
  return { effect: 'deny', reasons: [{ rule, message, ...(remediation === undefined ? {} : { remediation }) }] };
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps what it is told. */
export function memoryLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message });
    };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Paths of the recordings below a directory. */
export function recordingsIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(directory, name))
    .sort();
}

export function readRecording(path: string): RecordingEvent[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordingEvent);
}
