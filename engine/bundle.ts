import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { SallyportError } from './errors.ts';
import type { InputPath } from './memo.ts';
import { isObject } from './is-object.ts';

/** What a bundle reads of the input, by the compiler's dependency analysis of its decision entrypoint. */
export interface BundleReads {
  readonly paths: readonly InputPath[];
  /** Whether it asks for the time other than through the input. */
  readonly clock: boolean;
}

/** A compiled policy: OPA's bundle format, in memory. */
export interface Bundle {
  readonly revision: string;
  readonly wasm: Uint8Array;
  readonly data: unknown;
  /** Absent when the bundle was not built by Sallyport: its decisions are then not memoized. */
  readonly reads?: BundleReads;
}

/** Version of the input's schema that this engine speaks; a bundle built for another is refused. */
export const SCHEMA_VERSION = 1;

/** Bounds what a damaged or hostile archive can make us hold. */
const maximumArchiveBytes = 256 * 1024 * 1024;

/**
 * Reads an OPA bundle (`.tar.gz` with `.manifest`, `policy.wasm`, `data.json`; OPA's documentation, "Bundle File Format").
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_BUNDLE_INVALID
 */
export async function readBundle(path: string): Promise<Bundle> {
  const files = await readArchive(path);
  const wasm = files.get('policy.wasm');
  if (wasm === undefined) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${path} holds no policy.wasm.`, {
      help: 'Build it for WASM: the entrypoint is sallyport/decision.',
    });
  }
  const manifest = readManifest(path, files.get('.manifest'));
  return { ...manifest, wasm, data: readJson(path, 'data.json', files.get('data.json')) ?? {} };
}

async function readArchive(path: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  let total = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Parser({ strict: true });
      parser.on('entry', (entry: ReadEntry) => {
        const chunks: Buffer[] = [];
        entry.on('data', (chunk: Buffer) => {
          total += chunk.length;
          if (total > maximumArchiveBytes) reject(new Error(`it unpacks to more than ${maximumArchiveBytes} bytes`));
          else chunks.push(chunk);
        });
        entry.on('end', () => files.set(entry.path.replace(/^\.?\//, ''), Buffer.concat(chunks)));
      });
      parser.on('end', resolve);
      parser.on('error', reject);
      createReadStream(path).on('error', reject).pipe(parser);
    });
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw missing
      ? new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no bundle at ${path}.`, { cause })
      : new SallyportError('SP_BUNDLE_INVALID', `${path} is no OPA bundle: ${why}.`, { cause });
  }
  return files;
}

function readManifest(path: string, bytes: Buffer | undefined): Pick<Bundle, 'revision' | 'reads'> {
  const manifest = readJson(path, '.manifest', bytes);
  if (!isObject(manifest)) return { revision: '' };
  const revision = typeof manifest['revision'] === 'string' ? manifest['revision'] : '';
  const metadata = isObject(manifest['metadata']) ? manifest['metadata']['sallyport'] : undefined;
  if (!isObject(metadata)) return { revision };
  if (metadata['schema'] !== SCHEMA_VERSION) {
    throw new SallyportError(
      'SP_BUNDLE_INVALID',
      `${path} was built for version ${JSON.stringify(metadata['schema'])} of the input schema; this engine speaks ${SCHEMA_VERSION}.`,
      { help: 'Build the bundle again with this version of Sallyport.' },
    );
  }
  const paths = metadata['input_paths'];
  const clock = metadata['reads_clock'];
  return isPaths(paths) && typeof clock === 'boolean' ? { revision, reads: { paths, clock } } : { revision };
}

function readJson(path: string, name: string, bytes: Buffer | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${name} in ${path} is not JSON.`, { cause });
  }
}

function isPaths(value: unknown): value is string[][] {
  return (
    Array.isArray(value) && value.every((path) => Array.isArray(path) && path.every((step) => typeof step === 'string'))
  );
}
