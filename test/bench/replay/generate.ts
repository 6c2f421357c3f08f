import fs from 'node:fs';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import type { Parameter, Resource, Subject } from '../../../engine/contract.ts';
import type { Dialect } from '../../../engine/dialect.ts';
import type { Engine } from '../../../engine/engine.ts';
import { Gate } from '../../../proxy/gate.ts';
import { silentLogger } from '../../../proxy/log.ts';
import { createFulfillers } from '../../../proxy/obligations.ts';
import type { SessionState } from '../../../proxy/protocol.ts';
import { createRecorder, type Recorder } from '../../../proxy/recorder/recorder.ts';
import { Random } from './random.ts';
import { applicationShapes, literal, recordedTraffic, troubles, type Shape } from './statements.ts';

export interface Traffic {
  readonly commands: number;
  readonly sessions: number;
  readonly subjects: number;
  readonly resources: number;
  readonly fingerprints: number;
  readonly texts: number;
  readonly incomplete: number;
  readonly refused: number;
  readonly bytes: number;
}

const APPLICATIONS = 40;
/** Statements of one application that differ in more than their values. */
const SHAPES = 100;

/**
 * Writes recordings of generated traffic, by the gateway's own gate and recorder.
 *
 * 40 applications have 100 shapes of statements each, of which a few come often and most rarely; half of the statements
 * have their values in the text, half have placeholders. 300 subjects (services and jobs of one application; people and
 * agents who work with a few of them) reach 16 resources in three environments. To that come what real clients ask
 * catalogues for, transactions, settings, and two statements in a hundred that should not be: denied, reviewed,
 * incomplete, with a syntax error, with a secret. Sessions have 50 to 5,000 commands.
 *
 * The same numbers give the same recordings.
 */
export async function generateRecordings(directory: string, commands: number, engine: Engine): Promise<Traffic> {
  const random = new Random(20_261_121);
  let now = Date.UTC(2026, 9, 1);
  const recorder = createRecorder({ directory, fsync: 'never', clock: () => now });
  const generator = new Generator(random, await createPostgresDialect({ cacheEntries: 20_000 }), engine, recorder);
  let session = 0;
  while (generator.commands < commands) {
    const length = Math.min(commands - generator.commands, 50 + Math.floor(5_000 * random.next() ** 3));
    generator.session(session, length, () => (now += 1 + random.below(400)));
    session += 1;
  }
  recorder.close();
  const bytes = fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .reduce((sum, name) => sum + fs.statSync(`${directory}/${name}`).size, 0);
  return generator.traffic(session, bytes);
}

class Generator {
  readonly #random: Random;
  readonly #dialect: Dialect;
  readonly #engine: Engine;
  readonly #recorder: Recorder;
  readonly #applications: readonly (readonly Shape[])[];
  readonly #traffic: readonly string[];
  readonly #people: readonly { readonly subject: Subject; readonly applications: readonly number[] }[];
  readonly #resources: readonly Resource[];
  readonly #fingerprints = new Set<string>();
  readonly #texts = new Set<string>();
  #incomplete = 0;
  #refused = 0;
  commands = 0;

  constructor(random: Random, dialect: Dialect, engine: Engine, recorder: Recorder) {
    this.#random = random;
    this.#dialect = dialect;
    this.#engine = engine;
    this.#recorder = recorder;
    this.#applications = Array.from({ length: APPLICATIONS }, () => applicationShapes(SHAPES, random));
    this.#traffic = recordedTraffic();
    this.#people = Array.from({ length: 300 }, (_, index) => {
      const subject = makeSubject(index, random);
      const several = subject.kind === 'human' || subject.kind === 'agent' ? 3 : 1;
      return { subject, applications: Array.from({ length: several }, () => random.below(APPLICATIONS)) };
    });
    this.#resources = Array.from({ length: 16 }, (_, index) => ({
      name: `db-${index}`,
      protocol: 'postgres',
      environment: random.pick(['production', 'production', 'staging', 'development']),
      labels: index % 3 === 0 ? { pii: 'true', team: `team-${index % 5}` } : { team: `team-${index % 5}` },
    }));
  }

  session(number: number, length: number, tick: () => void): void {
    const random = this.#random;
    const session = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const person = random.skewed(this.#people);
    const { subject } = person;
    const application = random.pick(person.applications);
    const shapes = this.#applications[application] ?? [];
    // An application has a database of its own in each of two environments.
    const resource = this.#resources[(application * 2 + random.below(2)) % this.#resources.length];
    if (resource === undefined) throw new RangeError('there are no resources');
    const client = { address: `10.1.${random.below(200)}.${random.below(250)}`, tls: random.chance(0.9) };
    const recording = { session, subject, resource, client, revision: this.#engine.revision, version: '0.1.0' };
    const gate = new Gate({
      ...recording,
      policy: { current: this.#engine },
      // Masks and limits are nobody's to fulfil yet: such commands are refused, and recorded with their decision.
      fulfillers: createFulfillers({ logger: silentLogger }),
      recorder: this.#recorder.open(recording),
      logger: silentLogger,
    });
    let state = firstState(random);
    for (let sent = 0; sent < length;) {
      tick();
      const { text, parameters } = this.#statement(random, shapes);
      const parsed = this.#dialect.parse({ text });
      const before = state;
      const verdict = gate.judge({
        parsed,
        stateBefore: () => before,
        ...(parameters === undefined ? {} : { parameters }),
      });
      if ('held' in verdict) throw new Error('nobody is here to approve');
      sent += Math.max(1, parsed.commands.length);
      this.commands += parsed.commands.length;
      for (const command of parsed.commands) {
        this.#fingerprints.add(command.fingerprint);
        if (!command.complete) this.#incomplete += 1;
      }
      this.#texts.add(text);
      if (!verdict.released) this.#refused += parsed.commands.length;
      else
        gate.recordResult({
          events: verdict.events,
          status: 'ok',
          tag: 'SELECT 1',
          rows: 1,
          bytes: 60,
          durationMs: 0.8,
        });
      state = nextState(state, text, verdict.released);
      if (verdict.terminate) break;
    }
    gate.end('client terminated');
  }

  #statement(random: Random, shapes: readonly Shape[]): { readonly text: string; readonly parameters?: Parameter[] } {
    const roll = random.next();
    if (roll < 0.02) return { text: random.pick(troubles)(random, literal) };
    if (roll < 0.1) return { text: random.skewed(this.#traffic) };
    if (roll < 0.18)
      return {
        text: random.pick(['BEGIN', 'COMMIT', 'COMMIT', 'ROLLBACK', "SET application_name = 'app'", 'SELECT 1']),
      };
    const shape = random.skewed(shapes);
    if (roll < 0.59) return { text: shape(random, literal) };
    const parameters: Parameter[] = [];
    const text = shape(random, (r, column) => {
      parameters.push({ format: 'text', is_null: false, text: literal(r, column).replaceAll("'", '') });
      return `$${parameters.length}`;
    });
    return { text, parameters };
  }

  traffic(sessions: number, bytes: number): Traffic {
    return {
      commands: this.commands,
      sessions,
      subjects: this.#people.length,
      resources: this.#resources.length,
      fingerprints: this.#fingerprints.size,
      texts: this.#texts.size,
      incomplete: this.#incomplete,
      refused: this.#refused,
      bytes,
    };
  }
}

function makeSubject(index: number, random: Random): Subject {
  const kind = random.pick(['agent', 'human', 'human', 'service', 'service', 'ci'] as const);
  const groups = ['dba', 'support', 'billing', 'pii', 'oncall', 'analysts'].filter(() => random.chance(0.2));
  const owner = kind === 'agent' ? { owner: `human-${random.below(50)}` } : {};
  return { id: `${kind}-${index}`, kind, groups, claims: { team: `team-${index % 12}` }, ...owner };
}

function firstState(random: Random): SessionState {
  return Object.freeze({
    user: 'app',
    database: random.pick(['shop', 'billing', 'warehouse']),
    role: 'app',
    transaction: 'idle',
    settings: Object.freeze({
      client_encoding: 'UTF8',
      application_name: random.pick(['api', 'worker', 'psql', 'bi', 'agent']),
    }),
  });
}

function nextState(state: SessionState, text: string, released: boolean): SessionState {
  if (!released) return state;
  const transaction =
    text === 'BEGIN' ? 'active' : text === 'COMMIT' || text === 'ROLLBACK' ? 'idle' : state.transaction;
  return transaction === state.transaction ? state : Object.freeze({ ...state, transaction });
}
