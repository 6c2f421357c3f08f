import { describe, expect, test } from 'vitest';
import { sqlTexts } from '../dialects/postgres/bypass/rows.ts';
import { bypassRows, harmless } from '../e2e/support/bypass-rows.ts';
import { createJudge, packs, type Who } from './support/judge.ts';

// The ways around a gateway that test/e2e tries on a real server and that the dialect's tests list, judged by the packs
// alone: beside them stands a policy that allows everything that can be judged.

const judge = await createJudge([
  ...packs,
  `${import.meta.dirname}/support/everybody`,
  `${import.meta.dirname}/support/vault`,
]);
const rows = [...bypassRows, ...sqlTexts.map((text) => ({ name: `the dialect's: ${text}`, steps: [text] }))];

interface Exception {
  readonly text: RegExp;
  readonly why: string;
}

/** What does no harm to anybody, and why it stands among the bypasses. */
const harmlessForAgents: readonly Exception[] = [
  { text: /SELECT pg_export_snapshot\(\)/, why: 'shows a snapshot’s name, for pg_dump’s workers' },
  { text: /SET plpgsql.variable_conflict/, why: 'changes a setting that concerns function bodies only' },
  { text: /^SELECT (E'\\'; DROP|\$\$ ; DROP|'a'\n'; DROP)/, why: 'the second statement is part of a string' },
  { text: /^SELECT \* FROM \(SELECT 1\) x; $/, why: 'reads' },
  { text: /_pg_expandarray/, why: 'is how clients read index columns' },
];

/** What people may do to rows one by one, and to their own sessions: no pack is about it. */
const everydayForPeople: readonly Exception[] = [
  { text: /^SELECT 'it''s'; DELETE FROM canary WHERE/, why: 'deletes the rows that it names' },
  { text: /^WITH a AS \((INSERT|MERGE) INTO canary/, why: 'changes the rows that it names' },
  { text: /^INSERT INTO canary/, why: 'inserts rows' },
  { text: /\b(nextval|setval)\('canary_sequence'/, why: 'moves a sequence' },
  { text: /^SELECT \* INTO TEMP loot/, why: 'makes a temporary table' },
  { text: /^(LOCK TABLE canary|SELECT \* FROM canary FOR UPDATE|SELECT pg_advisory_lock)/, why: 'takes a lock' },
  { text: /pg_notify|^LISTEN canary; NOTIFY/, why: 'notifies' },
  { text: /^SELECT count\(\*\) FROM canary/, why: 'reads a table that is hidden from agents only' },
  {
    text: /'search_path', 'vault'|^SET search_path = evil/,
    why: 'changes where names are looked for, and reads nothing',
  },
  { text: /^(REFRESH MATERIALIZED VIEW|ANALYZE|CHECKPOINT)/, why: 'maintains' },
];

describe('an agent in production', () => {
  test.each(rows.map(({ name, steps }) => [name, steps] as const))('%s', (_, steps) => {
    expect(isAllowed('agent', steps)).toBe(isAmong(harmlessForAgents, steps));
  });

  test.each(harmless)('is no way around and is allowed: %s', (text) => {
    expect(judge.verdict('agent', 'production', text)).toBe('allow');
  });
});

describe('a person in production', () => {
  test.each(rows.map(({ name, steps }) => [name, steps] as const))('%s', (_, steps) => {
    expect(isAllowed('person', steps)).toBe(isAmong([...harmlessForAgents, ...everydayForPeople], steps));
  });
});

function isAmong(exceptions: readonly Exception[], steps: readonly string[]): boolean {
  return exceptions.some(({ text }) => text.test(steps.join('\n')));
}

/** Whether every step of the session is allowed. */
function isAllowed(who: Who, steps: readonly string[]): boolean {
  return verdicts(who, steps).every((verdict) => verdict === 'allow');
}

function verdicts(who: Who, steps: readonly string[]): string[] {
  // What the session prepared is what its EXECUTE means, as the protocol tells the dialect.
  const prepared: Record<string, string> = {};
  return steps.map((step) => {
    const [, name, text] = /^PREPARE (\w+) AS (.*)$/s.exec(step) ?? [];
    const verdict = judge.verdict(who, 'production', step, { prepared: { ...prepared } });
    if (name !== undefined && text !== undefined) prepared[name] = text;
    return verdict;
  });
}
