import { Option, type Command } from 'commander';
import { SallyportError } from '../../engine/errors.ts';
import { readVerificationKey, signingAlgorithms, type SigningAlgorithm } from '../../engine/signing/keys.ts';
import type { BundleVerification } from '../../engine/signing/verify.ts';

/** What `addVerificationOptions` adds to a command's options. */
export interface VerificationOptions {
  readonly verificationKey?: string;
  readonly verificationKeyId?: string;
  readonly verificationAlg?: SigningAlgorithm;
  readonly verificationScope?: string;
}

/** Adds the options of a command that loads a bundle and may be told who must have signed it. */
export function addVerificationOptions(command: Command): Command {
  return command
    .option('--verification-key <file>', 'take the bundle only if this key signed it: public, in PEM, or a secret')
    .option('--verification-key-id <id>', 'the id that the signature must name, if it names any')
    .addOption(
      new Option('--verification-alg <name>', 'the algorithm, if the key should not decide').choices(signingAlgorithms),
    )
    .option('--verification-scope <name>', "the signature's scope (default: it must have none)");
}

/**
 * Whom a bundle must be signed by, or undefined when nobody asked for that.
 *
 * @throws SallyportError SP_USAGE, SP_BUNDLE_KEY_INVALID
 */
export async function readVerification(options: VerificationOptions): Promise<BundleVerification | undefined> {
  const {
    verificationKey: file,
    verificationKeyId: id,
    verificationAlg: algorithm,
    verificationScope: scope,
  } = options;
  if (file === undefined) {
    if (id === undefined && algorithm === undefined && scope === undefined) return undefined;
    throw new SallyportError('SP_USAGE', 'Without --verification-key there is nothing to verify with.');
  }
  return {
    keys: [await readVerificationKey(file, { id, algorithm })],
    ...(scope === undefined ? {} : { scope }),
  };
}
