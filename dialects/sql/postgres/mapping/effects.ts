import type { Effect } from '../../../../engine/contract.ts';

/** In the contract's order, which is also the order in which a command lists them. */
const effects: readonly Effect[] = [
  'read',
  'write',
  'delete',
  'truncate',
  'create',
  'alter',
  'drop',
  'grant',
  'execute',
  'admin',
  'session',
  'transaction',
  'bulk_export',
  'bulk_load',
  'unsafe_io',
  'lock',
  'procedural',
  'unknown',
];

const bits = new Map(effects.map((effect, index) => [effect, 1 << index]));

/** A set of effects that costs nothing to add to. */
export class EffectSet {
  #mask = 0;

  add(effect: Effect): void {
    this.#mask |= bits.get(effect) ?? 0;
  }

  has(effect: Effect): boolean {
    return (this.#mask & (bits.get(effect) ?? 0)) !== 0;
  }

  list(): Effect[] {
    const mask = this.#mask;
    return effects.filter((_, index) => (mask & (1 << index)) !== 0);
  }
}

/**
 * How strongly a verb speaks for a command: a command is called by the strongest thing that it does, whatever its first
 * keyword is. Verbs that are not listed are utility statements and stand below those that change data or objects.
 */
const strengths: Readonly<Record<string, number>> = {
  drop: 100,
  truncate: 95,
  delete: 90,
  grant: 85,
  revoke: 85,
  alter: 80,
  create: 75,
  merge: 72,
  update: 70,
  insert: 65,
  copy: 60,
  select: 10,
  explain: 5,
};
const utility = 50;

export function verbStrength(verb: string): number {
  return strengths[verb] ?? utility;
}
