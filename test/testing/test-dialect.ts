import type { Dialect } from '../../engine/dialect.ts';
import { dialectBypasses, type Bypass } from './bypasses.ts';
import { dialectCases, type DialectCase } from './cases.ts';
import { dialectConformance, type DialectSamples } from './conformance.ts';
import type { TestCase } from './test-case.ts';

export interface DialectTests {
  /** What the kit cannot know of the dialect's language. */
  readonly samples: DialectSamples;
  /** Statements, and what they must parse to. */
  readonly cases?: readonly DialectCase[];
  /** Texts that hide what they do, and what must be seen of them. */
  readonly bypasses?: readonly Bypass[];
}

/**
 * All of the kit: totality, purity, spans, schemas, determinism and secrets by hostile, random and mutated texts; a table
 * of cases; a table of texts that hide what they do.
 */
export function testDialect(dialect: Dialect, { samples, cases = [], bypasses = [] }: DialectTests): TestCase[] {
  return [
    ...dialectConformance(dialect, samples),
    ...dialectCases(dialect, cases),
    ...dialectBypasses(dialect, bypasses),
  ];
}
