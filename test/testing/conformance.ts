import { isDeepStrictEqual } from 'node:util';
import type { Dialect, ParseResult, Statement } from '../../engine/dialect.ts';
import { hostileTexts, mutatedTexts, pollutedTexts, randomTexts } from './hostile-texts.ts';
import { checkParse } from './invariants.ts';
import { checkAttributesSchema } from './schemas.ts';
import { demand, show, type TestCase } from './test-case.ts';

/** A text is short for a statement without settings. */
export type Sample = string | Statement;

/** What the kit cannot know of a dialect's language. The more of it, the more is tested. */
export interface DialectSamples {
  /** Ordinary statements: they must parse completely. They are also what the kit mutates. */
  readonly complete: readonly [Sample, ...Sample[]];
  /** Statements that nobody can vouch for by their text alone. */
  readonly incomplete?: readonly Sample[];
  /** Statements that do nothing (white space, comments): complete, and without commands. */
  readonly empty?: readonly Sample[];
  /** In each group, statements that differ only in their literals. Groups differ from each other in more than that. */
  readonly fingerprints?: readonly (readonly [string, string, ...string[]])[];
  /** Of the random texts; give another one for another run. Default 1. */
  readonly seed?: number;
  /** How many random texts and how many mutated samples. Default 300. */
  readonly runs?: number;
}

/**
 * The cases that every dialect passes: `parse` is total, synchronous, deterministic and free of state, and each of its
 * results keeps the contract.
 */
export function dialectConformance(dialect: Dialect, samples: DialectSamples): TestCase[] {
  const complete = samples.complete.map(toStatement);
  const all = [...complete, ...[...(samples.incomplete ?? []), ...(samples.empty ?? [])].map(toStatement)];
  const texts = all.map(({ text }) => text);
  const { seed = 1, runs = 300 } = samples;
  return [
    {
      name: 'declares itself',
      run: () => {
        declares(dialect);
      },
    },
    {
      name: 'describes its attributes with a closed schema',
      run: () => {
        checkAttributesSchema(dialect);
      },
    },
    ...complete.map((statement) => ({
      name: `vouches for ${show(statement.text, 60)}`,
      run: () => {
        vouches(dialect, statement);
      },
    })),
    ...(samples.incomplete ?? []).map(toStatement).map((statement) => ({
      name: `does not vouch for ${show(statement.text, 60)}`,
      run: () => {
        doesNotVouch(dialect, statement);
      },
    })),
    ...(samples.empty ?? []).map(toStatement).map((statement) => ({
      name: `finds nothing to do in ${show(statement.text, 60)}`,
      run: () => {
        findsNothing(dialect, statement);
      },
    })),
    ...Object.entries(hostileTexts).map(([what, make]) => ({
      name: `keeps the contract for ${what}`,
      run: () => {
        keepsContract(dialect, make());
      },
    })),
    {
      name: 'keeps the contract for random texts',
      run: () => {
        keepsContract(dialect, randomTexts(seed, runs));
      },
    },
    {
      name: 'keeps the contract for mutated samples',
      run: () => {
        keepsContract(dialect, mutatedTexts(texts, seed, runs));
      },
    },
    {
      name: 'takes __proto__ and its like for plain names',
      run: () => {
        isNotPolluted(dialect, texts);
      },
    },
    {
      name: 'survives settings that make no sense',
      run: () => {
        survivesSettings(dialect, complete);
      },
    },
    {
      name: 'answers the same each time, whatever came between',
      run: () => {
        isDeterministic(dialect, all);
      },
    },
    {
      name: 'shares nothing that its caller could change',
      run: () => {
        isIndependent(dialect, all);
      },
    },
    ...fingerprintCases(dialect, samples.fingerprints ?? []),
  ];
}

function declares(dialect: Dialect): void {
  const version: unknown = dialect.apiVersion;
  demand(version === 1, () => `apiVersion must be 1, not ${show(version)}`);
  demand(/^[a-z][a-z0-9_-]*$/.test(dialect.name), () => `name ${show(dialect.name)} must be in lower case`);
}

function vouches(dialect: Dialect, statement: Statement): void {
  const result = checkParse(dialect, statement);
  demand(result.complete, () => `not complete: ${explain(result)}`);
  demand(result.commands.length > 0, 'no commands');
  demand(
    result.diagnostics.every(({ severity }) => severity !== 'error'),
    () => `a complete statement has errors: ${explain(result)}`,
  );
}

function doesNotVouch(dialect: Dialect, statement: Statement): void {
  const result = checkParse(dialect, statement);
  demand(!result.complete, () => `taken for complete: ${show(result.commands)}`);
}

function findsNothing(dialect: Dialect, statement: Statement): void {
  const result = checkParse(dialect, statement);
  demand(result.complete && result.commands.length === 0, () => `found ${show(result.commands)}: ${explain(result)}`);
}

function keepsContract(dialect: Dialect, texts: readonly string[]): void {
  for (const text of texts) checkParse(dialect, { text });
}

function isNotPolluted(dialect: Dialect, texts: readonly string[]): void {
  const polluted = pollutedTexts(texts);
  const before = prototypeKeys();
  for (const text of polluted) dialect.parse({ text });
  demand(isDeepStrictEqual(prototypeKeys(), before), 'parsing changed Object.prototype');
  keepsContract(dialect, polluted);
}

function prototypeKeys(): PropertyKey[][] {
  return [Object.prototype, Array.prototype, Function.prototype].map((prototype) => Reflect.ownKeys(prototype));
}

const senselessSettings: Readonly<Record<string, unknown>>[] = [
  {},
  { there_is_no_such_setting: true },
  JSON.parse('{"__proto__": {"complete": true}, "constructor": null}') as Record<string, unknown>,
];

function survivesSettings(dialect: Dialect, statements: readonly Statement[]): void {
  const schema: unknown = dialect.settingsSchema?.['properties'];
  const names = typeof schema === 'object' && schema !== null ? Object.keys(schema) : [];
  const values = [null, 0, '', [], {}, 'no such value'];
  const wrong = names.flatMap((name) => values.map((value) => ({ [name]: value })));
  for (const { text } of statements) {
    for (const settings of [...senselessSettings, ...wrong]) checkParse(dialect, { text, settings });
  }
}

function isDeterministic(dialect: Dialect, statements: readonly Statement[]): void {
  const first = statements.map((statement) => structuredClone(dialect.parse(statement)));
  for (const index of [...statements.keys()].reverse()) {
    const statement = statements[index];
    if (statement === undefined) continue;
    const again = dialect.parse(statement);
    demand(isDeepStrictEqual(again, first[index]), () => `another answer to the same statement: ${show(statement)}`);
  }
}

/** A caller that changes a result must not change what the next caller gets: frozen or fresh, both are right. */
function isIndependent(dialect: Dialect, statements: readonly Statement[]): void {
  for (const statement of statements) {
    const result = dialect.parse(statement);
    const expected = structuredClone(result);
    spoil(result);
    demand(
      isDeepStrictEqual(dialect.parse(statement), expected),
      () => `a change to one result shows in the next: ${show(statement)}`,
    );
  }
}

function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const part of Object.values(value)) spoil(part);
  for (const key of Object.keys(value)) Reflect.set(value, key, 'spoilt');
  Reflect.set(value, 'spoilt', true);
}

function fingerprintCases(dialect: Dialect, groups: readonly (readonly string[])[]): TestCase[] {
  const prints = (text: string): string => show(checkParse(dialect, { text }).commands.map((one) => one.fingerprint));
  const same = groups.map((group) => ({
    name: `gives one fingerprint to ${show(group[0], 60)} and its like`,
    run: () => {
      const found = new Map(group.map((text) => [prints(text), text]));
      demand(found.size === 1, () => `the fingerprints differ: ${show([...found])}`);
    },
  }));
  if (groups.length < 2) return same;
  const differ = (): void => {
    const found = new Map<string, string>();
    for (const text of groups.flatMap((group) => group.slice(0, 1))) {
      const other = found.get(prints(text));
      demand(other === undefined, () => `one fingerprint for ${show(other)} and ${show(text)}`);
      found.set(prints(text), text);
    }
  };
  return [...same, { name: 'gives different fingerprints to statements that differ in more', run: differ }];
}

function toStatement(sample: Sample): Statement {
  return typeof sample === 'string' ? { text: sample } : sample;
}

function explain({ commands, diagnostics }: ParseResult): string {
  const reasons = commands.flatMap((command) => command.reasons);
  return show([...reasons, ...diagnostics.map(({ code, message }) => `${code}: ${message}`)]);
}
