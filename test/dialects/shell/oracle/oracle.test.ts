import { afterAll, describe, expect, it } from 'vitest';
import { createShellDialect } from '../../../../dialects/shell/index.ts';
import type { ProgramSpec } from '../../../../dialects/shell/index.ts';
import { generateScripts, stubs } from './generate.ts';
import { createSandbox, hasBash } from './sandbox.ts';
import { violation } from './violation.ts';

// Bash itself says what ran. SALLYPORT_SHELL_SCRIPTS sets how many scripts (10000 for the whole proof), and
// SALLYPORT_SHELL_SEED which ones.
const count = Number(process.env['SALLYPORT_SHELL_SCRIPTS'] ?? 300);
const seed = Number(process.env['SALLYPORT_SHELL_SEED'] ?? 1);

/** What the stubs are for the dialect: programs that take anything. */
const anything: ProgramSpec = { effects: ['read'], operands: ['text'] };
const shell = await createShellDialect({
  programs: Object.fromEntries([...stubs, 'cat'].map((name) => [name, anything])),
});

describe.runIf(hasBash)('bash runs nothing that the dialect did not list', () => {
  const sandbox = createSandbox();
  afterAll(() => {
    sandbox.remove();
  });

  it(`in ${count} generated scripts`, { timeout: 3_600_000 }, () => {
    const scripts = generateScripts(seed, count);
    const violations: string[] = [];
    let vouched = 0;
    let programs = 0;
    for (let from = 0; from < scripts.length; from += 250) {
      const batch = scripts.slice(from, from + 250);
      const parsed = batch.map((text) => shell.parse({ text }));
      // What is not vouched for needs no oracle.
      const complete = batch.flatMap((text, index) => {
        const result = parsed[index];
        return result?.complete === true ? [{ text, result }] : [];
      });
      const runs = sandbox.run(complete.map(({ text }) => text));
      complete.forEach(({ text, result }, index) => {
        vouched += 1;
        for (const ran of runs[index] ?? []) {
          programs += 1;
          const found = violation(ran, result.commands);
          if (found !== undefined) violations.push(`${found}\n${text}`);
        }
      });
    }
    console.info(
      `${count} scripts, ${vouched} vouched for, ${programs} programs ran in them, ${violations.length} violations`,
    );
    expect(violations).toEqual([]);
    expect(vouched).toBeGreaterThan(count / 20);
  });
});
