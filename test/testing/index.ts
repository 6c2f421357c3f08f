/**
 * The kit that every dialect is tested with, third parties' too. It needs no test runner: it gives named cases, and any
 * runner takes them.
 *
 *     import { test } from 'vitest' // or 'node:test'
 *     for (const { name, run } of dialectConformance(dialect, samples)) test(name, run)
 *     for (const { name, run } of dialectCases(dialect, cases)) test(name, run)
 */
export { dialectConformance, type DialectSamples } from './conformance.ts';
export { atLeast, dialectCases, type DialectCase, type ExpectedCommand, type ExpectedParse } from './cases.ts';
export { checkParse } from './invariants.ts';
export type { TestCase } from './test-case.ts';
