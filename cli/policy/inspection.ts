import type { BundleArchive } from '../../engine/bundle-archive.ts';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import type { InspectedRule } from '../../engine/compiler/protocol.ts';
import { SallyportError } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';
import {
  readSignature,
  verifyBundle,
  type BundleSignature,
  type BundleVerification,
} from '../../engine/signing/verify.ts';

/** What can be told of a bundle, or of policies before they are one. */
export interface Inspection {
  readonly path: string;
  /** Size of the archive; absent for sources. */
  readonly bytes?: number;
  readonly revision?: string;
  /** Version of the input's schema; absent when another program built the bundle. */
  readonly schema?: number;
  readonly roots: readonly string[];
  readonly entrypoints: readonly string[];
  /** Absent for sources. */
  readonly signature?: SignatureState;
  /** What the entrypoints read; absent where that cannot be told. */
  readonly reads?: {
    readonly input: readonly (readonly string[])[];
    readonly clock: boolean;
    readonly builtins?: readonly string[];
  };
  /** Top keys of the data document, with the size of each as JSON. */
  readonly data: readonly Size[];
  readonly files: readonly Size[];
  /** By path; without those that come with Sallyport. */
  readonly rules: readonly InspectedRule[];
  /** What is not said above and why, a sentence each. */
  readonly untold: readonly string[];
}

export interface Size {
  readonly name: string;
  readonly bytes: number;
}

export type SignatureState =
  | { readonly state: 'none' }
  | { readonly state: 'invalid'; readonly problem: string }
  | ({ readonly state: 'verified' | 'not verified' } & Omit<BundleSignature, 'files'>);

/**
 * Describes a bundle, Sallyport's or another builder's. A signature that does not hold is told and does not hide the rest.
 *
 * @throws SallyportError SP_COMPILER_*
 */
export async function inspectBundle(
  archive: BundleArchive,
  verification: BundleVerification | undefined,
  compiler: PolicyCompiler,
): Promise<Inspection> {
  const manifest = document(archive, '.manifest');
  const entrypoints = entrypointsOf(manifest);
  const own = isObject(manifest['metadata']) ? manifest['metadata']['sallyport'] : undefined;
  const modules = Object.fromEntries(
    [...archive.files].filter(([name]) => name.endsWith('.rego')).map(([name, text]) => [name, text.toString('utf8')]),
  );
  const { result, diagnostics } = await compiler.inspect({ modules, entrypoints });
  const reads = ownReads(own) ?? (result?.reads === undefined ? undefined : readsOf(result.reads));
  return {
    path: archive.path,
    bytes: archive.bytes,
    ...(typeof manifest['revision'] === 'string' && manifest['revision'] !== ''
      ? { revision: manifest['revision'] }
      : {}),
    ...(isObject(own) && typeof own['schema'] === 'number' ? { schema: own['schema'] } : {}),
    roots: texts(manifest['roots'], ['']),
    entrypoints,
    signature: await signatureState(archive, verification),
    ...(reads === undefined ? {} : { reads }),
    data: sizes(document(archive, 'data.json')),
    files: [...archive.files].map(([name, { length }]) => ({ name, bytes: length })),
    rules: (result?.rules ?? []).filter(({ library }) => library !== true),
    untold: [
      ...(archive.files.has('policy.wasm') ? [] : ['it holds no policy.wasm, so no gateway can load it']),
      ...(isObject(own) ? [] : ['which version of the input schema it was built for: Sallyport did not build it']),
      ...(reads === undefined ? [`what it reads: ${whyUnread(entrypoints, diagnostics.length)}`] : []),
      ...(Object.keys(modules).length === 0 ? ['its rules: it holds no Rego'] : []),
    ],
  };
}

function whyUnread(entrypoints: readonly string[], problems: number): string {
  if (entrypoints.length === 0) return 'it names no entrypoints';
  return problems === 0
    ? 'the rules of its entrypoints are not in it'
    : 'the Rego in it does not compile by itself, as OPA takes the rules of entrypoints out of it';
}

/** What `sallyport build` wrote into the manifest. */
function ownReads(own: unknown): Inspection['reads'] {
  if (!isObject(own)) return undefined;
  const { input_paths: paths, reads_clock: clock, builtins } = own;
  if (!Array.isArray(paths) || typeof clock !== 'boolean') return undefined;
  return {
    input: paths.map((path: unknown) => texts(path, [])),
    clock,
    ...(Array.isArray(builtins) ? { builtins: texts(builtins, []) } : {}),
  };
}

/** The compiler's analysis in the shape that is shown. */
export function readsOf(reads: {
  readonly paths: readonly (readonly (string | number)[])[];
  readonly clock: boolean;
  readonly builtins: readonly string[];
}): NonNullable<Inspection['reads']> {
  return { input: reads.paths.map((path) => path.map(String)), clock: reads.clock, builtins: reads.builtins };
}

/** Top keys of a document with their sizes, in order. */
export function sizes(data: unknown): Size[] {
  if (!isObject(data)) return [];
  return Object.keys(data)
    .sort()
    .map((name) => ({ name, bytes: Buffer.byteLength(JSON.stringify(data[name])) }));
}

async function signatureState(
  archive: BundleArchive,
  verification: BundleVerification | undefined,
): Promise<SignatureState> {
  try {
    const signature =
      verification === undefined
        ? readSignature(archive)
        : await verifyBundle(archive, { ...verification, required: false });
    if (signature === undefined) return { state: 'none' };
    const { files: _files, ...rest } = signature;
    return { state: verification === undefined ? 'not verified' : 'verified', ...rest };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { state: 'invalid', problem: error.message };
  }
}

/** Each wasm resolver of the manifest is one entrypoint. */
function entrypointsOf(manifest: Record<string, unknown>): string[] {
  const resolvers: unknown[] = Array.isArray(manifest['wasm']) ? manifest['wasm'] : [];
  return resolvers.flatMap((resolver) =>
    isObject(resolver) && typeof resolver['entrypoint'] === 'string' ? [resolver['entrypoint']] : [],
  );
}

/** A JSON file of the bundle; one that is missing or damaged is told by whoever loads the bundle. */
function document(archive: BundleArchive, name: string): Record<string, unknown> {
  const text = archive.files.get(name)?.toString('utf8');
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch (cause) {
    throw new SallyportError('SP_BUNDLE_INVALID', `${name} in ${archive.path} is not JSON.`, { cause });
  }
}

function texts(value: unknown, otherwise: readonly string[]): string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : [...otherwise];
}
