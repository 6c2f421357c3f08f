import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import { SallyportError } from '../../engine/errors.ts';
import { allDialects } from '../dialects.ts';
import { rebuiltError, type PlainError } from './plain-error.ts';
import { loadReplayPolicy, type ReplayPolicy } from './policies.ts';

/** Which policies a replay needs, each as loadReplayPolicy takes it. */
export interface PolicyRequest {
  readonly bundle: readonly string[];
  /** Absent: what was recorded is compared with. */
  readonly baseline?: readonly string[];
  /** Third-party dialects, as loadDialect takes them. */
  readonly dialects: readonly string[];
}

export interface ReplayPolicies {
  readonly policy: ReplayPolicy;
  readonly baseline?: ReplayPolicy;
}

export type PolicyAnswer = { readonly policies: ReplayPolicies } | { readonly error: PlainError };

/**
 * Loads policies in a process of their own, for the compiler leaves some hundred megabytes behind that a process does not
 * give back, and that the threads of a replay are to have. Run from its TypeScript sources, or with a compiler that is
 * there already, it is done in this process.
 *
 * @throws SallyportError as loadReplayPolicy
 */
export async function loadPolicies(request: PolicyRequest, warm?: PolicyCompiler): Promise<ReplayPolicies> {
  if (warm !== undefined || import.meta.url.endsWith('.ts')) return loadHere(request, warm);
  const child = fork(fileURLToPath(new URL('./policy-child.js', import.meta.url)), {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once('message', (answer: PolicyAnswer) => {
        if ('policies' in answer) resolve(answer.policies);
        else reject(rebuiltError(answer.error));
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        reject(new SallyportError('SP_COMPILER_FAILED', `The compiler's process ended with ${signal ?? code ?? '?'}.`));
      });
      child.send(request);
    });
  } finally {
    child.kill('SIGKILL');
  }
}

/** @throws SallyportError as loadReplayPolicy */
export async function loadHere(
  { bundle, baseline, dialects }: PolicyRequest,
  warm?: PolicyCompiler,
): Promise<ReplayPolicies> {
  const compiler = warm ?? createPolicyCompiler();
  try {
    const loading = { compiler, dialects: await allDialects(dialects) };
    const policy = await loadReplayPolicy(bundle, loading);
    return baseline === undefined ? { policy } : { policy, baseline: await loadReplayPolicy(baseline, loading) };
  } finally {
    if (warm === undefined) await compiler.close();
  }
}
