import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Bytes that are read at once: enough that the loop between two reads does not count, and little enough to stop soon. */
const CHUNK = 512 * 1024;
/** Packed bytes that are unpacked at once. */
const PIECE = 32 * 1024;

/**
 * The bytes of a recording, unpacked where they begin with gzip's magic number (RFC 1952, 2.3.1), whatever the file is
 * called. Archives of several gzip members after each other are one stream.
 *
 * @param source a path, or a stream
 * @param onRead told how many bytes of the file were read
 * @throws the system's or zlib's error, after everything that could be read
 */
export async function* readChunks(source: string | Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: CHUNK }) : source;
  const raw = counted(stream as AsyncIterable<Buffer | string>, onRead);
  const first = await raw.next();
  if (first.done === true) return;
  const rest = prepend(first.value, raw);
  if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* unpack(rest);
  else yield* rest;
}

async function* counted(
  stream: AsyncIterable<Buffer | string>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, undefined> {
  let start = Buffer.alloc(0);
  for await (const piece of stream) {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    onRead(chunk.length);
    // Of a pipe, the first bytes may come one by one.
    if (start.length < 2) {
      start = Buffer.concat([start, chunk]);
      if (start.length >= 2) yield start;
    } else yield chunk;
  }
  if (start.length === 1) yield start;
  return undefined;
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/**
 * Writes piece by piece and takes what each gives before the next: whatever comes before a fault of the archive is
 * handed on, always the same, and no piece unpacks to more than about 32 MiB (deflate's best is about 1,000 to 1).
 */
async function* unpack(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 128 * 1024 });
  let unpacked: Buffer[] = [];
  let failure: Error | undefined;
  gunzip.on('data', (chunk: Buffer) => unpacked.push(chunk));
  gunzip.on('error', (error) => (failure = error));
  const settled = (act: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      gunzip.once('close', resolve);
      act(() => {
        gunzip.off('close', resolve);
        resolve();
      });
    });
  for await (const chunk of packed) {
    for (let from = 0; from < chunk.length && failure === undefined; from += PIECE) {
      await settled((done) => gunzip.write(chunk.subarray(from, from + PIECE), done));
      yield* unpacked;
      unpacked = [];
    }
    if (failure !== undefined) throw failure;
  }
  await settled((done) => gunzip.once('end', done).end());
  yield* unpacked;
  if (failure !== undefined) throw failure;
}
