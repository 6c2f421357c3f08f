import type { Diagnostic } from './contract.ts';
import { SallyportError } from './errors.ts';

/** Policies that do not compile: SP_POLICY_INVALID with every finding, each at its file, row and column. */
export class PolicyError extends SallyportError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[], cause?: unknown) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const why = errors.length > 0 ? errors.map(formatDiagnostic).join('\n') : String(cause);
    super('SP_POLICY_INVALID', `The policy does not compile:\n${why}`, { cause });
    this.name = 'PolicyError';
    this.diagnostics = diagnostics;
  }
}

/** `file:row:col: severity[code]: message`, and the help on a line of its own. */
export function formatDiagnostic({ severity, code, message, help, file, row, col }: Diagnostic): string {
  const place = [file, row, col].filter((part) => part !== undefined).join(':');
  return `${place === '' ? '' : `${place}: `}${severity}[${code}]: ${message}${help === undefined ? '' : `\n  help: ${help}`}`;
}
