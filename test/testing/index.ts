/**
 * The kit that every dialect is tested with, third parties' too. It needs no test runner: it gives named cases, and any
 * runner takes them.
 *
 *     import { test } from 'vitest' // or 'node:test'
 *     for (const { name, run } of testDialect(dialect, { samples, cases, bypasses })) test(name, run)
 */
export { testDialect, type DialectTests } from './test-dialect.ts';
export { dialectBypasses, type Bypass } from './bypasses.ts';
export { dialectConformance, type DialectSamples } from './conformance.ts';
export { atLeast, dialectCases, type DialectCase, type ExpectedCommand, type ExpectedParse } from './cases.ts';
export { checkParse } from './invariants.ts';
export type { TestCase } from './test-case.ts';
