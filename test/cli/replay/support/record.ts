import { join } from 'node:path';
import { createPostgresDialect } from '../../../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../../../engine/compiler/compiler.ts';
import type { Parameter, Resource, Subject } from '../../../../engine/contract.ts';
import type { Engine } from '../../../../engine/engine.ts';
import type { CommandLineage } from '../../../../engine/lineage.ts';
import { loadEngine } from '../../../../engine/load.ts';
import { Gate } from '../../../../proxy/gate.ts';
import { silentLogger } from '../../../../proxy/log.ts';
import { judgeOpening } from '../../../../proxy/opening.ts';
import { SessionRefused } from '../../../../proxy/session-refused.ts';
import { createFulfillers } from '../../../../proxy/obligations.ts';
import type { SessionState } from '../../../../proxy/protocol.ts';
import { createRecorder } from '../../../../proxy/recorder/recorder.ts';
import type { SealSigner } from '../../../../proxy/recorder/seal.ts';

export const compiler = createPolicyCompiler();
export const dialect = await createPostgresDialect();

export function engineOf(path: string): Promise<Engine> {
  return loadEngine(path, { compiler, dialects: [dialect] });
}

export const bot: Subject = { id: 'bot', kind: 'agent', groups: [], claims: {} };
export const ada: Subject = { id: 'ada', kind: 'human', groups: ['staff'], claims: {} };
export const shop: Resource = { name: 'shop', protocol: 'postgres', environment: 'test', labels: {} };

/** A message: its text, and what the protocol knows with it. */
export interface SentMessage {
  readonly text: string;
  readonly parameters?: Parameter[];
  /** The state of the session before it. */
  readonly state?: Partial<SessionState>;
  /** Settings under which the protocol parsed it. */
  readonly settings?: Record<string, unknown>;
  /** What following the values of each command has given. */
  readonly lineage?: CommandLineage;
  /** Columns of each command as the target's catalogue has resolved them. */
  readonly columns?: object;
}

export interface RecordedSession {
  readonly session: string;
  readonly subject?: Subject;
  readonly resource?: Resource;
  readonly messages: readonly (string | SentMessage)[];
  readonly engine: Engine;
  readonly signer?: SealSigner;
  /** Leave the recording without its end. */
  readonly running?: boolean;
}

const quiet: SessionState = { user: 'app', role: 'app', transaction: 'idle', settings: {} };

/**
 * Writes one session's recording, by the gateway's own gate and recorder.
 *
 * @returns its path
 */
export function record(directory: string, recorded: RecordedSession): string {
  const { session, subject = bot, resource = shop, engine, messages, signer } = recorded;
  let now = Date.UTC(2026, 10, 1, 12);
  const recorder = createRecorder({
    directory,
    fsync: 'never',
    clock: () => now,
    ...(signer === undefined ? {} : { signer }),
  });
  const start = {
    session,
    subject,
    resource,
    client: { address: '127.0.0.1', tls: true },
    revision: engine.revision,
    version: '0',
  };
  const surroundings = {
    ...start,
    recorder: recorder.open(start),
    fulfillers: createFulfillers({ logger: silentLogger }),
    logger: silentLogger,
    clock: () => now,
  };
  const gate = new Gate({ ...surroundings, policy: { current: engine } });
  const opens = isLetIn(() =>
    judgeOpening({ ...surroundings, engine, state: quiet, audit: 'required', limits: { open: () => undefined } }),
  );
  for (const message of opens ? messages : []) {
    now += 1_000;
    const sent: SentMessage = typeof message === 'string' ? { text: message } : message;
    const { text, parameters, settings, state, lineage, columns } = sent;
    const plain = dialect.parse(settings === undefined ? { text } : { text, settings });
    const commands = plain.commands.map((command) =>
      columns === undefined ? command : { ...command, attributes: { ...command.attributes, columns } },
    );
    const parsed = { ...plain, commands };
    const verdict = gate.judge({
      parsed,
      stateBefore: () => ({ ...quiet, ...state }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(lineage === undefined ? {} : { lineage: commands.map(() => lineage) }),
    });
    if ('held' in verdict) throw new Error('nobody is here to approve');
    if (verdict.released) gate.recordResult({ events: verdict.events, status: 'ok', tag: 'OK' });
  }
  if (recorded.running !== true) gate.end('client terminated');
  recorder.close();
  return join(directory, '2026-11-01', `${session}.jsonl`);
}

function isLetIn(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    if (error instanceof SessionRefused) return false;
    throw error;
  }
}

/** `00000000-0000-4000-8000-000000000007` */
export function sessionId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
