import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { SallyportError } from '../../errors.ts';
import { packageRoot } from '../../package-root.ts';
import { fuelExport, maximumFuel, rewriteModule } from '../../wasm/module-rewrite.ts';
import { createInstance, type ProgramInstance, ProgramExit } from './instance.ts';
import { messageOf } from '../../message-of.ts';

/**
 * OPA's own Go code for rare builtins, in this thread (engine/builtins/opa/go). It is metered like a policy: every
 * function entry and every turn of a loop takes fuel, so a GraphQL query or a schema that would run for hours ends as a
 * runaway policy does. It has no files, no network, no clock but the evaluation's and no chance.
 *
 * Loading takes half a second to a second and 100 MB and more, so it is loaded only for a bundle that calls one of these builtins.
 */
export interface OpaProgram {
  /**
   * @param request the call as the program reads it (go/main.go)
   * @param now nanoseconds since the epoch
   * @param fuel steps that the call may take
   * @returns the program's answer, and the steps that it took
   * @throws OutOfFuel; SallyportError SP_EVAL_MEMORY_EXHAUSTED, SP_EVAL_FAILED
   */
  call(request: string, now: bigint, fuel: number): { answer: string; used: number };
}

/** The call took all its fuel. */
export class OutOfFuel extends Error {
  override readonly name = 'OutOfFuel';
}

/** Memory of the program, in pages of 64 KiB: what one call can take at most. */
const maximumPages = 2048;

/**
 * Nothing is collected, since the same call must take the same steps whatever ran before it: when this much garbage has
 * come together, in bytes, the program starts again (13 ms).
 */
const garbageBytes = 32 * 1024 * 1024;

let shared: OpaProgram | undefined;

/** The program of this thread, loaded when it is first asked for. */
export function opaProgram(): OpaProgram {
  shared ??= load();
  return shared;
}

function load(): OpaProgram {
  const file = join(packageRoot(), 'engine', 'builtins', 'opa', 'artifact', 'opa-builtins.wasm.br');
  const { bytes } = rewriteModule(brotliDecompressSync(readFileSync(file)), [], maximumPages);
  const module = new WebAssembly.Module(bytes);
  let current: ProgramInstance | undefined;

  return {
    call(request, now, fuel) {
      const instance = (current ??= createInstance(module));
      const limit = Math.min(fuel, maximumFuel);
      instance.now = now;
      const meter = instance.global(fuelExport);
      meter.value = limit;
      try {
        const answer = instance.ask(request);
        const used = limit - Number(meter.value);
        if (instance.grownBytes() > garbageBytes) current = undefined;
        return { answer, used };
      } catch (error) {
        // Whatever it was doing is in its memory; it cannot go on.
        current = undefined;
        if (Number(meter.value) === 0) throw new OutOfFuel('a builtin took the last fuel');
        throw failure(error, instance);
      }
    },
  };
}

function failure(cause: unknown, instance: ProgramInstance): SallyportError {
  const printed = instance.printed();
  if (cause instanceof ProgramExit && /out of memory|cannot allocate/.test(printed)) {
    return new SallyportError('SP_EVAL_MEMORY_EXHAUSTED', undefined, { cause });
  }
  const why = messageOf(cause);
  return new SallyportError('SP_EVAL_FAILED', `A builtin stopped: ${why} ${printed.slice(0, 200)}`.trimEnd(), {
    cause,
  });
}
