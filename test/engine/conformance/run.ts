import { suppliedBuiltins } from '../../../engine/builtins/host-builtins.ts';
import { parseValue, toJson } from '../../../engine/builtins/value-text.ts';
import type { CompilerWorker } from '../../../engine/compiler/compiler-worker.ts';
import type { Diagnostic } from '../../../engine/contract.ts';
import { SallyportError } from '../../../engine/errors.ts';
import { createPolicyInstance, type PolicyInstance } from '../../../engine/wasm/policy-instance.ts';
import type { ConformanceCase } from './cases.ts';

/** Undefined when the case passed, else what went wrong. */
export type Failure = string | undefined;

/** How many cases become one policy: a module of this many is compiled and loaded in about a second. */
const batchSize = 150;

const supplied = new Set(suppliedBuiltins);

/** The builtins of a case that Sallyport does not supply. */
export function missingBuiltins({ builtins }: ConformanceCase): string[] {
  return builtins.filter((name) => !supplied.has(name));
}

/** Runs cases in this engine: compiled by OPA's compiler, evaluated as WASM. */
export async function runCases(
  cases: readonly ConformanceCase[],
  compiler: CompilerWorker,
): Promise<Map<ConformanceCase, Failure>> {
  const outcomes = new Map<ConformanceCase, Failure>();
  const together = cases.filter((one) => one.package !== '');
  const batches = cases.filter((one) => one.package === '').map((one) => [one]);
  for (let start = 0; start < together.length; start += batchSize) {
    batches.push(together.slice(start, start + batchSize));
  }
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const compiled = await compile(batch, compiler);
    if (compiled instanceof Uint8Array) {
      runBatch(batch, compiled, outcomes);
    } else if (batch.length === 1 && batch[0] !== undefined) {
      outcomes.set(batch[0], `it does not compile: ${compiled.map(({ message }) => message).join('; ')}`);
    } else {
      // One of them does not compile: halves are tried until it is alone.
      const middle = Math.ceil(batch.length / 2);
      batches.unshift(batch.slice(0, middle), batch.slice(middle));
    }
  }
  return outcomes;
}

async function compile(
  batch: readonly ConformanceCase[],
  compiler: CompilerWorker,
): Promise<Uint8Array | readonly Diagnostic[]> {
  const modules: Record<string, string> = {};
  for (const [number, one] of batch.entries()) {
    for (const [index, text] of one.modules.entries()) modules[`case-${number}-${index}.rego`] = text;
    modules[`case-${number}-query.rego`] = one.query;
  }
  const { result, diagnostics } = await compiler.ask<{ wasm: string }>({
    operation: 'plain',
    modules,
    entrypoints: batch.map(entrypoint),
    builtins: suppliedBuiltins,
  });
  return result === undefined ? diagnostics : Buffer.from(result.wasm, 'base64');
}

function entrypoint(one: ConformanceCase): string {
  return one.package === '' ? 'query/results' : `query/${one.package}/results`;
}

function runBatch(batch: readonly ConformanceCase[], wasm: Uint8Array, outcomes: Map<ConformanceCase, Failure>): void {
  const members = batch
    .filter(({ data }) => data !== undefined)
    .map((one) => (one.package === '' ? (one.data ?? '') : `"${one.package}":${one.data ?? ''}`));
  const alone = batch.length === 1 && batch[0]?.package === '';
  const dataText = alone ? (members[0] ?? '{}') : `{${members.join(',')}}`;
  const errors: string[] = [];
  const onBuiltinError = (name: string, message: string): void => void errors.push(`${name}: ${message}`);
  let instance: PolicyInstance;
  try {
    instance = createPolicyInstance({ wasm, dataText, onBuiltinError });
  } catch (error) {
    for (const one of batch) outcomes.set(one, `it does not load: ${String(error)}`);
    return;
  }
  for (const one of batch) {
    errors.length = 0;
    const failure = runCase(one, instance);
    outcomes.set(one, failure && [failure, ...errors].join('\n'));
  }
}

/** The codes that stand for OPA's: its WASM modules tell a conflict from the rest, as does this engine. */
function meansError(code: string, error: string): boolean {
  return error === 'eval_conflict_error' ? code === 'SP_EVAL_CONFLICT' : code === 'SP_EVAL_FAILED';
}

/** Within the validity of the cases' certificates. */
const now = 1_780_000_000_000_000_000n;

function runCase(one: ConformanceCase, instance: PolicyInstance): Failure {
  let got: unknown;
  try {
    got =
      one.input === undefined
        ? instance.evaluate(undefined, entrypoint(one), { now })
        : instance.evaluateText(one.input, entrypoint(one), { now });
  } catch (error) {
    if (!(error instanceof SallyportError)) return `it throws ${String(error)}`;
    if (one.error !== undefined && meansError(error.code, one.error)) return undefined;
    return `it fails: ${error.message}`;
  }
  if (one.error !== undefined) return `it gives ${print(got)} instead of ${one.error}`;
  const want = toJson(parseValue(one.want ?? '[]'));
  const [a, b] = [print(canonical(want, one)), print(canonical(got, one))];
  return a === b ? undefined : `it gives ${b} instead of ${a}`;
}

/** The bindings as a set; arrays in them as sets, too, where the case says so. */
function canonical(results: unknown, { sort = false }: ConformanceCase): unknown {
  if (!Array.isArray(results)) return results;
  const bindings = results.map((binding: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(binding)
        .sort(([x], [y]) => (x < y ? -1 : 1))
        .map(([name, value]) => [name, sort && Array.isArray(value) ? value.map(print).sort() : value]),
    ),
  );
  return [...new Set(bindings.map(print))].sort();
}

/** JSON with sorted keys. */
function print(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${print(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
