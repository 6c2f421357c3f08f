import type { ErrorCode } from '../../../engine/errors.ts';
import type { Notice } from '../../protocol.ts';

/** Messages that the gateway itself sends to a client (PostgreSQL manual, "Message Formats"). */

export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL';
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Character position in the statement, from 1. */
  readonly position?: number | undefined;
}

export function errorResponse(fields: ErrorFields): Buffer {
  return report('E', fields);
}

function report(type: 'E' | 'N', fields: Omit<ErrorFields, 'severity'> & { readonly severity: string }): Buffer {
  const parts: [string, string | undefined][] = [
    ['S', fields.severity],
    ['V', fields.severity],
    ['C', fields.code],
    ['M', fields.message],
    ['D', fields.detail],
    ['H', fields.hint],
    ['P', fields.position?.toString()],
  ];
  const text = parts.map(([key, value]) => (value === undefined || value === '' ? '' : `${key}${clean(value)}\0`));
  return message(type, Buffer.from(`${text.join('')}\0`));
}

/** A word to a client that waits: psql prints it, drivers hand it to their notice handlers. */
export function noticeResponse({ message: text, detail, hint }: Notice): Buffer {
  return report('N', { severity: 'NOTICE', code: '00000', message: text, detail, hint });
}

/** The one way in for clients: they show a token. */
export const cleartextPasswordRequest = message('R', int32(3));
export const authenticationOk = message('R', int32(0));
export const sslAccepted = Buffer.from('S');
export const encryptionRefused = Buffer.from('N');

export function backendKeyData(processId: number, secret: number): Buffer {
  return message('K', Buffer.concat([int32(processId), int32(secret)]));
}

/** Tells a client that asked for a newer minor version, or for options, that it gets 3.0 without them. */
export function negotiateProtocolVersion(unknownOptions: readonly string[]): Buffer {
  const names = unknownOptions.map((name) => Buffer.from(`${name}\0`));
  return message('v', Buffer.concat([int32(3 << 16), int32(unknownOptions.length), ...names]));
}

const SQLSTATES: Partial<Record<ErrorCode, string>> = {
  SP_STATEMENT_SYNTAX: '42601',
  SP_STATEMENT_TOO_LARGE: '54000',
  SP_STATEMENT_ENCODING: '22021',
  SP_AUTH_FAILED: '28P01',
  SP_SESSION_DENIED: '28000',
  SP_RESOURCE_UNKNOWN: '3D000',
  SP_SUBJECT_QUARANTINED: '28000',
  SP_STORE_UNAVAILABLE: '57P03',
  SP_RECORDER_FAILED: '58030',
  SP_PROTOCOL_VIOLATION: '08P01',
  SP_PROTOCOL_UNSUPPORTED: '0A000',
  SP_LIMIT_CONNECTIONS: '53300',
  SP_LIMIT_FRAME: '08P01',
  SP_LIMIT_TIME: '57014',
  SP_LIMIT_PREPARED: '53400',
  // program_limit_exceeded: drivers take class 53 (53400) for a passing shortage, and would send the same again.
  SP_LIMIT_ROWS: '54000',
  SP_LIMIT_BYTES: '54000',
  // query_canceled, as for statement_timeout.
  SP_LIMIT_SECONDS: '57014',
  // too_many_connections, idle_session_timeout, configuration_limit_exceeded: each a matter of time.
  SP_LIMIT_SESSIONS: '53300',
  SP_LIMIT_SESSION_SECONDS: '57P05',
  SP_RATE_LIMITED: '53400',
  SP_CANCELLED: '57014',
  SP_TARGET_UNREACHABLE: '08006',
  SP_TARGET_AUTH_FAILED: '28000',
  SP_SHUTTING_DOWN: '57P01',
  SP_CONFIG_INVALID: 'F0000',
};

/** The SQLSTATE that tells a driver what to make of one of Sallyport's errors: insufficient_privilege for the rest. */
export function sqlState(code: ErrorCode): string {
  return SQLSTATES[code] ?? '42501';
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

/** A NUL would end the field, and what follows would be read as another one. */
function clean(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
