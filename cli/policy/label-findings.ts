import type { Diagnostic } from '../../engine/contract.ts';
import { isObject } from '../../engine/is-object.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { readDataLabels } from '../../proxy/catalogue/labels/data-labels.ts';

/**
 * What is wrong with `data.labels`, which says what the columns of targets hold. A label that cannot be read is an error: a
 * mask by label would leave its column out.
 *
 * @param data the policies' data document
 * @param resources names of the configuration's resources; left out: they are not known
 */
export function labelFindings(data: unknown, resources?: readonly string[]): Diagnostic[] {
  const { entries, problems } = readDataLabels(isObject(data) ? data['labels'] : undefined);
  const malformed = problems.map((message): Diagnostic => ({ severity: 'error', code: 'labels_malformed', message }));
  if (resources === undefined) return malformed;
  const unknown = new Set(entries.map(({ resource }) => resource).filter((name) => !resources.includes(name)));
  return [
    ...malformed,
    ...[...unknown].map((name): Diagnostic => ({
      severity: 'warning',
      code: 'labels_of_no_resource',
      message: `data.labels has labels for ${JSON.stringify(name)}, and no resource has that name`,
      help: `A key begins with a resource's name: ${resources.join(', ')}.`,
    })),
  ];
}

/** @throws PolicyError where labels cannot be read */
export function requireReadableLabels(data: unknown): void {
  const findings = labelFindings(data);
  if (findings.length > 0) throw new PolicyError(findings);
}
