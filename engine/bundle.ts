import { parse as parseYaml } from 'yaml';
import { readBundleArchive, type BundleArchive } from './bundle-archive.ts';
import type { Input } from './contract.ts';
import { SallyportError } from './errors.ts';
import { isObject } from './is-object.ts';
import type { ComparedPath, InputPath } from './memo.ts';
import { mergeData } from './policy-folder.ts';
import { verifyBundle, type BundleVerification } from './signing/verify.ts';
import { messageOf } from './message-of.ts';

/** What a bundle reads of the input, by the compiler's dependency analysis of its decision entrypoint. */
export interface BundleReads {
  readonly paths: readonly InputPath[];
  /** Those of the paths that are compared with whole numbers and nothing else. None in bundles of older versions. */
  readonly compared?: readonly ComparedPath[];
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
  /** At which stages its policies have a say. Absent when the bundle was not built by Sallyport: it is asked at every one. */
  readonly stages?: readonly Input['stage'][];
  /** Whether its decisions can depend on where values come from. Absent where the bundle does not say: they can. */
  readonly lineage?: boolean;
}

/** Version of the input's schema that this engine speaks; a bundle built for another is refused. */
export const SCHEMA_VERSION = 1;

export interface ReadBundleOptions {
  /** Whom the bundle must be signed by; left out, signatures are not looked at. */
  readonly verification?: BundleVerification;
}

/**
 * Reads an OPA bundle (`.tar.gz` with `.manifest`, `policy.wasm`, `data.json`; OPA's documentation, "Bundle File Format").
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_BUNDLE_INVALID; SP_BUNDLE_UNSIGNED, SP_BUNDLE_SIGNATURE_INVALID
 */
export async function readBundle(path: string, options: ReadBundleOptions = {}): Promise<Bundle> {
  const archive = await readBundleArchive(path);
  // Before anything of it is looked at.
  if (options.verification !== undefined) await verifyBundle(archive, options.verification);
  return bundleOf(archive);
}

/**
 * The bundle in an archive that was read, and verified where it must be.
 *
 * @throws SallyportError SP_BUNDLE_INVALID
 */
export function bundleOf({ path, files }: BundleArchive): Bundle {
  if (files.has('patch.json')) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${path} is a delta bundle; Sallyport takes whole ones.`);
  }
  const wasm = files.get('policy.wasm');
  if (wasm === undefined) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${path} holds no policy.wasm.`, {
      help: 'Build it for WASM: the entrypoint is sallyport/decision.',
    });
  }
  return { ...readManifest(path, files.get('.manifest')), wasm, data: readData(path, files) };
}

const dataNames = new Set(['data.json', 'data.yaml', 'data.yml']);

/** Each data file stands at the path of its folder; two that give the same value are an error, as in OPA. */
function readData(path: string, files: BundleArchive['files']): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const [name, bytes] of files) {
    const folders = name.split('/');
    const base = folders.pop() ?? '';
    if (!dataNames.has(base)) continue;
    const value = base === 'data.json' ? readJson(path, name, bytes) : readYaml(path, name, bytes);
    if (!isObject(value)) throw new SallyportError('SP_BUNDLE_INVALID', `${name} in ${path} does not hold an object.`);
    const placed = folders.reduceRight<Record<string, unknown>>((inner, folder) => ({ [folder]: inner }), value);
    try {
      mergeData(data, placed, name);
    } catch (cause) {
      throw new SallyportError('SP_BUNDLE_INVALID', `${path}: ${messageOf(cause)}`, { cause });
    }
  }
  return data;
}

function readManifest(
  path: string,
  bytes: Buffer | undefined,
): Pick<Bundle, 'revision' | 'reads' | 'stages' | 'lineage'> {
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
  const { lineage } = metadata;
  const known = {
    revision,
    stages: readStages(metadata['stages']),
    ...(typeof lineage === 'boolean' ? { lineage } : {}),
  };
  const paths = metadata['input_paths'];
  const clock = metadata['reads_clock'];
  if (!isPaths(paths) || typeof clock !== 'boolean') return known;
  const compared = metadata['input_compared'];
  return { ...known, reads: { paths, clock, ...(isCompared(compared) ? { compared } : {}) } };
}

/** Bundles of before there were stages ask all their packages for commands. */
function readStages(value: unknown): Input['stage'][] {
  if (!Array.isArray(value)) return ['command'];
  return (['session', 'command'] as const).filter((stage) => value.includes(stage));
}

function readJson(path: string, name: string, bytes: Buffer | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(decode(bytes));
  } catch (cause) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${name} in ${path} is not JSON.`, { cause });
  }
}

function readYaml(path: string, name: string, bytes: Buffer): unknown {
  try {
    return parseYaml(decode(bytes));
  } catch (cause) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${name} in ${path} is not YAML.`, { cause });
  }
}

/** Without a byte order mark. Anything but UTF-8 is an error: replaced, it would be another document. */
function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function isCompared(value: unknown): value is ComparedPath[] {
  return (
    Array.isArray(value) &&
    value.every((one) => isObject(one) && isPaths([one['path'], one['bound_by']]) && isNumbers(one['bounds']))
  );
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one));
}

function isPaths(value: unknown): value is string[][] {
  return (
    Array.isArray(value) && value.every((path) => Array.isArray(path) && path.every((step) => typeof step === 'string'))
  );
}
