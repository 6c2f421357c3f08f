import type { Catalogue } from '../../engine/catalogue.ts';

/** One target database's catalogue, as the sessions of a gateway share it. */
export interface CatalogueView {
  /** Undefined: not there yet, too old, or made stale by a change; then `load`. */
  readonly current: Catalogue | undefined;
  /**
   * Loads it, or waits for the load that is under way. Never rejects: where it cannot be had, the catalogue that knows
   * nothing is given (so that all is sensitive), and the failure is logged.
   */
  load(): Promise<Catalogue>;
  /**
   * A released command is about to change objects; until the function given back is called (its transaction has ended, or
   * nobody will know) nothing is known of them in any session: what looks them up finds nothing. Then the catalogue is loaded anew.
   *
   * @param names last parts of the names that it touches; 'anything' where that is not known
   */
  changing(names: readonly string[] | 'anything'): () => void;
}
