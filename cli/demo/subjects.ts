import { createToken } from '../../proxy/identity/tokens.ts';
import type { SubjectConfig } from '../config/types.ts';

export type DemoSubject = 'agent' | 'person' | 'dba';

/** Who may connect to the demo. Their ids are their user names. */
export const demoSubjects: Readonly<Record<DemoSubject, Omit<SubjectConfig, 'id' | 'tokens'>>> = {
  agent: { kind: 'agent', groups: [], owner: 'person' },
  person: { kind: 'human', groups: ['support'] },
  dba: { kind: 'human', groups: ['dba'] },
};

export const demoSubjectNames = Object.keys(demoSubjects) as readonly DemoSubject[];

/** New tokens each time the demo starts: none of them is worth anything when it is over. */
export function createDemoTokens(): Record<DemoSubject, string> {
  return { agent: createToken(), person: createToken(), dba: createToken() };
}
