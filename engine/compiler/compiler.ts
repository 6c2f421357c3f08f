import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';
import type {
  BuildRequest,
  BuildResult,
  BuiltinInfo,
  CheckResult,
  Compiled,
  CompilerSources,
  EvaluateRequest,
  EvaluateResult,
  InspectRequest,
  InspectResult,
  ExerciseRequest,
  ExerciseResult,
  TestRequest,
  TestResult,
} from './protocol.ts';
import { CompilerWorker } from './compiler-worker.ts';
import type { ExplainRequest, ExplainResult } from './explanation.ts';

/**
 * OPA's own compiler (a Go program in WASM, engine/compiler/go) in a worker thread. The worker starts with the first
 * request, answers one request after the other, and goes away after some idle time; it never keeps a process alive.
 *
 * Findings in policies are diagnostics. Every method rejects with a SallyportError only when the compiler itself fails:
 * SP_COMPILER_FAILED, SP_COMPILER_TIMEOUT.
 */
export interface PolicyCompiler {
  /** Strict checks, types from the schema, and that every effect rule can be seen by the decision. Tests are checked too. */
  check(request: CompilerSources): Promise<Compiled<CheckResult>>;
  /** An OPA bundle for WASM. Tests are left out. */
  build(request: BuildRequest): Promise<Compiled<BuildResult>>;
  /** OPA's own evaluation: the reference for the WASM runtime. */
  evaluate(request: EvaluateRequest): Promise<Compiled<EvaluateResult>>;
  /** The decision by OPA's own evaluation, watched: which rules fired, or what was covered. */
  exercise(request: ExerciseRequest): Promise<Compiled<ExerciseResult>>;
  /** OPA's own tester. */
  test(request: TestRequest): Promise<Compiled<TestResult>>;
  /** What each effect rule makes of an input, condition by condition, in OPA's own evaluation. */
  explain(request: ExplainRequest): Promise<Compiled<ExplainResult>>;
  /** Each module as `opa fmt` writes it. */
  format(request: Pick<CompilerSources, 'modules'>): Promise<Compiled<{ modules: Record<string, string> }>>;
  /** The rules of modules and what they read. Always a result: what cannot be read becomes a diagnostic. */
  inspect(request: InspectRequest): Promise<Compiled<InspectResult>>;
  /** A bundle's archive (`.tar.gz`) of files by name: the same files give the same bytes, on any machine. */
  archive(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array>;
  /** Every builtin of this version of OPA. */
  builtins(): Promise<readonly BuiltinInfo[]>;
  /** Stops the worker; requests under way are rejected. A later request starts it again. */
  close(): Promise<void>;
}

export interface PolicyCompilerOptions {
  /** Longest time for one request, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number;
  /** How long an idle worker (about 400 MB) is kept, in milliseconds. Default 60,000. */
  readonly idleMs?: number;
}

export function createPolicyCompiler(options: PolicyCompilerOptions = {}): PolicyCompiler {
  const worker = new CompilerWorker({
    artifact: join(packageRoot(), 'engine', 'compiler', 'artifact', 'policy-compiler.wasm.br'),
    timeoutMs: options.timeoutMs ?? 60_000,
    idleMs: options.idleMs ?? 60_000,
  });
  const ask = <Result>(operation: string, request: object): Promise<Compiled<Result>> =>
    worker.ask<Result>({ ...request, operation });

  return {
    check: (request) => ask('check', request),
    async build(request) {
      const { result, diagnostics } = await ask<Encoded>('build', request);
      return { diagnostics, result: result === undefined ? undefined : decode(result) };
    },
    evaluate: (request) => ask('evaluate', request),
    exercise: (request) => ask('exercise', request),
    test: (request) => ask('test', request),
    explain: (request) => ask('explain', request),
    format: (request) => ask('format', request),
    inspect: (request) => ask('inspect', request),
    async archive(files) {
      const encoded = [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')] as const);
      const { result } = await ask<{ bundle: string }>('archive', { files: Object.fromEntries(encoded) });
      return Buffer.from(result?.bundle ?? '', 'base64');
    },
    builtins: async () => (await ask<BuiltinInfo[]>('builtins', {})).result ?? [],
    close: () => worker.close(),
  };
}

type Encoded = Omit<BuildResult, 'wasm' | 'bundle'> & { readonly wasm: string; readonly bundle: string };

function decode(result: Encoded): BuildResult {
  return { ...result, wasm: Buffer.from(result.wasm, 'base64'), bundle: Buffer.from(result.bundle, 'base64') };
}
