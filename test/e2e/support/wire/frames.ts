/**
 * Messages of a PostgreSQL client, made by hand (PostgreSQL manual, 55.7 "Message Formats"). The drivers in the other
 * specifications never send a broken or unusual one; these builders can.
 */

const zero = Buffer.from([0]);

export function cstring(text: string): Buffer {
  return Buffer.concat([Buffer.from(text, 'utf8'), zero]);
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A message with any type byte; `length` overrides the true one (the length counts itself). */
export function frame(type: string, body: Buffer = Buffer.alloc(0), length = body.length + 4): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(length), body]);
}

export function startup(parameters: Readonly<Record<string, string>>, version = 196_608): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  const body = Buffer.concat([int32(version), ...pairs, zero]);
  return Buffer.concat([int32(body.length + 4), body]);
}

export const sslRequest = Buffer.concat([int32(8), int32(80_877_103)]);
export const gssEncRequest = Buffer.concat([int32(8), int32(80_877_104)]);

export function cancelRequest(processId: number, secret: Buffer): Buffer {
  return Buffer.concat([int32(12 + secret.length), int32(80_877_102), int32(processId), secret]);
}

export const password = (text: string): Buffer => frame('p', cstring(text));
export const query = (text: string): Buffer => frame('Q', cstring(text));
export const sync = frame('S');
export const flush = frame('H');
export const terminate = frame('X');
export const copyDone = frame('c');
export const copyData = (bytes: Buffer | string): Buffer => frame('d', Buffer.from(bytes));
export const copyFail = (reason: string): Buffer => frame('f', cstring(reason));

export function parse(text: string, name = '', types: readonly number[] = []): Buffer {
  return frame('P', Buffer.concat([cstring(name), cstring(text), int16(types.length), ...types.map(int32)]));
}

/** All parameters and results in text format. */
export function bind(values: readonly (string | null)[] = [], name = '', portal = ''): Buffer {
  const fields = values.map((value) => {
    if (value === null) return int32(-1);
    const bytes = Buffer.from(value, 'utf8');
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return frame(
    'B',
    Buffer.concat([cstring(portal), cstring(name), int16(0), int16(values.length), ...fields, int16(0)]),
  );
}

export const describeStatement = (name = ''): Buffer => frame('D', Buffer.concat([Buffer.from('S'), cstring(name)]));
export const describePortal = (name = ''): Buffer => frame('D', Buffer.concat([Buffer.from('P'), cstring(name)]));
export const closeStatement = (name = ''): Buffer => frame('C', Buffer.concat([Buffer.from('S'), cstring(name)]));
export const closePortal = (name = ''): Buffer => frame('C', Buffer.concat([Buffer.from('P'), cstring(name)]));

export function execute(portal = '', maxRows = 0): Buffer {
  return frame('E', Buffer.concat([cstring(portal), int32(maxRows)]));
}

/** FunctionCall with text arguments and a text result. */
export function functionCall(oid: number, values: readonly string[]): Buffer {
  const fields = values.map((value) => {
    const bytes = Buffer.from(value, 'utf8');
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return frame('F', Buffer.concat([int32(oid), int16(0), int16(values.length), ...fields, int16(0)]));
}

/** Parse, Bind, Describe, Execute, Sync of one statement with the unnamed names, as drivers send them. */
export function extendedQuery(text: string, values: readonly (string | null)[] = []): Buffer {
  return Buffer.concat([parse(text), bind(values), describePortal(), execute(), sync]);
}
