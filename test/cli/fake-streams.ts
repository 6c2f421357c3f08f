import { Readable, Writable } from 'node:stream';
import type { Streams } from '../../cli/streams.ts';

export interface FakeStreams extends Streams {
  /** What was written to standard output. */
  output(): string;
  /** Each line of it, read as JSON. */
  lines(): unknown[];
  /** How often standard output was written to. */
  writes(): number;
}

/** Streams of a test: standard input in the chunks given, standard output gathered. */
export function fakeStreams(stdin: Iterable<string | Buffer>): FakeStreams {
  const chunks: string[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString('utf8'));
      done();
    },
  });
  const output = (): string => chunks.join('');
  return {
    stdin: Readable.from(bytesOf(stdin)),
    stdout,
    stderr: new Writable({
      write: (_chunk, _encoding, done) => {
        done();
      },
    }),
    output,
    lines: () =>
      output()
        .split('\n')
        .slice(0, -1)
        .map((line): unknown => JSON.parse(line)),
    writes: () => chunks.length,
  };
}

function* bytesOf(parts: Iterable<string | Buffer>): Generator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}
