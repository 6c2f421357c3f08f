import type { ParseResult } from '../../../engine/dialect.ts';
import { readAttributes } from './attributes.ts';
import type { Conversation } from './conversation.ts';
import type { JudgedVerdict } from './judge.ts';
import type { StateEffect } from './session-state.ts';
import type { Pending } from './pending.ts';
import { makesTemporary } from './search-path.ts';

/** Commands go to the target: what they will have made of the session's values, and how their answers are masked. */
export function followRelease(
  conversation: Conversation,
  pending: Pending,
  parsed: ParseResult,
  { lineage, masks }: Pick<JudgedVerdict, 'lineage' | 'masks'>,
): void {
  const { commands } = parsed;
  const { batch } = pending;
  pending.lineage = lineage;
  pending.commands = commands;
  const temporaryFirst = makesTemporary(conversation.state) || pending.facts?.effects.some(looksInTemporary) === true;
  for (let index = 0; index < commands.length; index += 1) {
    const command = commands[index];
    if (command === undefined) continue;
    const before = conversation.values;
    conversation.values = before.after(command, lineage?.[index], batch.id, temporaryFirst);
    if (before.open.length > 0 || before.temporary.size > 0) forgetLater(conversation, pending, index);
  }
  for (const effect of pending.facts?.effects.flat() ?? []) {
    // A rollback may bring it back, so from now on nothing is certain.
    if (effect.kind === 'set' && effect.name === 'search_path' && effect.value === undefined)
      conversation.pathKnown = false;
  }
  if (masks === undefined) return;
  pending.masks = masks;
  const { masked } = conversation;
  for (const plan of masks) {
    if (plan === undefined) continue;
    if (plan.otherwise !== undefined) masked.masked = true;
    if (plan.withholdTexts) masked.withheldBy = batch.id;
    if (plan.detect.length > 0) masked.detect = plan.detect;
  }
}

function looksInTemporary(effects: readonly StateEffect[]): boolean {
  return effects.some(
    (one) => one.kind === 'set' && one.name === 'search_path' && one.value?.toLowerCase().includes('pg_temp') === true,
  );
}

/** What a command takes away, if it succeeds. */
function forgetLater(conversation: Conversation, pending: Pending, index: number): void {
  const command = pending.commands?.[index];
  if (command === undefined) return;
  const { values } = conversation;
  const { cursor, discard } = readAttributes(command);
  if (cursor?.action === 'close' || cursor?.action === 'close_all' || discard === 'all') {
    const all = cursor?.action !== 'close';
    (pending.closes ??= [])[index] = values.open.filter(({ name }) => all || name === cursor.name);
  }
  if (discard === 'all' || discard === 'temp') (pending.drops ??= [])[index] = { names: undefined, values };
  else if (command.effects.includes('drop')) {
    const names = command.targets.flatMap(({ path, access }) => (access === 'drop' ? (path.at(-1) ?? []) : []));
    (pending.drops ??= [])[index] = { names, values };
  }
}

/** The command of that index has succeeded. */
export function commandDone(conversation: Conversation, { closes, drops, batch }: Pending, index: number): void {
  const gone = closes?.[index];
  if (gone !== undefined) conversation.values = conversation.values.withoutCursors(gone);
  const dropped = drops?.[index];
  // In a transaction it can still come back.
  if (dropped === undefined || conversation.tracked.state.transaction !== 'idle' || batch.changesState) return;
  batch.dropped = dropped;
}

/** The target is ready for the next query, and no transaction is open. */
export function transactionDone(conversation: Conversation, { batch }: Pending, failed: boolean): void {
  const { masked } = conversation;
  if (masked.withheldBy !== undefined && masked.withheldBy <= batch.id) masked.withheldBy = undefined;
  const { dropped } = batch;
  // What came to it since may be in another relation of the same name.
  if (dropped !== undefined && !failed && conversation.values === dropped.values) {
    conversation.values = conversation.values.withoutTemporary(dropped.names);
  }
  const { values } = conversation;
  if (values.open.length === 0) return;
  conversation.values = values.withoutCursors(values.open.filter((one) => !one.hold && one.batch <= batch.id));
}
