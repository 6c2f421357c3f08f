import { serialize } from 'pg-protocol';
import { int16, int32, message, text } from './backend.ts';

/** Messages as a client writes them: pg-protocol's, and those that it does not write. */
export const client = {
  query: serialize.query,
  parse: (name: string, statement: string) => serialize.parse({ name, text: statement }),
  bind: (portal: string, statement: string, values: (string | null)[] = []) =>
    serialize.bind({ portal, statement, values }),
  describeStatement: (name: string) => serialize.describe({ type: 'S', name }),
  describePortal: (name: string) => serialize.describe({ type: 'P', name }),
  execute: (portal: string, rows = 0) => serialize.execute({ portal, rows }),
  closeStatement: (name: string) => serialize.close({ type: 'S', name }),
  closePortal: (name: string) => serialize.close({ type: 'P', name }),
  flush: () => serialize.flush(),
  sync: () => serialize.sync(),
  terminate: () => serialize.end(),
  copyData: (data: string) => serialize.copyData(Buffer.from(data)),
  copyDone: () => serialize.copyDone(),
  copyFail: (words: string) => serialize.copyFail(words),
  functionCall: (oid: number, values: string[] = []) =>
    message(
      'F',
      Buffer.concat([
        int32(oid),
        int16(0),
        int16(values.length),
        ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
        int16(0),
      ]),
    ),
  raw: (type: string, ...strings: string[]) => message(type, Buffer.concat(strings.map(text))),
  /** Parse, Bind, Describe, Execute of an unnamed statement, without Sync. */
  run: (statement: string, values: (string | null)[] = []) =>
    Buffer.concat([
      serialize.parse({ text: statement }),
      serialize.bind({ values }),
      serialize.describe({ type: 'P' }),
      serialize.execute(),
    ]),
};
