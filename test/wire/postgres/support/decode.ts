/** An independent reader of message streams, written for tests: plain, slow, and sharing nothing with the gateway. */
export interface Frame {
  readonly type: string;
  readonly body: Buffer;
}

export class FrameReader {
  #bytes = Buffer.alloc(0);

  push(chunk: Uint8Array): Frame[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const frames: Frame[] = [];
    while (this.#bytes.length >= 5 && this.#bytes.length >= 1 + this.#bytes.readInt32BE(1)) {
      const end = 1 + this.#bytes.readInt32BE(1);
      frames.push({ type: this.#bytes.toString('latin1', 0, 1), body: Buffer.from(this.#bytes.subarray(5, end)) });
      this.#bytes = Buffer.from(this.#bytes.subarray(end));
    }
    return frames;
  }

  get rest(): number {
    return this.#bytes.length;
  }
}

export function frames(bytes: Uint8Array): Frame[] {
  return new FrameReader().push(bytes);
}

/** The NUL-terminated strings at the start of a body, as many as asked for. */
export function strings(body: Buffer, count: number): string[] {
  const found: string[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const nul = body.indexOf(0, at);
    found.push(body.toString('utf8', at, nul));
    at = nul + 1;
  }
  return found;
}

/** Fields of an ErrorResponse or NoticeResponse by their letters. */
export function errorFields(body: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const field of body.toString('utf8').split('\0')) if (field !== '') fields[field.slice(0, 1)] = field.slice(1);
  return fields;
}

/** One line per message, for comparing and reading: errors by SQLSTATE, completions by tag, status letters. */
export function summary(bytes: Uint8Array): string[] {
  return frames(bytes).map(({ type, body }) => {
    if (type === 'E') return `E ${errorFields(body)['C'] ?? ''}`;
    if (type === 'C') return `C ${strings(body, 1)[0] ?? ''}`;
    if (type === 'Z') return `Z ${body.toString('latin1')}`;
    if (type === 'D') return `D ${body.toString('utf8', 6)}`;
    return type;
  });
}
