import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SallyportError } from '../errors.ts';
import { messageOf } from '../message-of.ts';

/** What bundles are signed with: ECDSA with P-256, RSA (PKCS #1), or a shared secret (HMAC), each with SHA-256. */
export const signingAlgorithms = ['ES256', 'RS256', 'HS256'] as const;

export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/**
 * A key and the one algorithm that it is used with. The algorithm belongs to the key and is never taken from a token:
 * otherwise a token could name HS256 and be signed with the public key, which everybody knows.
 */
export interface BundleKey {
  /** The token's `kid`. A verification key without an id is tried on every token. */
  readonly id?: string;
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject | Uint8Array;
}

export interface KeyOptions {
  readonly id?: string | undefined;
  /** Default: as the key is. Given, the key must fit. */
  readonly algorithm?: SigningAlgorithm | undefined;
}

/** RFC 7518, section 3.2: a secret for HS256 has at least as many bytes as its hash. */
export const leastSecretBytes = 32;

/**
 * Reads the key that bundles are signed with: a private key in PEM, or a file that is the secret (HS256; every byte of it
 * counts, a newline at its end too, as for OPA).
 *
 * @throws SallyportError SP_BUNDLE_KEY_INVALID
 */
export async function readSigningKey(file: string, options: KeyOptions = {}): Promise<BundleKey> {
  return readKey(file, options, (pem) => createPrivateKey(pem), 'a private key');
}

/**
 * Reads a key that signatures are verified with: a public key or certificate in PEM, or the file that is the secret.
 *
 * @throws SallyportError SP_BUNDLE_KEY_INVALID; a private key is refused: whoever verifies must not be able to sign
 */
export async function readVerificationKey(file: string, options: KeyOptions = {}): Promise<BundleKey> {
  const publicKey = (pem: string): KeyObject => {
    if (pem.includes('PRIVATE KEY-----')) {
      throw new SallyportError(
        'SP_BUNDLE_KEY_INVALID',
        `${file} is a private key, and verifying takes the public one.`,
        {
          help: `openssl pkey -in ${file} -pubout`,
        },
      );
    }
    return createPublicKey(pem);
  };
  return readKey(file, options, publicKey, 'a public key or a certificate');
}

/** The key that verifies what another one signs. */
export function verificationKeyOf({ key, ...rest }: BundleKey): BundleKey {
  return { ...rest, key: key instanceof Uint8Array ? key : createPublicKey(key) };
}

async function readKey(
  file: string,
  { id, algorithm }: KeyOptions,
  parse: (pem: string) => KeyObject,
  kind: string,
): Promise<BundleKey> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw invalid(`The key ${file} cannot be read: ${messageOf(cause)}`, 'Give the path of a file.', cause);
  });
  const text = bytes.toString('latin1');
  const named = id === undefined ? {} : { id };
  if (!text.includes('-----BEGIN ')) {
    if (bytes.length === 0) throw invalid(`The key ${file} is empty.`);
    if ((algorithm ?? 'HS256') !== 'HS256') {
      throw invalid(`${file} is no PEM, and ${algorithm ?? ''} takes ${kind} in PEM.`);
    }
    return { ...named, algorithm: 'HS256', key: new Uint8Array(bytes) };
  }
  const key = parsePem(file, text, parse, kind);
  const own = algorithmOf(file, key);
  if (algorithm !== undefined && algorithm !== own) {
    throw invalid(
      `The key ${file} is for ${own}, not for ${algorithm}.`,
      algorithm === 'HS256' ? 'HS256 takes a secret; a key in PEM is never taken for one.' : undefined,
    );
  }
  return { ...named, algorithm: own, key };
}

function parsePem(file: string, pem: string, parse: (pem: string) => KeyObject, kind: string): KeyObject {
  try {
    return parse(pem);
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    const encrypted = pem.includes('ENCRYPTED');
    throw invalid(
      `${file} is not ${kind} in PEM: ${messageOf(cause)}`,
      encrypted
        ? 'It is protected by a passphrase: hand over a decrypted copy, for instance in a memory file system.'
        : undefined,
      cause,
    );
  }
}

function algorithmOf(file: string, key: KeyObject): SigningAlgorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) >= 2048) return 'RS256';
    throw invalid(`The RSA key ${file} has ${details?.modulusLength ?? 0} bits; RS256 takes 2048 or more.`);
  }
  throw invalid(
    `The key ${file} is of a kind that bundles are not signed with (${details?.namedCurve ?? type ?? 'unknown'}).`,
    'Take an EC key on P-256 (ES256) or an RSA key of 2048 bits or more (RS256).',
  );
}

function invalid(message: string, help?: string, cause?: unknown): SallyportError {
  return new SallyportError('SP_BUNDLE_KEY_INVALID', message, {
    ...(help === undefined ? {} : { help }),
    ...(cause === undefined ? {} : { cause }),
  });
}
