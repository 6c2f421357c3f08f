import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { PolicyCoverage, PolicyTestCase, TestRequest } from '../../engine/compiler/protocol.ts';
import { LIBRARY_PREFIX } from '../../engine/load.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import type { PolicyProject } from '../policy-project.ts';
import type { CaseResult } from '../reporters/report.ts';

export interface RegoTestOptions {
  /** Regular expression (RE2) over `data.package.name`. */
  readonly filter?: string;
  readonly coverage?: boolean;
  readonly list?: boolean;
}

export interface RegoTests {
  readonly cases: readonly CaseResult[];
  readonly coverage: PolicyCoverage | undefined;
}

/** Whether there is anything for OPA's tester to do. */
export function hasRegoTests({ sources }: PolicyProject): boolean {
  return Object.keys(sources.modules).some((name) => name.endsWith('_test.rego'));
}

/**
 * Runs a project's `test_…` rules with OPA's own tester, but not those of the library that comes with Sallyport.
 *
 * @throws PolicyError (SP_POLICY_INVALID) with diagnostics that carry the paths to show
 */
export async function runRegoTests(
  project: PolicyProject,
  compiler: PolicyCompiler,
  options: RegoTestOptions,
): Promise<RegoTests> {
  const { request, locate, shownFile } = project;
  const modules = Object.fromEntries(Object.entries(request.modules).filter(([name]) => !isLibraryTest(name)));
  const asked: TestRequest = { ...request, modules, ...options };
  const { result, diagnostics } = await compiler.test(asked);
  if (result === undefined) throw new PolicyError(diagnostics.map(locate));
  return {
    cases: result.cases.map((one) => toCase(one, shownFile)),
    coverage: result.coverage,
  };
}

function isLibraryTest(name: string): boolean {
  return name.startsWith(LIBRARY_PREFIX) && name.endsWith('_test.rego');
}

function toCase(one: PolicyTestCase, shownFile: (module: string) => string): CaseResult {
  const { name, status, file, row, message, explanation, output, durationNs } = one;
  return {
    suite: one.package.replace(/^data\./, ''),
    name,
    status,
    file: shownFile(file),
    row,
    durationMs: durationNs / 1e6,
    ...(message === undefined ? {} : { message }),
    ...(explanation === undefined ? {} : { explanation: relocate(explanation, shownFile) }),
    ...(output === undefined ? {} : { output }),
  };
}

/** The trace names modules; people want files. */
function relocate(explanation: string, shownFile: (module: string) => string): string {
  return explanation
    .split('\n')
    .map((line) =>
      line.replace(/^(\S.*):(\d+)$/, (_line, module: string, row: string) => `${shownFile(module)}:${row}`),
    )
    .join('\n');
}
