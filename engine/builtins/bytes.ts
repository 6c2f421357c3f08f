/** Strings of Go are bytes; here they are text. What is no UTF-8 becomes U+FFFD, as when OPA writes it to JSON. */

export function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

export function toBytes(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}
