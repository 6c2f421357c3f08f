import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { ArtifactWorker } from '../artifacts/artifact-worker.ts';
import { SallyportError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { chunksOf } from './chunks.ts';
import { mergeParts } from './merge.ts';
import type { LintFailure, LintPart, LintResult, LintRule, LintRuleTest, LintSettings, Violation } from './protocol.ts';

/**
 * Regal (a Go program in WASM, engine/linter/go) with Sallyport's own rules, in worker threads: several modules are
 * linted at once. Every method rejects with a SallyportError: SP_CONFIG_INVALID for settings or rules of the user that
 * do not hold, SP_LINTER_FAILED and SP_LINTER_TIMEOUT for the linter's own faults.
 */
export interface PolicyLinter {
  /** Findings in modules: text by the name that findings carry. One that does not parse keeps no other from it. */
  lint(modules: Readonly<Record<string, string>>, settings: LintSettings): Promise<LintResult>;
  /** Every rule there is, by category and name, with its level in force. */
  rules(settings: LintSettings): Promise<readonly LintRule[]>;
  /** Runs the tests of rules (`*_test.rego` among them), with Regal's library at hand. */
  test(rules: Readonly<Record<string, string>>, settings: LintSettings): Promise<readonly LintRuleTest[]>;
  /** Stops the threads. */
  close(): Promise<void>;
}

export interface PolicyLinterOptions {
  /** Threads. Default: one for each processor, at most 4; each takes about 200 MB. */
  readonly workers?: number;
  /** Longest time for one request, in milliseconds. Default 120,000. */
  readonly timeoutMs?: number;
}

export function createPolicyLinter({ workers, timeoutMs = 120_000 }: PolicyLinterOptions = {}): PolicyLinter {
  const most = workers ?? Math.min(availableParallelism(), 4);
  const threads: ArtifactWorker[] = [];
  let program: Promise<{ module: WebAssembly.Module; defaults: string }> | undefined;

  /** The thread of that number. All of them run one compiled module: what V8 optimizes for one is there for all. */
  async function thread(index: number): Promise<ArtifactWorker> {
    program ??= load();
    const { module } = await program;
    return (threads[index] ??= new ArtifactWorker({
      program: { module },
      frozen: true,
      timeoutMs,
      idleMs: 60_000,
      failed: (why, cause) => new SallyportError('SP_LINTER_FAILED', `The linter stopped: ${why}`, { cause }),
      timedOut: (ms) => new SallyportError('SP_LINTER_TIMEOUT', `The linter did not answer within ${ms} ms.`),
    }));
  }

  async function ask<Result>(index: number, operation: string, request: object): Promise<Result> {
    const worker = await thread(index);
    const { defaults } = await (program ??= load());
    return read(await worker.ask(JSON.stringify({ defaults, ...request, operation }))) as Result;
  }

  return {
    async lint(modules, settings) {
      const chunks = chunksOf(modules, most);
      const parts: LintPart[] = [];
      const waiting = chunks.entries();
      const work = async (index: number): Promise<void> => {
        for (const [position, chunk] of waiting) {
          parts[position] = await ask<LintPart>(index, 'lint', { ...settings, modules: chunk, collect: true });
        }
      };
      await Promise.all(Array.from({ length: Math.min(most, chunks.length) }, (_, index) => work(index)));
      const merged = mergeParts(parts);
      const { violations } = await ask<{ violations: Violation[] }>(0, 'aggregate', {
        ...settings,
        aggregates: merged.aggregates,
        ignore_directives: merged.ignore_directives,
      });
      return { ...merged, violations: [...merged.violations, ...violations] };
    },
    rules: async (settings) => (await ask<{ rules: LintRule[] }>(0, 'rules', settings)).rules,
    test: async (rules, settings) => (await ask<{ cases: LintRuleTest[] }>(0, 'test', { ...settings, rules })).cases,
    async close() {
      await Promise.all(threads.splice(0).map((one) => one.close()));
    },
  };
}

async function load(): Promise<{ module: WebAssembly.Module; defaults: string }> {
  const folder = join(packageRoot(), 'engine', 'linter');
  const [compressed, defaults] = await Promise.all([
    readFile(join(folder, 'artifact', 'policy-linter.wasm.br')),
    readFile(join(folder, 'defaults.yaml'), 'utf8'),
  ]);
  return { module: await WebAssembly.compile(await promisify(brotliDecompress)(compressed)), defaults };
}

function read(answer: string): unknown {
  const { result, error } = JSON.parse(answer) as { result?: unknown; error?: LintFailure };
  if (error !== undefined) throw asSallyportError(error);
  return result;
}

function asSallyportError({ kind, message, detail }: LintFailure): SallyportError {
  switch (kind) {
    case 'config':
      return new SallyportError('SP_CONFIG_INVALID', `The linter's configuration does not hold: ${message}.`, {
        help: '`sallyport lint --rules` lists the rules by category.',
      });
    case 'rules':
      return new SallyportError('SP_CONFIG_INVALID', `The rules of this project cannot be used: ${message}`, {
        help: 'They stand in .regal/rules, in packages custom.regal.rules.<category>.<rule>.',
      });
    case 'failed':
    case 'panic':
      return new SallyportError('SP_LINTER_FAILED', `The linter failed: ${message}`, detail ? { help: detail } : {});
  }
}
