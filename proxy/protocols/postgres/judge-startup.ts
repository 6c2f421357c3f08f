import type { Dialect } from '../../../engine/dialect.ts';
import type { GateSession, Refusal, SessionState } from '../../protocol.ts';
import { settingStatements } from './startup-request.ts';

/**
 * Judges the startup packet's settings as the SET statements that would do the same: otherwise `options` would be a way
 * around the policies. Resolves to the first refusal.
 */
export async function judgeStartup(
  dialect: Dialect,
  gate: GateSession,
  settings: ReadonlyMap<string, string>,
  state: SessionState,
): Promise<Refusal | undefined> {
  for (const text of settingStatements(settings)) {
    const parsed = dialect.parse({ text });
    const answer = gate.judge({ parsed, stateBefore: () => state });
    const verdict = 'held' in answer ? await answer.held : answer;
    if (!verdict.released)
      return verdict.refusal ?? { code: 'SP_DENIED', message: 'The setting was denied.', detail: '' };
  }
  return undefined;
}
