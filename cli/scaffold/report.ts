import { printable, type Paint } from '../reporters/terminal.ts';
import type { PlannedFile } from './write.ts';

/** What a scaffold did, or with --dry-run would do. */
export interface ScaffoldReport {
  readonly folder: string;
  readonly dryRun: boolean;
  readonly files: readonly PlannedFile[];
  /** What to do next: command lines, or sentences that begin with a capital letter. */
  readonly next: readonly string[];
}

const words = { create: 'created', replace: 'replaced', keep: 'kept' } as const;
const colours = { create: 'green', replace: 'yellow', keep: 'dim' } as const;

/** For a person's eyes. Ends with a newline. */
export function renderScaffold({ dryRun, files, next }: ScaffoldReport, paint: Paint): string {
  const lines = files.map(({ path, action, reason }) => {
    const word = dryRun && action !== 'keep' ? `would be ${words[action]}` : words[action];
    const why = action === 'keep' ? paint('dim', `  ${reason ?? 'it is there already'}`) : '';
    return `  ${paint(colours[action], word.padEnd(dryRun ? 17 : 9))}${printable(path)}${why}\n`;
  });
  const steps = next.map((step) => `  ${/^[A-Z]/.test(step) ? step : `$ ${step}`}\n`);
  const heading = dryRun || steps.length === 0 ? '' : `\n${paint('bold', 'Next')}\n`;
  return `${lines.join('')}${heading}${dryRun ? '' : steps.join('')}`;
}

/** The same for programs. */
export function scaffoldJson({ folder, dryRun, files, next }: ScaffoldReport): string {
  const told = files.map(({ path, action, reason }) => ({ path, action, ...(reason === undefined ? {} : { reason }) }));
  return `${JSON.stringify({ folder, dry_run: dryRun, files: told, next }, undefined, 2)}\n`;
}
