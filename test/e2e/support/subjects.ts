import type { Subject } from '../../../engine/contract.ts';

/** Who connects in the specifications; the policies in ../policies/shop say what each may do. */
export const subjects = {
  /** Works on the shop; may not drop tables nor look into the vault. */
  ada: { id: 'ada', kind: 'human', groups: ['staff'], claims: {} },
  /** May do anything, even what Sallyport does not understand. */
  keeper: { id: 'keeper', kind: 'human', groups: ['keepers'], claims: {} },
  /** Reads the shop's tables. */
  agent: { id: 'agent-7', kind: 'agent', groups: [], claims: {}, owner: 'ada' },
  /** Does what a job does; may drop tables. */
  pipeline: { id: 'pipeline', kind: 'ci', groups: [], claims: {} },
} as const satisfies Record<string, Subject>;

export type SubjectName = keyof typeof subjects;

export const subjectNames = ['ada', 'keeper', 'agent', 'pipeline'] as const satisfies SubjectName[];

/** Tokens are fixed, so that the specifications can look for them where they must not be. */
export function tokenOf(name: SubjectName): string {
  return `spt_token-of-${name}-that-nobody-may-find-in-a-log`;
}
