import { decodeText } from './bytes.ts';

/** What the gateway reads of a target's ErrorResponse. */
export interface TargetError {
  readonly severity: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
}

/** Reads `bytes[start, end)`, a whole ErrorResponse: one-letter fields, each with a NUL-terminated string. */
export function readTargetError(bytes: Buffer, start: number, end: number): TargetError {
  let severity = '';
  let localized = '';
  let code = '';
  let message = '';
  for (let at = start + 5; at < end;) {
    const field = bytes[at];
    const nul = bytes.indexOf(0, at + 1);
    if (field === 0 || nul < 0 || nul >= end) break;
    // A target's message may be in another encoding before the session's is set.
    const text = (): string => decodeText(bytes, at + 1, nul) ?? bytes.toString('latin1', at + 1, nul);
    if (field === 0x56) severity = text();
    else if (field === 0x53) localized = text();
    else if (field === 0x43) code = text();
    else if (field === 0x4d) message = text();
    at = nul + 1;
  }
  return { severity: severity === '' ? localized : severity, code, message };
}

/** The target ends the session after it. */
export function isFatal({ severity }: TargetError): boolean {
  return severity === 'FATAL' || severity === 'PANIC';
}
