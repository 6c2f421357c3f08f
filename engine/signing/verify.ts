import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import type { BundleArchive } from '../bundle-archive.ts';
import { SallyportError } from '../errors.ts';
import { isObject } from '../is-object.ts';
import { digestAlgorithms, fileDigest, type SignedFile } from './file-digest.ts';
import type { BundleKey } from './keys.ts';
import { signaturesFile } from './sign.ts';
import { messageOf } from '../message-of.ts';

/** Whom a bundle must be signed by. */
export interface BundleVerification {
  readonly keys: readonly BundleKey[];
  /** The signature's `scope` claim must be this; left out, it must have none. As in OPA. */
  readonly scope?: string;
  /** False: a bundle without a signature passes; a signature that is there is verified all the same. Default true. */
  readonly required?: boolean;
}

/** What a bundle says about its signature, whether it was verified or not. */
export interface BundleSignature {
  readonly keyId: string | undefined;
  readonly algorithm: string;
  readonly scope: string | undefined;
  readonly issuer: string | undefined;
  /** RFC 3339. */
  readonly issuedAt: string | undefined;
  readonly files: readonly SignedFile[];
}

/**
 * Verifies a bundle's signature, and that each of its files is the one that was signed: none changed, added or missing.
 *
 * @returns what was signed, or undefined when there is no signature and none is required
 * @throws SallyportError SP_BUNDLE_UNSIGNED, SP_BUNDLE_SIGNATURE_INVALID
 */
export async function verifyBundle(
  archive: BundleArchive,
  { keys, scope, required = true }: BundleVerification,
): Promise<BundleSignature | undefined> {
  const token = signatureToken(archive);
  if (token === undefined) {
    if (!required) return undefined;
    throw new SallyportError(
      'SP_BUNDLE_UNSIGNED',
      `${archive.path} is not signed, and only signed bundles are taken.`,
      {
        help: 'Sign it: sallyport build … --signing-key FILE.',
      },
    );
  }
  const signature = describeToken(archive, token);
  await verifyToken(archive, token, signature.keyId, keys);
  if (signature.scope !== scope) {
    throw invalid(archive, `its scope is ${shown(signature.scope)} where ${shown(scope)} is expected`);
  }
  verifyFiles(archive, signature.files);
  return signature;
}

/**
 * Reads what a bundle's signature says, without a key: none of it is proven.
 *
 * @returns undefined when there is no signature
 * @throws SallyportError SP_BUNDLE_SIGNATURE_INVALID when it is malformed
 */
export function readSignature(archive: BundleArchive): BundleSignature | undefined {
  const token = signatureToken(archive);
  return token === undefined ? undefined : describeToken(archive, token);
}

/** Of `{"signatures": [one token]}`; a `plugin` means that somebody else's program would have to verify it. */
function signatureToken(archive: BundleArchive): string | undefined {
  const content = archive.files.get(signaturesFile);
  if (content === undefined) return undefined;
  const value = parse(archive, content);
  const list = isObject(value) ? value['signatures'] : undefined;
  if (!isObject(value) || !Array.isArray(list)) throw invalid(archive, `${signaturesFile} holds no list of signatures`);
  const plugin = value['plugin'];
  if (plugin !== undefined && plugin !== '' && plugin !== '_default') {
    throw invalid(archive, `it is to be verified by the plugin ${JSON.stringify(plugin)}, which is not supported`);
  }
  const [token, ...others] = list as unknown[];
  if (typeof token !== 'string' || others.length > 0) {
    throw invalid(archive, `${signaturesFile} holds ${list.length} signatures where exactly one is expected`);
  }
  return token;
}

function parse(archive: BundleArchive, content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw invalid(archive, `${signaturesFile} is not JSON`, cause);
  }
}

function describeToken(archive: BundleArchive, token: string): BundleSignature {
  try {
    const { kid, alg } = decodeProtectedHeader(token);
    const payload = decodeJwt(token);
    // OPA before version 0.30 wrote the key's id into the payload, and writes an empty `kid` where there is none.
    const keyId = [kid, payload['keyid']].find((id): id is string => typeof id === 'string' && id !== '');
    return {
      keyId,
      algorithm: alg ?? 'none',
      scope: optionalText(payload['scope']),
      issuer: payload.iss,
      issuedAt: payload.iat === undefined ? undefined : new Date(payload.iat * 1000).toISOString(),
      files: signedFiles(payload),
    };
  } catch (cause) {
    throw invalid(archive, `the signature is malformed: ${messageOf(cause)}`, cause);
  }
}

function signedFiles(payload: JWTPayload): SignedFile[] {
  const files = payload['files'];
  if (!Array.isArray(files)) throw new Error('it names no files');
  return files.map((file: unknown) => {
    if (!isObject(file)) throw new Error('a file is no object');
    const { name, hash, algorithm } = file;
    if (typeof name === 'string' && typeof hash === 'string' && typeof algorithm === 'string') {
      return { name, hash, algorithm };
    }
    throw new Error('a file lacks its name, hash or algorithm');
  });
}

async function verifyToken(
  archive: BundleArchive,
  token: string,
  keyId: string | undefined,
  keys: readonly BundleKey[],
): Promise<void> {
  const fitting = keys.filter(({ id }) => id === undefined || keyId === undefined || id === keyId);
  if (fitting.length === 0) {
    const known = keys.map(({ id }) => id ?? '(no id)').join(', ');
    throw invalid(archive, `it is signed with the key ${shown(keyId)}, and the keys to verify with are ${known}`);
  }
  let failure: unknown;
  for (const { key, algorithm } of fitting) {
    try {
      // Also refuses a signature that has expired or is not valid yet, and critical headers that it does not know.
      await jwtVerify(token, key, { algorithms: [algorithm] });
      return;
    } catch (cause) {
      failure = better(failure, cause);
    }
  }
  throw invalid(archive, reason(failure), failure);
}

/** With several keys, the one whose signature held says more than the ones that did not fit. */
function better(before: unknown, now: unknown): unknown {
  const held = before instanceof errors.JWTExpired || before instanceof errors.JWTClaimValidationFailed;
  return held ? before : now;
}

function reason(failure: unknown): string {
  if (failure instanceof errors.JWSSignatureVerificationFailed) return 'no key that fits made the signature';
  if (failure instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not the key's";
  if (failure instanceof errors.JWTExpired) return 'the signature has expired';
  return `the signature does not hold: ${messageOf(failure)}`;
}

function verifyFiles(archive: BundleArchive, signed: readonly SignedFile[]): void {
  const expected = new Map(signed.map((file) => [file.name.replace(/^\/+/, ''), file]));
  if (expected.size !== signed.length) throw invalid(archive, 'the signature names a file twice');
  for (const [name, content] of archive.files) {
    if (name === signaturesFile) continue;
    const file = expected.get(name);
    if (file === undefined) throw invalid(archive, `${name} was added after it was signed`);
    if (!matches(archive, file, name, content)) throw invalid(archive, `${name} was changed after it was signed`);
    expected.delete(name);
  }
  const [missing] = expected.keys();
  if (missing !== undefined) throw invalid(archive, `${missing} was signed and is missing`);
}

function matches(archive: BundleArchive, { algorithm, hash }: SignedFile, name: string, content: Buffer): boolean {
  if (!Object.hasOwn(digestAlgorithms, algorithm)) {
    throw invalid(archive, `the digest of ${name} is by ${JSON.stringify(algorithm)}, which is not taken`);
  }
  try {
    return fileDigest(name, content, algorithm) === hash.toLowerCase();
  } catch (cause) {
    throw invalid(archive, `${name} cannot be hashed: ${messageOf(cause)}`, cause);
  }
}

function optionalText(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function shown(value: string | undefined): string {
  return value === undefined ? '(none)' : JSON.stringify(value);
}

function invalid(archive: BundleArchive, why: string, cause?: unknown): SallyportError {
  return new SallyportError('SP_BUNDLE_SIGNATURE_INVALID', `${archive.path}: ${why}.`, {
    help: 'Take no bundle whose origin is not clear; build and sign it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
