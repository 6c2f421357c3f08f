import { readFile, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { SallyportError } from './errors.ts';
import { messageOf } from './message-of.ts';

/** What a bundle's archive holds, before anything of it is believed. */
export interface BundleArchive {
  /** Where it was read, for messages. */
  readonly path: string;
  /** Size of the archive itself, compressed. */
  readonly bytes: number;
  /** Content by name: without a leading slash, `.` or `..`. In the archive's order. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Bounds what a damaged or hostile archive can make us hold, compressed and unpacked. */
const maximumBytes = 256 * 1024 * 1024;

/**
 * Unpacks an OPA bundle (`.tar.gz`; OPA's documentation, "Bundle File Format") into memory. As OPA does, it looks at
 * regular files alone.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND; SP_BUNDLE_INVALID when it is damaged, cut off, too large, or names a file twice
 */
export async function readBundleArchive(path: string): Promise<BundleArchive> {
  return unpackBundle(path, await readWhole(path));
}

/**
 * As readBundleArchive, of bytes that are here already.
 *
 * @param path stands in messages
 * @throws SallyportError SP_BUNDLE_INVALID
 */
export async function unpackBundle(path: string, compressed: Uint8Array): Promise<BundleArchive> {
  try {
    const unpacked = await promisify(gunzip)(compressed, { maxOutputLength: maximumBytes });
    return { path, bytes: compressed.length, files: await untar(unpacked) };
  } catch (cause) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${path} is no OPA bundle: ${reason(cause)}.`, {
      help: 'A bundle is a .tar.gz as `sallyport build` or `opa build` writes it; build or copy it again.',
      cause,
    });
  }
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const entry = await stat(path);
    if (entry.size > maximumBytes) throw new Error(`it has more than ${maximumBytes} bytes`);
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no bundle at ${path}.`, { cause })
      : new SallyportError('SP_BUNDLE_INVALID', `${path} cannot be read: ${reason(cause)}.`, { cause });
  }
}

async function untar(bytes: Buffer): Promise<Map<string, Buffer>> {
  // An archive is made of blocks; the parser would take the beginning of one for its end.
  if (bytes.length % 512 !== 0) throw new Error('unexpected end of file');
  const files = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    // What was unpacked once is not unpacked again, whatever it looks like.
    const parser = new Parser({ strict: true, gzip: false, brotli: false, zstd: false });
    parser.on('entry', (entry: ReadEntry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        if (!isRegular(entry)) return;
        const name = cleanName(entry.path);
        // Of two files with one name, a verifier could look at the one and an engine at the other.
        if (name === undefined) reject(new Error(`it holds a file outside of itself, ${JSON.stringify(entry.path)}`));
        else if (files.has(name)) reject(new Error(`it holds ${name} twice`));
        else files.set(name, Buffer.concat(chunks));
      });
    });
    parser.on('end', resolve);
    parser.on('error', reject);
    parser.end(bytes);
  });
  return files;
}

function isRegular({ type }: ReadEntry): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}

/** `./a/b`, `/a/b` and `a//b` are one; nothing stands above the root. */
function cleanName(path: string): string | undefined {
  const name = posix.normalize(path.replace(/^\/+/, ''));
  return name === '..' || name.startsWith('../') || name === '.' ? undefined : name;
}

/** Without the full stop that some messages end with. */
function reason(cause: unknown): string {
  const text = messageOf(cause);
  if (text === 'incorrect header check') return 'it is not compressed with gzip';
  if (text === 'unexpected end of file') return 'it is cut off';
  if (text.startsWith('Cannot create a Buffer larger than')) return `it unpacks to more than ${maximumBytes} bytes`;
  return text.replace(/\.$/, '');
}
