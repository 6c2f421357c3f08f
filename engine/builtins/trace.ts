import { stringOperand } from './operands.ts';
import type { Builtin } from './value.ts';

/** `trace` (OPA v1/topdown/trace.go): a note for whoever traces an evaluation, which nobody does here; it is true. */
export const traceBuiltins: readonly (readonly [string, Builtin])[] = [
  [
    'trace',
    (operands) => {
      stringOperand(operands, 0);
      return true;
    },
  ],
];
