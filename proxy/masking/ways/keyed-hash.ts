import { hash } from 'node:crypto';

/** Bytes that SHA-256 works on at a time; HMAC pads its key to as many (RFC 2104). */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
export const MASK_KEY_BYTES = 32;

/**
 * HMAC-SHA-256 under the gateway's key, made for many short values: two one-shot hashes over memory that is kept cost less
 * than half of one `createHmac`, which makes objects for every value.
 */
export class KeyedHash {
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  /** The inner block, with room for a value behind it. */
  #inner = Buffer.alloc(BLOCK_BYTES + 1024);

  /** @throws RangeError for a key that is not of 32 bytes */
  constructor(key: Uint8Array) {
    if (key.length !== MASK_KEY_BYTES) throw new RangeError(`a key for masking has ${MASK_KEY_BYTES} bytes`);
    for (let i = 0; i < BLOCK_BYTES; i++) {
      this.#inner[i] = (key[i] ?? 0) ^ 0x36;
      this.#outer[i] = (key[i] ?? 0) ^ 0x5c;
    }
  }

  /** 64 hexadecimal digits over the text as UTF-8. */
  hex(text: string): string {
    return hash('sha256', this.#prepare(text), 'hex');
  }

  /** Bytes that nobody without the key can foretell, the same ones for the same text: `length` of them. */
  bytes(text: string, length: number): Buffer {
    const first = hash('sha256', this.#prepare(text), 'buffer');
    if (length <= DIGEST_BYTES) return first.subarray(0, length);
    const seed = first.toString('hex');
    const parts = [first];
    for (let made = DIGEST_BYTES, block = 1; made < length; made += DIGEST_BYTES, block++) {
      parts.push(hash('sha256', this.#prepare(`${seed}.${block}`), 'buffer'));
    }
    return Buffer.concat(parts).subarray(0, length);
  }

  /** The outer block, filled with the inner hash. */
  #prepare(text: string): Buffer {
    // No character of a string takes more than three bytes of UTF-8.
    if (text.length * 3 > this.#inner.length - BLOCK_BYTES) return this.#prepareLong(text);
    const end = BLOCK_BYTES + this.#inner.write(text, BLOCK_BYTES, 'utf8');
    this.#outer.write(hash('sha256', this.#inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
    return this.#outer;
  }

  #prepareLong(text: string): Buffer {
    const whole = Buffer.concat([this.#inner.subarray(0, BLOCK_BYTES), Buffer.from(text, 'utf8')]);
    this.#outer.write(hash('sha256', whole, 'binary'), BLOCK_BYTES, 'latin1');
    return this.#outer;
  }
}
