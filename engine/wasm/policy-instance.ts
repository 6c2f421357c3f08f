import { hostBuiltins } from '../builtins/host-builtins.ts';
import { nativeOverrides } from '../builtins/native.ts';
import { prepareOpaBuiltins } from '../builtins/opa/opa-builtins.ts';
import { type BuiltinTable, isObject, RegoSet } from '../builtins/value.ts';
import { keyText, parseValue, toJson } from '../builtins/value-text.ts';
import { SallyportError } from '../errors.ts';
import { Host } from './host.ts';
import { checkInput, checkJson, inputText } from './input.ts';
import { completeLimits, type PolicyLimits } from './limits.ts';
import { PolicyMemory } from './memory.ts';
import { maximumFuel, type Override, rewriteModule } from './module-rewrite.ts';
import { type LoadedData, loadData } from './opa-wasm.ts';
import { evaluationError, memoryError } from './policy-abort.ts';
import { type PolicyExports, policyExports, valueFormat } from './policy-exports.ts';

/**
 * The one place that touches OPA's WASM ABI. A policy instance holds one compiled policy with its data and evaluates
 * inputs, synchronously and deterministically: the same input, data, `now` and limits give the same answer or the same
 * error, in every process.
 *
 * `@open-policy-agent/opa-wasm` loads the data and finds the entrypoints; the imports and the evaluation call are our
 * own (see opa-wasm.ts for why). The module is instrumented first (module-rewrite.ts), so that a runaway policy ends
 * and no abort leaves a trace: after any throw the whole state of the module (memory below the heap, stack pointer) is
 * put back to what it was after loading.
 *
 * What stays different from OPA's own engine stands in engine/builtins/README.md: above all the order in which a
 * comprehension runs over a set or an object, and that a number with a fraction or exponent comes back as a double.
 */
export interface PolicyInstance {
  /** The entrypoints, as `package/rule` paths, in the module's order. */
  readonly entrypoints: readonly string[];
  /** The host builtins that the policy calls, sorted. */
  readonly builtins: readonly string[];

  /**
   * @param input a JSON value; `undefined` evaluates without an input. null, false, 0 and "" are inputs.
   * @returns the entrypoint's value as OPA would write it to JSON (sets as sorted arrays, keys sorted, integers beyond
   * 2^53 as bigint), or `undefined` when the rule is undefined.
   * @throws SallyportError SP_EVAL_*: the input is refused, or the evaluation did not come to an end.
   */
  evaluate(input: unknown, entrypoint: string, options: EvaluateOptions): unknown;

  /** The same for the text of a JSON value, whose numbers then keep all their digits. */
  evaluateText(text: string, entrypoint: string, options: EvaluateOptions): unknown;
}

export interface EvaluateOptions {
  /** What `time.now_ns` answers: nanoseconds since the Unix epoch. */
  readonly now: bigint;
}

export interface PolicyInstanceOptions {
  /** `policy.wasm` as OPA 1.x compiles it (ABI 1.2 or later, with its name section). */
  readonly wasm: Uint8Array;
  /** The data document, `{}` by default. */
  readonly data?: unknown;
  /** The data document as JSON text instead, whose numbers then keep all their digits. */
  readonly dataText?: string;
  /** The builtins that the host supplies, Sallyport's own by default. */
  readonly builtins?: BuiltinTable;
  readonly limits?: Partial<PolicyLimits>;
  /** Told of every builtin call that failed (in Rego, its expression is then undefined). */
  readonly onBuiltinError?: (name: string, message: string) => void;
  /** Told of what the module prints, nothing in a module that OPA compiled. */
  readonly onPrint?: (line: string) => void;
}

/**
 * @throws SallyportError SP_BUNDLE_INVALID when the module is no policy, or calls a builtin that is not supplied;
 * SP_EVAL_MEMORY_EXHAUSTED when the data does not fit the memory limit.
 * @throws RangeError for a limit that cannot be enforced.
 */
export function createPolicyInstance(options: PolicyInstanceOptions): PolicyInstance {
  const limits = completeLimits(options.limits ?? {});
  const builtins = options.builtins ?? hostBuiltins;
  const data = new TextEncoder().encode(options.dataText ?? inputText(options.data ?? {}) ?? '{}');
  const overrides = Array.from(nativeOverrides, ([native, { builtin, when }], index) => {
    return { native, name: builtin, when, id: -1 - index };
  });
  const { module, overridden } = compile(options.wasm, overrides);

  /** A fresh module, without data. */
  function instantiate(): { memory: PolicyMemory; host: Host; exports: PolicyExports; instance: WebAssembly.Instance } {
    const memory = new PolicyMemory(limits.memoryBytes);
    const host: Host = new Host({
      memory,
      exports: () => exports,
      builtins,
      onBuiltinError: options.onBuiltinError,
      onPrint: options.onPrint ?? (() => undefined),
    });
    const instance = new WebAssembly.Instance(module, host.imports());
    const exports: PolicyExports = policyExports(instance.exports);
    for (const { id, name, native } of overrides) if (overridden.includes(native)) host.bind(id, name);
    for (const [name, id] of required) host.bind(id, name);
    return { memory, host, exports, instance };
  }

  let required: ReadonlyMap<string, number> = new Map();
  let current;
  let loaded: LoadedData;
  try {
    current = instantiate();
    const { memory, host, exports, instance } = current;
    required = requiredBuiltins(exports, memory);
    const replaced = overrides.filter(({ native }) => overridden.includes(native)).map(({ name }) => name);
    const missing = [...required.keys(), ...replaced].filter((name) => !builtins.has(name)).sort();
    if (missing.length > 0) {
      throw invalid(`it calls builtins that are not supplied: ${missing.join(', ')}`);
    }
    if (builtins === hostBuiltins) prepareOpaBuiltins(required.keys());
    for (const [name, id] of required) host.bind(id, name);
    exports.fuel.value = maximumFuel;
    loaded = loadData({ instance, module }, memory.wasm, data);
  } catch (error) {
    throw loadError(error);
  }

  const { entrypoints, address: dataAddress, heap } = loaded;
  // Everything that an evaluation can leave behind lies below the heap, or is one of the two globals.
  const snapshot = Buffer.from(current.memory.view.subarray(0, heap));
  const stackPointer: unknown = current.exports.stackPointer.value;
  let state = current;

  /** The heap only ever grows within an evaluation, so its end tells what was used at most. */
  function usedMuch(): boolean {
    state.exports.fuel.value = maximumFuel; // asking takes fuel, too
    return state.exports.opa_heap_ptr_get() > heap + limits.retainedBytes;
  }

  /** Puts the module back to what it was after loading; a new memory gives the pages that were touched back, too. */
  function restore(): void {
    if (usedMuch()) state = instantiate();
    state.memory.view.set(snapshot);
    state.exports.stackPointer.value = stackPointer;
  }

  function run(text: string | undefined, entrypoint: string, now: bigint): unknown {
    const id = entrypoints.get(entrypoint);
    if (id === undefined) {
      throw new SallyportError('SP_EVAL_NO_ENTRYPOINT', `The bundle has no entrypoint ${entrypoint}.`, {
        help: `It has: ${[...entrypoints.keys()].join(', ')}.`,
      });
    }
    const length = text === undefined ? 0 : Buffer.byteLength(text);
    if (length > limits.inputBytes) {
      throw new SallyportError(
        'SP_EVAL_INPUT_TOO_LARGE',
        `The input has ${length} bytes, ${limits.inputBytes} are allowed.`,
      );
    }
    const { memory, host, exports } = state;
    if (heap + length > memory.byteLength) throw memoryError('the input does not fit');
    if (text !== undefined) {
      memory.writeText(text, heap);
      checkInput(memory.view, heap, heap + length, limits);
    }
    try {
      host.now = now;
      exports.fuel.value = limits.fuel;
      const input = text === undefined ? 0 : heap;
      const answer = exports.opa_eval(0, id, dataAddress, input, length, heap + length, valueFormat);
      return resultOf(memory.readText(answer));
    } catch (error) {
      const failure = evaluationError(error, Number(exports.fuel.value));
      restore();
      throw failure;
    } finally {
      if (usedMuch()) restore();
    }
  }

  return {
    entrypoints: [...entrypoints.keys()],
    builtins: [...required.keys()].sort(),
    evaluate: (input, entrypoint, { now }) => run(inputText(input), entrypoint, now),
    evaluateText(text, entrypoint, { now }) {
      if (text.length > limits.inputBytes) throw new SallyportError('SP_EVAL_INPUT_TOO_LARGE');
      checkJson(text);
      return run(text, entrypoint, now);
    },
  };
}

function compile(
  wasm: Uint8Array,
  overrides: readonly Override[],
): { module: WebAssembly.Module; overridden: readonly string[] } {
  try {
    const { bytes, overridden } = rewriteModule(wasm, overrides);
    return { module: new WebAssembly.Module(bytes), overridden };
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : 'it is not a policy module', error);
  }
}

function requiredBuiltins(exports: PolicyExports, memory: PolicyMemory): Map<string, number> {
  const declared = parseValue(memory.readText(exports.opa_value_dump(exports.builtins())));
  if (!isObject(declared)) throw invalid('its list of builtins is not an object');
  return new Map(Array.from(declared, ([name, id]) => [keyText(name), Number(id)]));
}

/** `opa_eval` answers with a set of bindings: empty when the entrypoint is undefined. */
function resultOf(text: string): unknown {
  const results = parseValue(text);
  if (!(results instanceof RegoSet)) throw new Error('the policy module did not answer with a result set');
  const first = results.items[0];
  if (first === undefined) return undefined;
  if (!isObject(first)) throw new Error('the policy module did not answer with a result set');
  const value = first.get('result');
  return value === undefined ? undefined : toJson(value);
}

function loadError(error: unknown): SallyportError {
  if (error instanceof SallyportError) return error;
  const failure = evaluationError(error, maximumFuel);
  return failure.code === 'SP_EVAL_MEMORY_EXHAUSTED' ? failure : invalid(failure.message, error);
}

function invalid(why: string, cause?: unknown): SallyportError {
  return new SallyportError('SP_BUNDLE_INVALID', `The policy module cannot be loaded: ${why}.`, { cause });
}
