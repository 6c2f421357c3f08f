import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { SallyportError } from '../../engine/errors.ts';

/**
 * A signed checkpoint over a whole recording, kept beside it as `<session>.seal.json`. The hash chain shows that
 * nothing inside a recording was changed; the seal shows that the gateway itself wrote it, and how long it was.
 */
export interface Seal {
  readonly schema: 1;
  readonly session: string;
  /** How many events the recording has. */
  readonly events: number;
  /** `hash` of the last one. */
  readonly hash: string;
  readonly time: string;
  readonly algorithm: 'ed25519';
  /** First 16 hex digits of the SHA-256 of the public key (DER, SubjectPublicKeyInfo). */
  readonly key_id: string;
  /** Base64, over `sealedText`. */
  readonly signature: string;
}

export interface SealSigner {
  readonly keyId: string;
  seal(checkpoint: Pick<Seal, 'session' | 'events' | 'hash' | 'time'>): Seal;
}

/** What is signed: fixed lines, so that no two checkpoints share a text and no JSON needs a canonical form. */
function sealedText(seal: Pick<Seal, 'session' | 'events' | 'hash' | 'time'>): Buffer {
  return Buffer.from(`sallyport-seal-v1\n${seal.session}\n${seal.events}\n${seal.hash}\n${seal.time}\n`);
}

function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/**
 * @param pem an Ed25519 private key in PKCS #8 PEM (`openssl genpkey -algorithm ed25519`)
 * @throws SallyportError SP_CONFIG_INVALID
 */
export function createSealSigner(pem: string): SealSigner {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new SallyportError('SP_CONFIG_INVALID', 'The signing key is not a private key in PEM.', { cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SallyportError('SP_CONFIG_INVALID', `The signing key is ${key.asymmetricKeyType ?? 'unknown'}.`, {
      help: 'Make an Ed25519 key: openssl genpkey -algorithm ed25519 -out signing.pem',
    });
  }
  const keyId = keyIdOf(createPublicKey(key));
  return {
    keyId,
    seal: (checkpoint) => ({
      schema: 1,
      session: checkpoint.session,
      events: checkpoint.events,
      hash: checkpoint.hash,
      time: checkpoint.time,
      algorithm: 'ed25519',
      key_id: keyId,
      signature: sign(null, sealedText(checkpoint), key).toString('base64'),
    }),
  };
}

/**
 * Whether a seal's signature holds under a public (or private) Ed25519 key in PEM.
 *
 * @throws SallyportError SP_USAGE when the key cannot be read
 */
export function createSealVerifier(pem: string): (seal: Seal) => boolean {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new SallyportError('SP_USAGE', 'The key is not a public key in PEM.', { cause: error });
  }
  const keyId = keyIdOf(key);
  return (seal) => seal.key_id === keyId && verify(null, sealedText(seal), key, Buffer.from(seal.signature, 'base64'));
}

/** Reads a seal's JSON text. @returns undefined when it is not one */
export function readSeal(text: string): Seal | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isSeal(value) ? value : undefined;
}

function isSeal(value: unknown): value is Seal {
  if (typeof value !== 'object' || value === null) return false;
  const seal = value as Record<string, unknown>;
  return (
    seal['schema'] === 1 &&
    seal['algorithm'] === 'ed25519' &&
    Number.isInteger(seal['events']) &&
    ['session', 'hash', 'time', 'key_id', 'signature'].every((name) => typeof seal[name] === 'string')
  );
}
