import type { ResultField } from './masking/fields.ts';

/** What the target says of a portal's columns, in the formats of its Bind. */
export interface ResultDescription {
  /** Undefined until the target has answered; empty where it returns no rows. */
  fields: readonly ResultField[] | undefined;
}
