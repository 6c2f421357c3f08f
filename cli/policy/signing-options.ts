import { readFile } from 'node:fs/promises';
import type { JsonObject } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import { leastSecretBytes, readSigningKey, type BundleKey, type SigningAlgorithm } from '../../engine/signing/keys.ts';
import { messageOf } from '../../engine/message-of.ts';

export interface SigningOptions {
  readonly signingKey?: string;
  readonly signingAlg?: SigningAlgorithm;
  readonly keyId?: string;
  readonly claimsFile?: string;
}

export interface Signing {
  readonly key: BundleKey;
  readonly claims: JsonObject;
  /** What a person should know of the key. */
  readonly warnings: readonly string[];
}

/**
 * What a bundle is signed with, or undefined when it is not to be signed.
 *
 * @throws SallyportError SP_USAGE, SP_BUNDLE_KEY_INVALID
 */
export async function readSigning(options: SigningOptions): Promise<Signing | undefined> {
  const { signingKey, signingAlg, keyId, claimsFile } = options;
  if (signingKey === undefined) {
    if (signingAlg === undefined && keyId === undefined && claimsFile === undefined) return undefined;
    throw new SallyportError('SP_USAGE', 'Without --signing-key there is nothing to sign with.');
  }
  const key = await readSigningKey(signingKey, { id: keyId, algorithm: signingAlg });
  const short = key.key instanceof Uint8Array && key.key.length < leastSecretBytes ? key.key.length : undefined;
  return {
    key,
    claims: claimsFile === undefined ? {} : await readClaims(claimsFile),
    warnings:
      short === undefined
        ? []
        : [`the secret has ${short} bytes, and RFC 7518 asks for ${leastSecretBytes}: it could be guessed`],
  };
}

async function readClaims(file: string): Promise<JsonObject> {
  let claims: unknown;
  try {
    claims = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = messageOf(cause);
    throw new SallyportError('SP_USAGE', `--claims-file ${file} cannot be read: ${why}`, { cause });
  }
  if (!isObject(claims)) throw new SallyportError('SP_USAGE', `--claims-file ${file} must hold an object.`);
  if ('files' in claims)
    throw new SallyportError('SP_USAGE', `--claims-file ${file}: files is what is signed, and no claim to give.`);
  return claims;
}
