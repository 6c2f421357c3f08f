import type { Subject } from '../../engine/contract.ts';

/**
 * Why somebody may not quarantine or release a subject; undefined when they may. Nobody decides about themselves, what a
 * subject owns does not decide about its owner, and agents decide about nobody.
 *
 * @param wardens groups whose members may
 */
export function objectionToDecide(by: Subject, subject: string, wardens: readonly string[]): string | undefined {
  if (by.id === subject) return 'Nobody decides about themselves.';
  if (by.kind === 'agent') return 'An agent does not decide about subjects.';
  if (by.owner === subject) return 'What a subject owns does not decide about it.';
  if (by.groups.some((group) => wardens.includes(group))) return undefined;
  return wardens.length === 0
    ? 'The configuration names nobody who may (api.wardens); with --config, whoever runs the gateway may.'
    : `Somebody in ${wardens.join(', ')} may.`;
}
