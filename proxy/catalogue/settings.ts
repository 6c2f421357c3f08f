/** How much of a target's catalogue is read at most; of a larger one nothing is known. */
export interface CatalogueLimits {
  /** Longest time that a reading may take, from connecting on, in milliseconds. */
  readonly timeoutMs: number;
  /** Most relations and functions together. Types, of which a relation has two, operators and labels: three times as many. */
  readonly objects: number;
  /** Most characters of names, definitions and sources together. */
  readonly characters: number;
}

/** How the catalogue of a resource's target is kept. */
export interface CatalogueSettings {
  /** How long what was read is taken to be so, in milliseconds. Default: 30,000. */
  readonly ttlMs?: number;
  readonly limits?: Partial<CatalogueLimits>;
}

export const DEFAULT_TTL_MS = 30_000;

export const defaultCatalogueLimits: CatalogueLimits = {
  timeoutMs: 15_000,
  objects: 100_000,
  characters: 128 * 1024 * 1024,
};
