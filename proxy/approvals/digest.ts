import { createHash } from 'node:crypto';
import type { SessionState } from '../protocol.ts';
import type { ApprovalAsk } from './ask.ts';

/**
 * What is approved, to the letter: who, on what, which commands with which values, in which state, by which policies.
 * One character more is another digest.
 *
 * Lower-case hex of a SHA-256 over JSON whose keys stand in one order. The session's own id is not part of it: a command
 * that is sent again may come over another connection.
 */
export function digestOfAsk({ subject, resource, revision, commands }: ApprovalAsk): string {
  const exact = [
    'sallyport approval 1',
    subject.id,
    resource.name,
    revision,
    commands.map(({ command, parameters, state }) => [
      command.dialect,
      command.text,
      (parameters ?? []).map(({ format, is_null, text, base64 }) => [format, is_null, text ?? null, base64 ?? null]),
      meaningful(state),
    ]),
  ];
  return createHash('sha256').update(JSON.stringify(exact)).digest('hex');
}

/** What of the state changes what a command does. */
function meaningful({ database, user, role, search_path, transaction, settings }: SessionState): unknown[] {
  // The name that a client gives itself changes nothing.
  const changed = Object.entries(settings).filter(([name]) => name !== 'application_name');
  changed.sort(([a], [b]) => (a < b ? -1 : 1));
  return [database ?? null, user ?? null, role ?? null, search_path ?? null, transaction, changed];
}
