import type { Command, Decision, Diagnostic, Input, Reason } from '../engine/contract.ts';
import { errorCatalogue, SallyportError, type ErrorCode } from '../engine/errors.ts';
import type { JudgeRequest, Refusal, SessionState } from './protocol.ts';

/** A command and what was decided about it. */
export interface Judged {
  readonly command: Command;
  readonly input: Input;
  readonly state: SessionState;
  readonly decision: Decision;
}

/** One reason why a message is not released. */
export interface Objection {
  readonly judged: Judged;
  readonly code: ErrorCode;
  /** Absent: the decision's own reasons. */
  readonly message: string | undefined;
  readonly terminate: boolean;
  /** What to do next, beside what the rules advise. */
  readonly hint?: string | undefined;
}

/**
 * Words a refusal: the rules' messages, what they advise, and in the detail what an operator needs to find the decision
 * (`decision <id>, rule <id>, revision <revision>`). `scrub` takes secrets out, for a policy may quote the command.
 */
export function refuse(
  objections: readonly Objection[],
  diagnostics: readonly Diagnostic[],
  scrub: (text: string) => string,
): Refusal {
  // What the policy denied comes before what the gateway could not do.
  const first = objections.find(({ code }) => code === 'SP_DENIED') ?? objections[0];
  if (first === undefined) throw new Error('a refusal needs an objection');
  const { command, decision } = first.judged;
  const reasons = objections.flatMap(({ judged }) => judged.decision.reasons);
  const diagnostic = diagnostics.find(({ severity }) => severity === 'error');
  const detail = detailOf(objections);
  const hint = distinct([...objections.map((one) => one.hint), ...reasons.map((one) => one.remediation)]).join(' ');

  // A text that does not parse has nothing that a rule could speak about: the parser's words help more than the rule's.
  if (diagnostic !== undefined && objections.every(isSyntaxError)) {
    const advice = diagnostic.help ?? hint;
    return {
      code: 'SP_STATEMENT_SYNTAX',
      message: scrub(diagnostic.message),
      detail,
      ...(advice === '' ? {} : { hint: scrub(advice) }),
      decision,
      command,
      diagnostic,
    };
  }
  const messages = distinct(
    objections.flatMap(({ message, judged }) => message ?? messagesOf(judged.decision.reasons)),
  );
  return {
    code: first.code,
    message: scrub(messages.length === 0 ? errorCatalogue[first.code] : messages.join('; ')),
    detail,
    ...(hint === '' ? {} : { hint: scrub(hint) }),
    decision,
    command,
    ...(diagnostic === undefined ? {} : { diagnostic }),
  };
}

/** The dialect does not vouch for the statement as a whole, and no command says why. */
export function incompleteRefusal(diagnostics: readonly Diagnostic[]): Refusal {
  const diagnostic = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  const code = diagnostic !== undefined && isErrorCode(diagnostic.code) ? diagnostic.code : 'SP_STATEMENT_SYNTAX';
  return {
    code,
    message: diagnostic?.message ?? errorCatalogue[code],
    detail: 'The statement could not be judged as a whole.',
    ...(diagnostic?.help === undefined ? {} : { hint: diagnostic.help }),
    ...(diagnostic === undefined ? {} : { diagnostic }),
  };
}

/** The protocol's own refusal of a message, if it has one; judged and recorded all the same. */
export function ownRefusal(refused: JudgeRequest['refused'], judged: readonly Judged[]): Refusal | undefined {
  if (refused === undefined) return undefined;
  const [first] = judged;
  const ids = distinct(judged.map((one) => one.decision.id));
  return {
    ...refused,
    detail: ids.length === 0 ? 'The message was refused before it was judged.' : `decision ${ids.join(', ')}`,
    ...(first === undefined ? {} : { decision: first.decision, command: first.command }),
  };
}

/** The commands could not be written down. */
export function recorderRefusal(judged: readonly Judged[], error: unknown): Refusal {
  const failure = error instanceof SallyportError ? error : new SallyportError('SP_RECORDER_FAILED');
  const decision = judged[0]?.decision;
  return {
    code: 'SP_RECORDER_FAILED',
    message: `${errorCatalogue.SP_RECORDER_FAILED} ${failure.message}`,
    detail: `decision ${distinct(judged.map((one) => one.decision.id)).join(', ')}`,
    ...(failure.help === undefined ? {} : { hint: failure.help }),
    ...(decision === undefined ? {} : { decision }),
  };
}

function detailOf(objections: readonly Objection[]): string {
  const decisions = distinct(objections.map(({ judged }) => judged.decision.id));
  const revisions = distinct(objections.map(({ judged }) => judged.decision.revision));
  const rules = distinct(objections.flatMap(({ judged }) => judged.decision.reasons.map(({ rule }) => rule)));
  const named = rules.length === 0 ? '' : `, rule ${rules.join(', ')}`;
  return `decision ${decisions.join(', ')}${named}, revision ${revisions.join(', ')}`;
}

function isSyntaxError({ judged, code }: Objection): boolean {
  return code === 'SP_DENIED' && !judged.command.complete && judged.command.reasons.includes('syntax_error');
}

function messagesOf(reasons: readonly Reason[]): string[] {
  return reasons.map(({ message }) => message);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}
