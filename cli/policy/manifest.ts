import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../engine/is-object.ts';
import { isPack } from '../../engine/policy-sources.ts';
import { SallyportError } from '../../engine/errors.ts';
import { shownPath } from '../policy-project.ts';
import { messageOf } from '../../engine/message-of.ts';

/** What `.manifest` files beside the sources say of the bundle to be (OPA's documentation, "Bundle File Format"). */
export interface SourceManifest {
  /** Absent unless every place declares some: a place without any may hold whatever it likes. */
  readonly roots?: readonly string[];
  readonly revision?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * Reads the manifest of each place that is a folder. Roots are the union; of revision and metadata the first counts.
 *
 * @throws SallyportError SP_POLICY_INVALID when one is not what a manifest is
 */
export async function readManifests(places: readonly string[]): Promise<SourceManifest> {
  const manifests = await Promise.all(places.map(readManifest));
  const roots = manifests.map((manifest) => manifest?.roots);
  const revision = manifests.find((manifest) => manifest?.revision)?.revision;
  const metadata = manifests.find((manifest) => manifest?.metadata !== undefined)?.metadata;
  return {
    ...(roots.every((list) => list !== undefined) ? { roots: [...new Set(roots.flat())].sort() } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

async function readManifest(place: string): Promise<SourceManifest | undefined> {
  if (isPack(place) || !(await stat(place)).isDirectory()) return undefined;
  const file = join(place, '.manifest');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw invalid(file, String(cause), cause);
  });
  return text === undefined ? undefined : parse(file, text);
}

function parse(file: string, text: string): SourceManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, messageOf(cause), cause);
  }
  if (!isObject(value)) throw invalid(file, 'a manifest is a JSON object');
  const { roots, revision, metadata, rego_version: regoVersion = 1 } = value;
  if (roots !== undefined && !isTexts(roots)) throw invalid(file, 'roots is a list of paths');
  if (revision !== undefined && typeof revision !== 'string') throw invalid(file, 'revision is a text');
  if (metadata !== undefined && !isObject(metadata)) throw invalid(file, 'metadata is an object');
  if (regoVersion !== 1) throw invalid(file, 'rego_version can only be 1 here');
  return {
    ...(roots === undefined ? {} : { roots }),
    ...(revision === undefined ? {} : { revision }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function invalid(file: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('SP_POLICY_INVALID', `${shownPath(file)}: ${why}.`, cause === undefined ? {} : { cause });
}
