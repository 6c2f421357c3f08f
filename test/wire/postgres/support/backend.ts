/** Messages as a PostgreSQL server writes them, for targets played by tests. */

export function message(type: string, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([header, body]);
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

export const backend = {
  authentication: (request: number, rest: Uint8Array = Buffer.alloc(0)) =>
    message('R', Buffer.concat([int32(request), rest])),
  parameterStatus: (name: string, value: string) => message('S', Buffer.concat([text(name), text(value)])),
  backendKeyData: (processId: number, secret: number) => message('K', Buffer.concat([int32(processId), int32(secret)])),
  ready: (status: 'I' | 'T' | 'E') => message('Z', Buffer.from(status)),
  complete: (tag: string) => message('C', text(tag)),
  error: (code: string, words: string, severity = 'ERROR') =>
    message(
      'E',
      Buffer.concat([
        text(`S${severity}`),
        text(`V${severity}`),
        text(`C${code}`),
        text(`M${words}`),
        Buffer.from([0]),
      ]),
    ),
  notice: (words: string) => message('N', Buffer.concat([text('SNOTICE'), text(`M${words}`), Buffer.from([0])])),
  rowDescription: () =>
    message('T', Buffer.concat([int16(1), text('a'), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])),
  dataRow: (value: string) =>
    message('D', Buffer.concat([int16(1), int32(Buffer.byteLength(value)), Buffer.from(value)])),
  parameterDescription: () => message('t', int16(0)),
  parseComplete: () => message('1'),
  bindComplete: () => message('2'),
  closeComplete: () => message('3'),
  noData: () => message('n'),
  emptyQuery: () => message('I'),
  portalSuspended: () => message('s'),
  copyIn: () => message('G', Buffer.concat([Buffer.from([0]), int16(1), int16(0)])),
  copyOut: () => message('H', Buffer.concat([Buffer.from([0]), int16(1), int16(0)])),
  copyData: (data: string) => message('d', Buffer.from(data)),
  copyDone: () => message('c'),
  functionResult: (value: string) => message('V', Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)])),
};

/** What a standard server greets with after authentication. */
export const GREETING = Buffer.concat([
  backend.authentication(0),
  backend.parameterStatus('server_version', '18.0'),
  backend.parameterStatus('client_encoding', 'UTF8'),
  backend.parameterStatus('standard_conforming_strings', 'on'),
  backend.parameterStatus('session_authorization', 'app'),
  backend.backendKeyData(4711, 815),
  backend.ready('I'),
]);
