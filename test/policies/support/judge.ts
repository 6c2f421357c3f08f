import { createInputCheck, inputContext, inputsOf } from '../../../cli/eval/inputs.ts';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import type { JsonObject } from '../../../engine/contract.ts';
import type { Dialect } from '../../../engine/dialect.ts';
import type { Engine } from '../../../engine/engine.ts';
import { loadEngine } from '../../../engine/load.ts';
import { combineDecisions, type StatementDecision } from '../../../engine/statement-decision.ts';

export const packs = [
  'pack:destructive-sql',
  'pack:agent-read-only',
  'pack:pii-masking',
  'pack:change-approval',
  'pack:exfiltration',
  'pack:privilege-escalation',
] as const;

export const subjects = {
  agent: { id: 'bot', kind: 'agent' },
  person: { id: 'ada', kind: 'human' },
  dba: { id: 'eve', kind: 'human', groups: ['dba'] },
  job: { id: 'nightly', kind: 'ci' },
} satisfies Readonly<Record<string, JsonObject>>;

export type Who = keyof typeof subjects;

/** Policies that judge texts as a gateway would: the real dialect, the compiled WASM. */
export interface Judge {
  /** What becomes of a text for somebody on a resource of an environment. */
  decide(who: Who, environment: string, text: string, settings?: JsonObject): StatementDecision;
  /** `allow`, `review`, or the ids of the rules that deny, sorted. */
  verdict(who: Who, environment: string, text: string, settings?: JsonObject): string;
}

export const postgres: Dialect = await createPostgresDialect();
const check = createInputCheck([postgres]);
const contexts = new Map<string, ReturnType<typeof check>>();

/** Compiles policies at some places (see readPolicySources) and makes a judge of them. */
export async function createJudge(places: string | readonly string[]): Promise<Judge> {
  const compiler = createPolicyCompiler();
  try {
    return judgeOf(await loadEngine(places, { compiler, dialects: [postgres] }));
  } finally {
    await compiler.close();
  }
}

function judgeOf(engine: Engine): Judge {
  const decide: Judge['decide'] = (who, environment, text, settings) => {
    const parsed = postgres.parse(settings === undefined ? { text } : { text, settings });
    const inputs = inputsOf(contextOf(who, environment), parsed);
    return combineDecisions(
      parsed,
      inputs.map((input) => engine.evaluate(check(input))),
    );
  };
  return {
    decide,
    verdict(...asked) {
      const { effect, reasons } = decide(...asked);
      return effect === 'deny' ? [...new Set(reasons.map(({ rule }) => rule))].sort().join(' ') : effect;
    },
  };
}

function contextOf(who: Who, environment: string): ReturnType<typeof check> {
  const key = `${who} ${environment}`;
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = check(
    inputContext({
      dialect: 'postgres',
      subject: subjects[who],
      resource: { environment },
      now: '2025-01-01T00:00:00Z',
    }),
  );
  contexts.set(key, context);
  return context;
}
