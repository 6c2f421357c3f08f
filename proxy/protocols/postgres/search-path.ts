import type { SessionState } from '../../protocol.ts';
import { isTemporarySchema } from './session-values.ts';

const CATALOG = 'pg_catalog';

type PathState = Pick<SessionState, 'search_path' | 'role' | 'user'>;

/** The schemas that the target looks through, in order; undefined where the session has set none. */
export function effectivePath({ search_path: path, role, user }: PathState): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const schemas = path.map((schema) => (schema === '$user' ? (role ?? user ?? '') : schema));
  return schemas.includes(CATALOG) ? schemas : [CATALOG, ...schemas];
}

/** What is made under a name alone is made in the first schema of the path. */
export function makesTemporary({ search_path: path }: PathState): boolean {
  return isTemporarySchema(path?.find((schema) => schema !== CATALOG));
}
