import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError, type ErrorCode } from '../../engine/errors.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { allDialects } from '../dialects.ts';
import { loadReplayPolicy, type ReplayPolicy } from './policies.ts';

/** Which policies a replay needs, each as loadReplayPolicy takes it. */
export interface PolicyRequest {
  readonly places: readonly (readonly string[])[];
  /** Third-party dialects, as loadDialect takes them. */
  readonly dialects: readonly string[];
}

export type PolicyAnswer =
  | { readonly policies: readonly ReplayPolicy[] }
  | {
      readonly error: {
        readonly code?: ErrorCode;
        readonly message: string;
        readonly help?: string;
        readonly diagnostics?: readonly Diagnostic[];
      };
    };

/**
 * Loads policies in a process of their own, for the compiler leaves some hundred megabytes behind that a process does not
 * give back, and that the threads of a replay are to have. Run from its TypeScript sources, or with a compiler that is
 * there already, it is done in this process.
 *
 * @throws SallyportError as loadReplayPolicy
 */
export async function loadPolicies(request: PolicyRequest, warm?: PolicyCompiler): Promise<readonly ReplayPolicy[]> {
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
        else reject(rebuilt(answer.error));
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
  { places, dialects }: PolicyRequest,
  warm?: PolicyCompiler,
): Promise<readonly ReplayPolicy[]> {
  const compiler = warm ?? createPolicyCompiler();
  try {
    const loading = { compiler, dialects: await allDialects(dialects) };
    const policies: ReplayPolicy[] = [];
    for (const each of places) policies.push(await loadReplayPolicy(each, loading));
    return policies;
  } finally {
    if (warm === undefined) await compiler.close();
  }
}

/** An error's class does not survive the way between processes. */
function rebuilt({ code, message, help, diagnostics }: Extract<PolicyAnswer, { error: unknown }>['error']): Error {
  if (diagnostics !== undefined) return new PolicyError(diagnostics);
  return code === undefined
    ? new Error(message)
    : new SallyportError(code, message, help === undefined ? {} : { help });
}
