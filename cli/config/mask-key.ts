import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../../engine/errors.ts';
import { createCredential, type CredentialReference } from '../../proxy/credentials/credential.ts';
import { KeyedHash, MASK_KEY_BYTES } from '../../proxy/masking/ways/keyed-hash.ts';

/** Fewer could be guessed, and with the key every hash can be tried. */
const FEWEST_CHARACTERS = 32;

/**
 * The key that values are hashed with. Gateways that are to give the same hashes share `masking.key` of their
 * configuration; without one it is made once, in the data directory.
 *
 * @param reference its file located already
 * @throws SallyportError SP_CONFIG_INVALID when it is not there, or too short
 */
export function composeMaskKey(reference: CredentialReference | undefined, dataDirectory: string): KeyedHash {
  const secret = reference === undefined ? ownSecret(dataDirectory) : createCredential(reference)();
  if (secret.length < FEWEST_CHARACTERS) {
    throw new SallyportError('SP_CONFIG_INVALID', `masking.key has fewer than ${FEWEST_CHARACTERS} characters.`, {
      help: 'Make one with: openssl rand -hex 32',
    });
  }
  return new KeyedHash(new Uint8Array(hkdfSync('sha256', secret, '', 'sallyport masking', MASK_KEY_BYTES)));
}

function ownSecret(directory: string): string {
  const file = join(directory, 'masking-key');
  const read = (): string => readFileSync(file, 'utf8').trim();
  try {
    return read();
  } catch {
    // Not made yet, or not readable: then writing it says so.
  }
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${randomBytes(MASK_KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    return read();
  } catch (error) {
    // Another process may have made it in between.
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return read();
    throw new SallyportError('SP_CONFIG_INVALID', `The key for masking cannot be kept in ${file}.`, {
      help: "Check that the gateway's user may write there, or set masking.key.",
      cause: error,
    });
  }
}
