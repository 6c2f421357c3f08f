import { serialize } from 'pg-protocol';
import type { Refusal } from '../../protocol.ts';
import { errorResponse, sqlState } from './client-bound.ts';

/**
 * What the target gets in the place of a refused message: text that PostgreSQL's grammar refuses before anything else
 * happens. The transaction's state, skip-until-Sync and the order of answers then stay the target's own, and its log
 * shows the decision. Nothing that the client wrote goes into it.
 */
function replacementText(refusal: Refusal): string {
  return `sallyport denied: decision ${(refusal.decision?.id ?? refusal.code).replaceAll(/[^A-Za-z0-9_.-]/g, '_')}`;
}

/** In the place of a Query or a FunctionCall: one error, then ReadyForQuery. */
export function replacementQuery(refusal: Refusal): Buffer {
  return serialize.query(replacementText(refusal));
}

/** A name that no statement gets, for the text under it never parses. */
const REFUSED_NAME = 'sallyport_denied';

/**
 * In the place of a message of the extended protocol: one error, then the target skips to the next Sync.
 * `unnamed` where the client's own Parse would have dropped the unnamed statement, as this one then does.
 */
export function replacementParse(refusal: Refusal, unnamed: boolean): Buffer {
  return serialize.parse({ name: unnamed ? '' : REFUSED_NAME, text: replacementText(refusal) });
}

/** The refusal as the client's error, in the place of the target's. */
export function refusalResponse(refusal: Refusal, position: number | undefined, severity: 'ERROR' | 'FATAL'): Buffer {
  const { code, message, detail, hint } = refusal;
  return errorResponse({ severity, code: sqlStateOf(refusal), message, detail: detail || code, hint, position });
}

/** Where a refusal's finding lies, as PostgreSQL counts: in characters, from 1. */
export function refusalPosition({ diagnostic }: Refusal, text: string): number | undefined {
  const start = diagnostic?.span?.start;
  if (start === undefined || start < 0 || start > text.length) return undefined;
  let characters = 0;
  for (let at = 0; at < start; characters += 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return characters + 1;
}

/** A name that the gateway does not know has PostgreSQL's own code, which drivers and poolers look for. */
export interface UnknownName extends Refusal {
  readonly sqlState: '26000' | '34000';
}

export function unknownName(kind: 'statement' | 'portal', name: string): UnknownName {
  const statement = kind === 'statement';
  return {
    code: 'SP_PROTOCOL_VIOLATION',
    sqlState: statement ? '26000' : '34000',
    message: statement ? `prepared statement "${name}" does not exist` : `portal "${name}" does not exist`,
    detail: 'No message of this session that Sallyport judged has made it.',
  };
}

function sqlStateOf(refusal: Refusal): string {
  return 'sqlState' in refusal && typeof refusal.sqlState === 'string' ? refusal.sqlState : sqlState(refusal.code);
}
