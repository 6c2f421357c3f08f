import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError, type ErrorCode } from '../../engine/errors.ts';
import { PolicyError } from '../../engine/policy-error.ts';

/** An error on its way to another thread or process, which its class would not survive. */
export interface PlainError {
  /** Absent: none of Sallyport's own. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly help?: string;
  /** Of a PolicyError. */
  readonly diagnostics?: readonly Diagnostic[];
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof SallyportError)) {
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const { code, message, help } = error;
  return {
    code,
    message,
    ...(help === undefined ? {} : { help }),
    ...(error instanceof PolicyError ? { diagnostics: error.diagnostics } : {}),
  };
}

export function rebuiltError({ code, message, help, diagnostics }: PlainError): Error {
  if (diagnostics !== undefined) return new PolicyError(diagnostics);
  return code === undefined
    ? new Error(message)
    : new SallyportError(code, message, help === undefined ? {} : { help });
}
