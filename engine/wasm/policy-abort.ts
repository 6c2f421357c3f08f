import { SallyportError } from '../errors.ts';

/** The module called `opa_abort`. */
export class PolicyAbort extends Error {
  override readonly name = 'PolicyAbort';
}

/** The evaluation took its last unit of fuel inside a host builtin. */
export class FuelExhausted extends Error {
  override readonly name = 'FuelExhausted';
}

export function fuelError(cause: unknown): SallyportError {
  return new SallyportError('SP_EVAL_FUEL_EXHAUSTED', undefined, {
    help: 'Make the policy do less for one decision, or raise the fuel limit.',
    cause,
  });
}

export function memoryError(cause: unknown): SallyportError {
  return new SallyportError('SP_EVAL_MEMORY_EXHAUSTED', undefined, {
    help: 'Make the policy hold less at once, shrink its data, or raise the memory limit.',
    cause,
  });
}

/**
 * What an evaluation threw, as an error of the catalogue.
 * @param fuelLeft what the fuel global holds after the throw: a trap at 0 is the meter's own.
 */
export function evaluationError(cause: unknown, fuelLeft: number): SallyportError {
  if (cause instanceof SallyportError) return cause;
  if (cause instanceof FuelExhausted || fuelLeft === 0) return fuelError(cause);
  if (cause instanceof PolicyAbort) {
    // OPA words its aborts in C and in the compiler (internal/compiler/wasm/wasm.go, wasm/src/malloc.c).
    if (cause.message === 'opa_malloc: failed') return memoryError(cause);
    if (cause.message.endsWith('conflict')) {
      return new SallyportError('SP_EVAL_CONFLICT', `The policy gave different values to one name: ${cause.message}.`, {
        cause,
      });
    }
    return failed(cause.message, cause);
  }
  if (cause instanceof WebAssembly.RuntimeError || cause instanceof RangeError) {
    // Values nested so deep that the module's stack, or V8's, ran out.
    return failed(`the policy module trapped (${cause.message})`, cause);
  }
  return failed(cause instanceof Error ? cause.message : 'a builtin threw something that is not an error', cause);
}

function failed(why: string, cause: unknown): SallyportError {
  return new SallyportError('SP_EVAL_FAILED', `The policy could not be evaluated: ${why}.`, { cause });
}
