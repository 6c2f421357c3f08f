import { SignJWT } from 'jose';
import type { BundleArchive } from '../bundle-archive.ts';
import type { JsonObject } from '../contract.ts';
import { fileDigest } from './file-digest.ts';
import type { BundleKey } from './keys.ts';

export const signaturesFile = '.signatures.json';

/**
 * Makes the text of a bundle's `.signatures.json`: one JWT over the name and digest of each file (OPA's documentation,
 * "Bundle Signing"). Without a time of its own, so that RS256 and HS256 give the same bytes each time; ES256 never does.
 *
 * @param claims further claims, such as `scope`, `iss` or `exp`
 * @throws Error when a document of the bundle is not JSON
 */
export async function signFiles(
  files: BundleArchive['files'],
  { id, algorithm, key }: BundleKey,
  claims: JsonObject = {},
): Promise<string> {
  const signed = [...files]
    .filter(([name]) => name !== signaturesFile)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => ({ name, hash: fileDigest(name, content, 'SHA-256'), algorithm: 'SHA-256' }));
  const token = await new SignJWT({ ...claims, files: signed })
    .setProtectedHeader({ alg: algorithm, ...(id === undefined ? {} : { kid: id }) })
    .sign(key);
  return JSON.stringify({ signatures: [token] }, null, 1);
}
