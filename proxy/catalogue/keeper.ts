import type { Catalogue } from '../../engine/catalogue.ts';
import { describeError, type Logger } from '../log.ts';
import type { Clock } from '../time.ts';
import type { CatalogueConnection } from './connection.ts';
import type { CatalogueContent } from './content.ts';
import { FormerNames } from './former-names.ts';
import { hide } from './hidden.ts';
import { assignLabels } from './labels/assign.ts';
import type { DataLabels } from './labels/data-labels.ts';
import { tellNotices } from './labels/tell-notices.ts';
import { NOTHING } from './nothing.ts';
import { readContent } from './read.ts';
import type { CatalogueLimits } from './settings.ts';
import { TargetCatalogue } from './target-catalogue.ts';
import type { CatalogueView } from './view.ts';

export interface KeeperOptions {
  readonly resource: string;
  /** For the log; undefined: the one that is named like the user. */
  readonly database: string | undefined;
  /** A new connection to the target, for one reading. */
  readonly open: () => Promise<CatalogueConnection>;
  /** What policy data says now; the same object as long as it says the same. */
  readonly labels: () => DataLabels;
  /** How long what was read is taken to be so, in milliseconds. */
  readonly ttlMs: number;
  readonly limits: CatalogueLimits;
  readonly logger: Logger;
  readonly clock: Clock;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Readings in a row that a change each made stale, before it is left at that. */
const MOST_READINGS = 5;

/** What was read, with the labels that policy data gave when it was put together. */
interface Labelled {
  readonly content: CatalogueContent;
  readonly labels: DataLabels;
  readonly former: FormerNames;
  readonly catalogue: Catalogue;
}

/** Keeps the catalogue of one database, for all sessions. See CatalogueView. */
export class CatalogueKeeper implements CatalogueView {
  readonly #options: KeeperOptions;
  #content: CatalogueContent | undefined;
  #former = FormerNames.none;
  #labelled: Labelled | undefined;
  #hidden: { readonly of: Catalogue; readonly changes: number; readonly catalogue: Catalogue } | undefined;
  /** When the reading began that found things so. */
  #readAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<Catalogue> | undefined;
  #closed = false;
  /** Names that commands under way may change. */
  readonly #changing = new Map<symbol, ReadonlySet<string> | 'anything'>();
  /** Counts changes that began or ended. */
  #changes = 0;
  /** Counts changes that ended; what was read before the last of them is stale. */
  #settled = 0;
  #settledWhenRead = 0;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get current(): Catalogue | undefined {
    if (this.#content === undefined || this.#settledWhenRead !== this.#settled) return undefined;
    const age = this.#options.clock() - this.#readAt;
    if (age > this.#options.ttlMs) return undefined;
    // Read anew while it still holds, so that nobody who uses it often waits.
    if (age > this.#options.ttlMs / 2 && this.#mayAsk()) void this.#refresh();
    return this.#shown(this.#content);
  }

  load(): Promise<Catalogue> {
    const { current } = this;
    if (current !== undefined) return Promise.resolve(current);
    if (this.#refreshing === undefined && !this.#mayAsk()) return Promise.resolve(NOTHING);
    return this.#refresh();
  }

  changing(names: readonly string[] | 'anything'): () => void {
    const change = Symbol('change');
    this.#changing.set(change, names === 'anything' ? names : new Set(names));
    this.#changes += 1;
    return () => {
      if (!this.#changing.delete(change)) return;
      this.#changes += 1;
      this.#settled += 1;
      if (this.#content !== undefined && this.#mayAsk()) void this.#refresh();
    };
  }

  /** Nothing was ever asked of it. */
  get untouched(): boolean {
    return this.#content === undefined && this.#refreshing === undefined && this.#changes + this.#failures === 0;
  }

  /** Stops asking the target. What is under way ends by itself. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#refreshing;
  }

  #mayAsk(): boolean {
    return !this.#closed && this.#options.clock() >= this.#notBefore;
  }

  #refresh(): Promise<Catalogue> {
    this.#refreshing ??= this.#readUntilSettled().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readUntilSettled(): Promise<Catalogue> {
    const { resource, database, logger } = this.#options;
    try {
      for (let reading = 0; reading < MOST_READINGS; reading += 1) {
        await this.#read();
        if (this.#settledWhenRead === this.#settled && this.#content !== undefined) return this.#shown(this.#content);
      }
      logger.warn({ resource, database }, 'the catalogue changes faster than it can be read: nothing is known of it');
    } catch (error) {
      this.#failed(error);
    }
    return NOTHING;
  }

  async #read(): Promise<void> {
    const { open, limits, clock } = this.#options;
    const at = clock();
    const settled = this.#settled;
    const connection = await open();
    let content: CatalogueContent | undefined;
    try {
      content = await readContent(connection.run, limits, this.#content);
    } finally {
      await connection.close();
    }
    if (content !== undefined) {
      this.#former = this.#content === undefined ? this.#former : this.#former.following(this.#content, content);
      const { fingerprint, digest } = content;
      // Read anew and the same: what was worked out of it still holds.
      this.#content =
        this.#content?.digest === digest ? { ...this.#content, fingerprint, whole: content.whole } : content;
    }
    this.#readAt = at;
    this.#settledWhenRead = settled;
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    const { resource, database, logger, clock } = this.#options;
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, LONGEST_WAIT_MS);
    this.#failures += 1;
    this.#notBefore = clock() + wait;
    logger.error(
      { resource, database, error: describeError(error), retry_ms: wait },
      'the catalogue of the target could not be read: what is not known of it counts as sensitive',
    );
  }

  /** With labels as they are now, without what is being changed. */
  #shown(content: CatalogueContent): Catalogue {
    const catalogue = this.#withLabels(content);
    if (this.#changing.size === 0) return catalogue;
    if (this.#hidden?.of !== catalogue || this.#hidden.changes !== this.#changes) {
      this.#hidden = { of: catalogue, changes: this.#changes, catalogue: this.#without(catalogue) };
    }
    return this.#hidden.catalogue;
  }

  #without(catalogue: Catalogue): Catalogue {
    const names = new Set<string>();
    for (const change of this.#changing.values()) {
      if (change === 'anything') return NOTHING;
      for (const name of change) names.add(name);
    }
    return hide(catalogue, names);
  }

  #withLabels(content: CatalogueContent): Catalogue {
    const { resource, database, labels: currentLabels, logger } = this.#options;
    const labels = currentLabels();
    const known = this.#labelled;
    const former = this.#former;
    if (known?.content.digest === content.digest && known.labels === labels && known.former === former) {
      return known.catalogue;
    }
    if (labels.problems.length > 0) {
      logger.error(
        { resource, problems: labels.problems },
        'data.labels cannot be read: all columns count as sensitive',
      );
      this.#labelled = { content, labels, former, catalogue: NOTHING };
      return NOTHING;
    }
    const assigned = assignLabels(
      content,
      labels.entries.filter((entry) => entry.resource === resource),
      former,
    );
    tellNotices(assigned.notices, logger, { resource, database });
    const catalogue = new TargetCatalogue(versionOf(resource, database, content), content, assigned, former);
    this.#labelled = { content, labels, former, catalogue };
    return catalogue;
  }
}

let catalogues = 0;

/** The digest is for people who compare logs; the number alone tells catalogues of one process apart. */
function versionOf(resource: string, database: string | undefined, { digest }: CatalogueContent): string {
  catalogues += 1;
  return `${resource}/${database ?? ''} ${digest.slice(0, 12)} ${catalogues}`;
}
