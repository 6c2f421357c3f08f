import type { Span } from '../../engine/contract.ts';

/**
 * A text that is parsed, and where it stands in the statement. A text that was changed on its way (escapes taken out,
 * words joined) has no exact places: everything in it stands where the whole of it stands.
 */
export interface Source {
  readonly text: string;
  /** Where a range of `text` stands in the statement. */
  place(start: number, end: number): Span;
}

export function statementSource(text: string): Source {
  return { text, place: (start, end) => ({ start, end }) };
}

/** Text that stands in the statement as it is, from `offset` on. */
export function exactSource(text: string, offset: number): Source {
  return { text, place: (start, end) => ({ start: offset + start, end: offset + end }) };
}

/** Text that stands in the statement in another form. */
export function decodedSource(text: string, span: Span): Source {
  return { text, place: () => span };
}
