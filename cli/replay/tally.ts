import type { Diagnostic } from '../../engine/contract.ts';
import { Damage, type DamageState } from './damage.ts';
import { GroupTable, type Example, type GroupTableState } from './group-table.ts';
import { changeKinds, type ChangeKind } from './measures.ts';

/** By what changes are grouped. */
export const dimensions = ['rule', 'subject', 'resource', 'fingerprint'] as const;
export type Dimension = (typeof dimensions)[number];

/** What is counted once for each thing that is met. */
export const counterNames = [
  /** Recordings of which something was judged or could have been. */
  'sessions',
  /** Recordings that --subject, --resource and --sample leave out. */
  'sessions_left_out',
  /** Decisions on sessions that open, judged again. */
  'openings',
  /** Sessions of which the policies would have judged the opening, and which were recorded without a decision on it. */
  'openings_unknown',
  /** Events whose line could be read. */
  'events',
  /** Command events in those sessions. */
  'commands',
  'judged',
  /** Commands outside of --since and --until. */
  'commands_left_out',
  /** Commands without a recorded decision: the recording is damaged there. */
  'undecided',
  /** Judged commands that were parsed again. */
  'parsed_again',
  'parsed_differently',
  /** Judged commands whose decision is another one in any way. */
  'changed',
  /** Commands whose evaluation fails now, and of these the ones for which it did before. */
  'errors',
  'errors_before',
] as const;
export type Counter = (typeof counterNames)[number];

export interface ChangeCount {
  count: number;
  /** Of these, by --expect. */
  accepted: number;
  /** Of these, where the text is read differently too. */
  parsed_differently: number;
}

/** The tables of groups, by name. */
export const tableNames = [
  ...dimensions,
  /** `gained\0mask column email\0…` */
  'obligation',
  /** What differs between the recorded and the new reading. */
  'parsed',
  /** Messages of failed evaluations. */
  'error',
  /** Changes that nobody expects, by kind, rule and fingerprint; counted where --expect is given. */
  'unexpected',
  /** Dialects that are not known here. */
  'dialect',
] as const;
export type TableName = (typeof tableNames)[number];

/** Separates the parts of a group's key: no name holds it. */
export const KEY_SEPARATOR = '\0';

/** Everything that a replay counts, as JSON: what a shard hands to `replay merge`. */
export interface TallyState {
  readonly files: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
  /** Judged commands by `allow->deny`, `allow->allow`, … */
  readonly matrix: Readonly<Record<string, number>>;
  readonly changes: Readonly<Record<string, ChangeCount>>;
  /** Recorded commands that were taken as they stand, by reason. */
  readonly kept: Readonly<Record<string, number>>;
  /** Refusals of the gateway without a command event, by code: nothing was judged then. */
  readonly refused: Readonly<Record<string, number>>;
  /** Commands for which a rule said something, by its id. */
  readonly fired: Readonly<Record<string, number>>;
  /** Changes by the expectation that accepts them. */
  readonly accepted: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, GroupTableState>>;
  readonly damage: DamageState;
  readonly interrupted: boolean;
}

/**
 * What a replay counts. Adding and merging give the same in any order, and take memory for what is different in the
 * traffic, not for how much of it there is; every table is bounded (GroupTable, Damage).
 */
export class Tally {
  readonly files = new Set<string>();
  readonly counters: Record<Counter, number> = zeros(counterNames);
  readonly changes: Record<ChangeKind, ChangeCount>;
  readonly tables: Record<TableName, GroupTable>;
  readonly damage = new Damage();
  interrupted = false;
  readonly #matrix = new Map<string, number>();
  readonly #kept = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #fired = new Map<string, number>();
  readonly #accepted = new Map<string, number>();

  constructor(tableCapacity?: number) {
    this.changes = record(changeKinds, () => ({ count: 0, accepted: 0, parsed_differently: 0 }));
    this.tables = record(tableNames, () => new GroupTable(tableCapacity));
  }

  count(counter: Counter, amount = 1): void {
    this.counters[counter] += amount;
  }

  decided(from: string, to: string): void {
    increase(this.#matrix, `${from}->${to}`, 1);
  }

  kept(reason: string): void {
    increase(this.#kept, reason, 1);
  }

  refused(code: string): void {
    increase(this.#refused, code, 1);
  }

  fired(rules: readonly string[]): void {
    for (const rule of rules) increase(this.#fired, rule, 1);
  }

  accepted(expectation: string): void {
    increase(this.#accepted, expectation, 1);
  }

  group(table: TableName, parts: readonly string[], at: Pick<Example, 'file' | 'row'>, example: () => Example): void {
    this.tables[table].add(parts.join(KEY_SEPARATOR), at, example);
  }

  damaged(finding: Diagnostic): void {
    this.damage.note(finding);
  }

  merge(state: TallyState): void {
    for (const file of state.files) this.files.add(file);
    for (const name of counterNames) this.counters[name] += state.counters[name] ?? 0;
    for (const kind of changeKinds) {
      const [own, other] = [this.changes[kind], state.changes[kind]];
      if (other === undefined) continue;
      own.count += other.count;
      own.accepted += other.accepted;
      own.parsed_differently += other.parsed_differently;
    }
    for (const name of tableNames) {
      const table = state.tables[name];
      if (table !== undefined) this.tables[name].merge(table);
    }
    const maps = [
      [this.#matrix, state.matrix],
      [this.#kept, state.kept],
      [this.#refused, state.refused],
      [this.#fired, state.fired],
      [this.#accepted, state.accepted],
    ] as const;
    for (const [own, other] of maps) for (const [key, amount] of Object.entries(other)) increase(own, key, amount);
    this.damage.merge(state.damage);
    this.interrupted ||= state.interrupted;
  }

  state(): TallyState {
    return {
      files: [...this.files].sort(),
      counters: { ...this.counters },
      matrix: sorted(this.#matrix),
      changes: record(changeKinds, (kind) => ({ ...this.changes[kind] })),
      kept: sorted(this.#kept),
      refused: sorted(this.#refused),
      fired: sorted(this.#fired),
      accepted: sorted(this.#accepted),
      tables: record(tableNames, (name) => this.tables[name].state()),
      damage: this.damage.state(),
      interrupted: this.interrupted,
    };
  }
}

function increase(counts: Map<string, number>, key: string, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function record<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return record(names, () => 0);
}
