import { createHmac } from 'node:crypto';

const DIGEST_BYTES = 32;
export const MASK_KEY_BYTES = 32;

/** HMAC-SHA-256 (RFC 2104) under the gateway's key, for values as text. */
export class KeyedHash {
  readonly #key: Buffer;

  /** @throws RangeError for a key that is not of 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== MASK_KEY_BYTES) throw new RangeError(`a key for masking has ${MASK_KEY_BYTES} bytes`);
    this.#key = Buffer.from(key);
  }

  /** 64 hexadecimal digits over the text as UTF-8. */
  hex(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex');
  }

  /** Bytes that nobody without the key can foretell, the same ones for the same text: `length` of them. */
  bytes(text: string, length: number): Buffer {
    const first = createHmac('sha256', this.#key).update(text).digest();
    if (length <= DIGEST_BYTES) return first.subarray(0, length);
    const seed = first.toString('hex');
    const parts = [first];
    for (let made = DIGEST_BYTES, block = 1; made < length; made += DIGEST_BYTES, block++) {
      parts.push(createHmac('sha256', this.#key).update(`${seed}.${block}`).digest());
    }
    return Buffer.concat(parts).subarray(0, length);
  }
}
