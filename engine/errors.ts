/**
 * The catalogue of Sallyport's own errors. A code never changes its meaning; a code that is no longer raised stays
 * reserved. Every message says what is wrong, `help` says the way out.
 */
export const errorCatalogue = {
  // Policies and bundles
  SP_POLICY_INVALID: 'The policy does not compile.',
  SP_BUNDLE_NOT_FOUND: 'No bundle or policy folder is at that path.',
  SP_BUNDLE_INVALID: 'The bundle is damaged, or was not built for Sallyport.',
  SP_BUNDLE_UNSIGNED: 'The bundle is not signed, and only signed ones are taken.',
  SP_BUNDLE_SIGNATURE_INVALID: "The bundle's signature does not hold.",
  SP_BUNDLE_KEY_INVALID: 'A key for signing or verifying bundles cannot be used.',
  SP_COMPILER_FAILED: 'The policy compiler stopped.',
  SP_COMPILER_TIMEOUT: 'The policy compiler did not answer in time.',
  SP_LINTER_FAILED: 'The linter stopped.',
  SP_LINTER_TIMEOUT: 'The linter did not answer in time.',
  // Evaluation
  SP_EVAL_INPUT_TOO_LARGE: 'The input is larger than the engine accepts.',
  SP_EVAL_INPUT_TOO_DEEP: 'The input is nested deeper than the engine accepts.',
  SP_EVAL_INPUT_INVALID: 'The input does not follow the schema.',
  SP_EVAL_FUEL_EXHAUSTED: 'The policy took more steps than one decision may.',
  SP_EVAL_MEMORY_EXHAUSTED: 'The policy took more memory than one decision may.',
  SP_EVAL_CONFLICT: 'Two rules of the policy gave different values to one name.',
  SP_EVAL_FAILED: 'The policy could not be evaluated.',
  SP_EVAL_NO_ENTRYPOINT: 'The bundle has no such entrypoint.',
  SP_EVAL_RESULT_INVALID: 'The policy answered something that is not a decision.',
  // Statements
  SP_STATEMENT_TOO_LARGE: 'The statement is longer than the configured limit.',
  SP_STATEMENT_ENCODING: 'The statement is not valid UTF-8.',
  SP_STATEMENT_SYNTAX: 'The statement does not parse.',
  // Gateway
  SP_CONFIG_INVALID: 'The configuration is not valid.',
  SP_AUTH_FAILED: 'The client could not be authenticated.',
  SP_RESOURCE_UNKNOWN: 'No resource has that name here.',
  SP_DENIED: 'The policy denied the command.',
  SP_SESSION_DENIED: 'The policy denied the session.',
  SP_REVIEW_UNAVAILABLE: 'The policy asks for approval, and no approver can be reached.',
  SP_REVIEW_REJECTED: 'A reviewer rejected the command.',
  SP_REVIEW_EXPIRED: 'Nobody decided about the command in time.',
  SP_REVIEW_SUPERSEDED: 'The policies changed while the command waited for approval.',
  SP_REVIEW_PENDING: 'The command waits for approval: send it again when it is approved.',
  SP_APPROVAL_UNKNOWN: 'There is no such request for approval.',
  SP_APPROVAL_CLOSED: 'The request for approval has been decided, or has ended.',
  SP_APPROVAL_FORBIDDEN: 'This reviewer may not decide about the request.',
  SP_APPROVAL_UNSEEN: 'The command cannot be shown in full, and the reviewer did not acknowledge that.',
  SP_SUBJECT_QUARANTINED: 'The subject is quarantined.',
  SP_SUBJECT_UNKNOWN: 'There is no such subject, or it is not quarantined.',
  SP_SUBJECT_FORBIDDEN: 'Whoever asks may not decide about this subject.',
  SP_OBLIGATION_UNKNOWN: 'The policy asks for something that this gateway cannot fulfil.',
  SP_MASK_FLOW: 'The command would carry a masked column into a place where no mask is put on.',
  SP_RECORDER_FAILED: 'The command could not be recorded, so it was not released.',
  SP_RECORDING_DAMAGED: 'The recording is damaged.',
  SP_PROTOCOL_VIOLATION: 'The peer broke the protocol.',
  SP_PROTOCOL_UNSUPPORTED: 'The peer asked for a part of the protocol that Sallyport refuses.',
  SP_SETTING_REFUSED: 'The setting would change what statements mean, so Sallyport refuses it.',
  SP_LIMIT_CONNECTIONS: 'The gateway has as many connections as it is configured to hold.',
  SP_LIMIT_FRAME: 'A message is longer than the configured limit.',
  SP_LIMIT_TIME: 'The peer took longer than the configured limit.',
  SP_LIMIT_PREPARED: 'The session keeps as many prepared statements as it is configured to hold.',
  SP_LIMIT_ROWS: 'The statement gives more rows than the policy lets it.',
  SP_LIMIT_BYTES: 'The statement moves more bytes than the policy lets it.',
  SP_LIMIT_SECONDS: 'The statement takes longer than the policy lets it.',
  SP_LIMIT_SESSIONS: 'The subject has as many sessions open as the policy lets it.',
  SP_LIMIT_SESSION_SECONDS: 'The session has lasted as long as the policy lets it.',
  SP_RATE_LIMITED: 'The subject has sent as many statements in the last minute as the policy lets it.',
  SP_CANCELLED: 'The client withdrew the command before it ran.',
  SP_TARGET_UNREACHABLE: 'The target could not be reached.',
  SP_TARGET_AUTH_FAILED: "The target refused the gateway's credentials.",
  SP_SHUTTING_DOWN: 'The gateway is shutting down.',
  // Store and API
  SP_API_UNREACHABLE: "The gateway's API cannot be reached.",
  SP_NOTIFICATION_UNKNOWN: 'There is no such notification.',
  SP_NOTIFICATION_SENT: 'The notification was sent already.',
  SP_STORE_UNAVAILABLE: 'The store cannot be reached.',
  SP_STORE_LOCKED: 'Another process uses the store.',
  SP_STORE_MIGRATION: 'The store could not be brought up to date.',
  // Command line
  SP_USAGE: 'The command line is not valid.',
  SP_CASES_INVALID: 'The case file is not valid.',
  SP_CATALOGUE_INVALID: 'The catalogue is not valid.',
  SP_NO_TESTS: 'There is no test to run.',
  SP_OUTPUT_FAILED: 'A file could not be written.',
  SP_INTERNAL: 'A fault of Sallyport itself.',
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** An error with a stable code from the catalogue. `message` defaults to the catalogue's sentence. */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  /** A way out, for the person who reads the message. */
  readonly help: string | undefined;

  constructor(code: ErrorCode, message?: string, options: { help?: string; cause?: unknown } = {}) {
    super(message ?? errorCatalogue[code], options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SallyportError';
    this.code = code;
    this.help = options.help;
  }
}
