import type { ParseResult } from '../../../engine/dialect.ts';
import type { CatalogueView } from '../../catalogue/view.ts';
import { changedNames } from './object-changes.ts';

/** Tells the catalogue which objects the session's commands may be changing, until their transaction has ended. */
export class ObjectChangeWatch {
  readonly #catalogue: CatalogueView | undefined;
  #open: { readonly batch: number; readonly ended: () => void }[] = [];

  constructor(catalogue: CatalogueView | undefined) {
    this.#catalogue = catalogue;
  }

  /** Before commands go to the target, in the batch of that id. */
  released({ commands }: ParseResult, batch: number): void {
    const catalogue = this.#catalogue;
    if (catalogue === undefined) return;
    const names = changedNames(commands, catalogue.current);
    if (names !== undefined) this.#open.push({ batch, ended: catalogue.changing(names) });
  }

  /** No transaction is open any more, and batches up to that one are answered. */
  settled(batch: number): void {
    if (this.#open.length === 0) return;
    const ended = this.#open.filter((one) => one.batch <= batch);
    this.#open = this.#open.filter((one) => one.batch > batch);
    for (const one of ended) one.ended();
  }

  /** The session is over: nobody will know. */
  end(): void {
    this.settled(Number.POSITIVE_INFINITY);
  }
}
