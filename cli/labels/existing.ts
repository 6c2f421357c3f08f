import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { readBundle } from '../../engine/bundle.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import { findBundle } from '../../engine/load.ts';
import { readPolicySources } from '../../engine/policy-sources.ts';
import { readDataLabels, type DataLabels } from '../../proxy/catalogue/labels/data-labels.ts';
import { describeError } from '../../proxy/log.ts';
import type { LoadedConfig } from '../config/load.ts';
import { resolvedPolicyPlaces } from '../config/policy-places.ts';

/** Labels that are written down already. */
export interface ExistingLabels extends DataLabels {
  /** `data.labels` as it stands there. */
  readonly value: unknown;
}

/**
 * What a data file says, or else the policies of the configuration.
 *
 * @param file YAML or JSON with `labels` at its top
 * @throws SallyportError SP_USAGE when the file cannot be read; SP_POLICY_INVALID when its labels cannot
 */
export async function existingLabels(loaded: LoadedConfig, file: string | undefined): Promise<ExistingLabels> {
  const data = file === undefined ? await policyData(loaded) : readData(file);
  const value = isObject(data) ? data['labels'] : undefined;
  const labels = readDataLabels(value);
  if (labels.problems.length > 0) throw new SallyportError('SP_POLICY_INVALID', labels.problems.join('\n'));
  return { value, ...labels };
}

async function policyData({ config, directory }: LoadedConfig): Promise<unknown> {
  const places = resolvedPolicyPlaces(config, directory);
  const bundle = await findBundle(places);
  return bundle === undefined ? (await readPolicySources(places)).data : (await readBundle(bundle)).data;
}

function readData(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new SallyportError('SP_USAGE', `The data file ${file} cannot be read: ${describeError(cause)}`, { cause });
  }
}
