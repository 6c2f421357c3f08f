import { resolve } from 'node:path';
import type { Dialect } from '../../engine/dialect.ts';
import { readCatalogueFile } from '../catalogue/read.ts';
import type { WrittenCatalogue } from '../catalogue/types.ts';
import { writtenCatalogue, type CatalogueOf } from '../catalogue/written-catalogue.ts';

/** What the catalogues of one case file are, or what is wrong with them: each is made once for all cases that share it. */
export class CaseCatalogues {
  readonly #folder: string;
  readonly #made = new Map<string | WrittenCatalogue, Map<string, CatalogueOf | readonly string[]>>();
  readonly #told = new Set<readonly string[]>();

  /** @param folder which paths are relative to */
  constructor(folder: string) {
    this.#folder = folder;
  }

  of(given: string | WrittenCatalogue, dialect: Dialect): CatalogueOf | readonly string[] {
    let byDialect = this.#made.get(given);
    if (byDialect === undefined) {
      byDialect = new Map<string, CatalogueOf | readonly string[]>();
      this.#made.set(given, byDialect);
    }
    let made = byDialect.get(dialect.name);
    if (made === undefined) byDialect.set(dialect.name, (made = this.#make(given, dialect)));
    return made;
  }

  /** Whether these problems were not told before. */
  isNew(problems: readonly string[]): boolean {
    const known = this.#told.has(problems);
    this.#told.add(problems);
    return !known;
  }

  #make(given: string | WrittenCatalogue, dialect: Dialect): CatalogueOf | readonly string[] {
    const read = typeof given === 'string' ? readCatalogueFile(resolve(this.#folder, given)) : { written: given };
    if ('problems' in read) return read.problems;
    const made = writtenCatalogue(read.written, dialect);
    return 'problems' in made ? made.problems : made.catalogueOf;
  }
}
