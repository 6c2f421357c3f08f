import type { Catalogue } from '../../engine/catalogue.ts';

/** The catalogue that knows nothing, so that all is sensitive. */
export const NOTHING: Catalogue = {
  version: 'nothing',
  searchPath: [],
  relation: () => undefined,
  relationByOid: () => undefined,
  functions: () => [],
  type: () => undefined,
  operators: () => [],
};
