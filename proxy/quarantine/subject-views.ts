import type { Quarantine } from './quarantines.ts';
import type { KnownSubject } from './subjects.ts';

/** A quarantine as JSON: times as RFC 3339. */
export interface QuarantineView {
  readonly reason: string;
  readonly imposed_by: string;
  readonly decision: string | null;
  readonly since: string;
  readonly released: string | null;
  readonly released_by: string | null;
  readonly release_comment: string | null;
}

/** A subject as JSON: times as RFC 3339. */
export interface SubjectView {
  readonly id: string;
  readonly kind: string | null;
  readonly first_seen: string | null;
  readonly last_seen: string | null;
  /** The one in force. */
  readonly quarantine: QuarantineView | null;
}

/** With all of its quarantines, the newest first. */
export interface SubjectDetails extends SubjectView {
  readonly history: readonly QuarantineView[];
}

export function subjectView({ id, kind, first_seen, last_seen, quarantine }: KnownSubject): SubjectView {
  return {
    id,
    kind,
    first_seen: first_seen?.toISOString() ?? null,
    last_seen: last_seen?.toISOString() ?? null,
    quarantine: quarantine === undefined ? null : quarantineView(quarantine),
  };
}

export function quarantineView(quarantine: Quarantine): QuarantineView {
  const { reason, imposed_by, decision, since, released, released_by, release_comment } = quarantine;
  return {
    reason,
    imposed_by,
    decision,
    since: since.toISOString(),
    released: released?.toISOString() ?? null,
    released_by,
    release_comment,
  };
}

export function subjectDetails({
  history,
  ...subject
}: KnownSubject & { readonly history: readonly Quarantine[] }): SubjectDetails {
  return { ...subjectView(subject), history: history.map(quarantineView) };
}
