import type { Diagnostic } from '../engine/contract.ts';
import { SallyportError } from '../engine/errors.ts';
import { oneLine, printableLines } from './reporters/text.ts';

/** How findings are printed. */
export type Format = 'pretty' | 'json';

/** `file:row:col`, as far as it is known. */
function place({ file, row, col }: Diagnostic): string {
  return [file, row, col].filter((part) => part !== undefined).join(':');
}

/** `error[CODE] file:row:col message`, and the way out on a line of its own. Others' control characters become escapes. */
export function formatFinding(finding: Diagnostic): string {
  const { severity, code, message, help } = finding;
  const at = oneLine(place(finding));
  const text = printableLines(message).join('\n');
  return `${severity}[${code}] ${at === '' ? '' : `${at} `}${text}${help === undefined ? '' : `\n  help: ${oneLine(help)}`}\n`;
}

export function printFindings(findings: readonly Diagnostic[], format: Format): string {
  if (format === 'json') return `${JSON.stringify({ findings }, undefined, 2)}\n`;
  return findings.map(formatFinding).join('');
}

/** An error as findings: several where it carries diagnostics, like a configuration's or a policy's. */
export function findingsOf(error: unknown): readonly Diagnostic[] {
  if (hasDiagnostics(error) && error.diagnostics.length > 0) return error.diagnostics;
  if (error instanceof SallyportError) {
    const { code, message, help } = error;
    return [{ severity: 'error', code, message, ...(help === undefined ? {} : { help }) }];
  }
  // A bug: the stack is worth more than a polite sentence.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [{ severity: 'error', code: 'SP_INTERNAL', message }];
}

function hasDiagnostics(error: unknown): error is { readonly diagnostics: readonly Diagnostic[] } {
  return error instanceof SallyportError && 'diagnostics' in error && Array.isArray(error.diagnostics);
}
