import type { Logger } from '../../log.ts';
import type { LabelNotice } from './assign.ts';

const words: Readonly<Record<LabelNotice['kind'], string>> = {
  no_such_column: 'data.labels names a column that its relation lacks: all of its columns carry the labels',
  no_such_relation: 'data.labels names a relation that is not there: it labels nothing',
  renamed: 'a labelled column was renamed: it keeps its labels while this gateway runs; name it anew in data.labels',
  unreadable_comment: 'a comment says @labels in a way that cannot be read: nothing is known of the relation',
  renamed_too_often: 'the columns of a relation were renamed more often than is followed: nothing is known of it',
};

/** Lines in the log that people should act on. */
export function tellNotices(notices: readonly LabelNotice[], logger: Logger, of: object): void {
  for (const { kind, ...notice } of notices) logger.warn({ ...of, ...notice, notice: kind }, words[kind]);
}

export function noticeSentence({ kind }: LabelNotice): string {
  return words[kind];
}
