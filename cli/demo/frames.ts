/** A message of PostgreSQL's protocol, version 3: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export interface Frame {
  /** The type byte as a character; '' for the messages that begin a connection and have none. */
  readonly type: string;
  /** All of its bytes, its head included. */
  readonly bytes: Buffer;
}

/** The demo's client is the gateway, which bounds messages itself; this only keeps a broken peer from filling memory. */
const maximumBytes = 64 * 1024 * 1024;

/** Cuts a stream of bytes into messages. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws RangeError when a length cannot be */
  push(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
  }

  /** The next whole message, or undefined until more has come. `typed`: whether it begins with a type byte. */
  next(typed: boolean): Frame | undefined {
    const head = typed ? 1 : 0;
    if (this.#pending.length < head + 4) return undefined;
    const length = this.#pending.readInt32BE(head);
    if (length < 4 || length > maximumBytes) throw new RangeError(`A message cannot be ${length} bytes long.`);
    if (this.#pending.length < head + length) return undefined;
    const bytes = this.#pending.subarray(0, head + length);
    this.#pending = this.#pending.subarray(head + length);
    return { type: typed ? String.fromCharCode(bytes[0] ?? 0) : '', bytes };
  }
}

/** The whole messages of a server's answer. */
export function framesOf(bytes: Buffer): Frame[] {
  const reader = new FrameReader();
  reader.push(bytes);
  const frames: Frame[] = [];
  for (let frame = reader.next(true); frame !== undefined; frame = reader.next(true)) frames.push(frame);
  return frames;
}

/** A message of a type byte and a body. */
export function message(type: string, ...body: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(
    body.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`, 'utf8') : part)),
  );
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

/** ErrorResponse. */
export function errorResponse(severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${text}`];
  return message('E', ...fields, Buffer.alloc(1));
}

/** The text up to the next zero byte, and where it goes on after that. */
export function readText(bytes: Buffer, start: number): { text: string; end: number } {
  const zero = bytes.indexOf(0, start);
  const end = zero < 0 ? bytes.length : zero;
  return { text: bytes.toString('utf8', start, end), end: end + 1 };
}
