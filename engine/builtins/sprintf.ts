import { type Argument, sprintf } from './go/printf.ts';
import { textOfNumber } from './number.ts';
import { arrayOperand, stringOperand } from './operands.ts';
import { type Builtin, isNumber, type RegoNumber, type RegoValue } from './value.ts';
import { printValue } from './value-text.ts';

/** `sprintf` (OPA v1/topdown/strings.go): Go's fmt.Sprintf, with everything but numbers printed to strings first. */

function numberArgument(value: RegoNumber): Argument {
  const text = textOfNumber(value);
  // The text decides, not the value: 1.0 is a float, and so is 1e2.
  if (/[.eE]/.test(text)) {
    const double = Number(text);
    return Number.isFinite(double) ? { type: 'float64', value: double } : { type: 'string', value: text };
  }
  const integer = BigInt(text);
  return { type: BigInt.asIntN(64, integer) === integer ? 'int64' : '*big.Int', value: integer };
}

function argument(value: RegoValue): Argument {
  if (isNumber(value)) return numberArgument(value);
  return { type: 'string', value: typeof value === 'string' ? value : printValue(value) };
}

export const sprintfBuiltins: readonly (readonly [string, Builtin])[] = [
  [
    'sprintf',
    (operands, context) => {
      const format = stringOperand(operands, 0);
      const args = arrayOperand(operands, 1).map(argument);
      context.charge(format.length * 4);
      return sprintf(format, args, (characters) => {
        // A width of a million is legal; its cost is the policy's.
        context.charge(characters);
      });
    },
  ],
];
