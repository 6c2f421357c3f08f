import { isUtf8 } from 'node:buffer';

/**
 * Strings of Go are bytes; here they are text. Each byte that is no part of UTF-8 becomes U+FFFD, as when OPA writes it
 * to JSON. (JavaScript's decoders make one of several bytes that begin a character without ending it.)
 */
export function toText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  for (let index = 0; index < buffer.length;) {
    const length = characterLength(buffer[index] ?? 0);
    const character = buffer.subarray(index, index + length);
    const whole = character.length === length && isUtf8(character);
    text += whole ? character.toString('utf8') : '\ufffd';
    index += whole ? length : 1;
  }
  return text;
}

/** How many bytes a character takes, by the first of them. */
function characterLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

export function toBytes(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}
