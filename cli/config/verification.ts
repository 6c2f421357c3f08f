import { resolve } from 'node:path';
import { readVerificationKey } from '../../engine/signing/keys.ts';
import type { BundleVerification } from '../../engine/signing/verify.ts';
import type { LoadedConfig } from './load.ts';

/**
 * Whom the configuration wants its policies signed by; undefined where it does not ask. The keys are read anew each time,
 * so that one can be exchanged while a gateway runs.
 *
 * @throws SallyportError SP_BUNDLE_KEY_INVALID
 */
export async function policiesVerification({
  config,
  directory,
}: LoadedConfig): Promise<BundleVerification | undefined> {
  const configured = config.policies_verification;
  if (configured === undefined) return undefined;
  const keys = configured.keys.map(({ id, file, algorithm }) =>
    readVerificationKey(resolve(directory, file), { id, algorithm }),
  );
  return { keys: await Promise.all(keys), ...(configured.scope === undefined ? {} : { scope: configured.scope }) };
}
