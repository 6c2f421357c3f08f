import type { Refusal } from '../../protocol.ts';
import { decodeText } from './bytes.ts';

/**
 * Decodes a statement's text exactly as the target will read it, or says why it cannot be judged. `[start, end)` is the
 * text without its NUL.
 */
export function statementText(bytes: Buffer, start: number, end: number, limit: number): string | Refusal {
  if (end - start > limit) {
    return {
      code: 'SP_STATEMENT_TOO_LARGE',
      message: `The statement is ${end - start} bytes long, and the limit is ${limit}.`,
      detail: 'Sallyport denies what it cannot judge.',
      hint: 'Send it in parts, load bulk data with COPY, or raise limits.statement_bytes of the gateway.',
    };
  }
  return (
    decodeText(bytes, start, end) ?? {
      code: 'SP_STATEMENT_ENCODING',
      message: 'The statement is not valid UTF-8.',
      detail: 'Sallyport denies what it cannot judge.',
      hint: 'Set client_encoding (PGCLIENTENCODING) to UTF8.',
    }
  );
}

/**
 * Whether a text means the same with any value of `standard_conforming_strings` and `client_encoding`: the first
 * matters for backslashes only, the second for bytes above ASCII only.
 */
export function isPlainText(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5c || unit > 0x7f) return false;
  }
  return true;
}
