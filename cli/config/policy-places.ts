import { resolve } from 'node:path';
import { isPack } from '../../engine/policy-sources.ts';
import type { ConfigPath } from './locate.ts';
import type { ConfigFile } from './types.ts';

/** What the configuration names as policies, each with its place in the file. */
export function policyPlaces({ policies }: Pick<ConfigFile, 'policies'>): [place: string, path: ConfigPath][] {
  if (typeof policies === 'string') return [[policies, ['policies']]];
  return policies.map((place, index) => [place, ['policies', index]]);
}

/** The same with absolute paths; packs keep their names. */
export function resolvedPolicyPlaces(config: Pick<ConfigFile, 'policies'>, directory: string): string[] {
  return policyPlaces(config).map(([place]) => (isPack(place) ? place : resolve(directory, place)));
}
