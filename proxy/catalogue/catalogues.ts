import type { Logger } from '../log.ts';
import type { GatewayResource } from '../sessions.ts';
import type { Clock } from '../time.ts';
import { openConnection, type CatalogueConnection } from './connection.ts';
import { CatalogueKeeper } from './keeper.ts';
import { readDataLabels, type DataLabels } from './labels/data-labels.ts';
import { NOTHING } from './nothing.ts';
import { DEFAULT_TTL_MS, defaultCatalogueLimits } from './settings.ts';
import type { CatalogueView } from './view.ts';

export interface CataloguesOptions {
  /** `data.labels` of the policies in force, as the engine gives it. */
  readonly labels: () => unknown;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Default: as the target's own sessions connect. */
  readonly connect?: (
    resource: GatewayResource,
    database: string | undefined,
    timeoutMs: number,
  ) => Promise<CatalogueConnection>;
}

/** The catalogues of all targets of a gateway. */
export interface Catalogues {
  /**
   * The catalogue of a database, the same for all sessions. Nothing is read before it is asked for.
   *
   * @param database what the gateway asks the target for (TargetAccess.database); undefined: the one that is named like the user
   */
  view(resource: GatewayResource, database: string | undefined): CatalogueView;
  close(): Promise<void>;
}

/** Clients may name databases; nothing is known of those beyond. */
const MOST_DATABASES = 1_000;

export function createCatalogues(options: CataloguesOptions): Catalogues {
  const { logger, clock = Date.now, connect = connectTo } = options;
  const labels = createLabelReader(options.labels);
  const keepers = new Map<string, CatalogueKeeper>();
  return {
    view(resource, database) {
      const { name } = resource.resource;
      const key = JSON.stringify([name, database ?? null]);
      const known = keepers.get(key);
      if (known !== undefined) return known;
      if (keepers.size >= MOST_DATABASES) forget(keepers);
      if (keepers.size >= MOST_DATABASES) {
        logger.error({ resource: name, database }, 'too many databases: nothing is known of this one');
        return unknown;
      }
      const { ttlMs = DEFAULT_TTL_MS, limits } = resource.catalogue ?? {};
      const bounds = { ...defaultCatalogueLimits, ...limits };
      const open = (): Promise<CatalogueConnection> => connect(resource, database, bounds.timeoutMs);
      const keeper = new CatalogueKeeper({
        resource: name,
        database,
        open,
        labels,
        ttlMs,
        limits: bounds,
        logger,
        clock,
      });
      keepers.set(key, keeper);
      return keeper;
    },
    async close() {
      await Promise.all([...keepers.values()].map((keeper) => keeper.close()));
    },
  };
}

const connectTo: NonNullable<CataloguesOptions['connect']> = ({ target }, database, timeoutMs) =>
  openConnection(target, database, timeoutMs);

/** Clients name databases that are not there, too: their sessions come to nothing. */
function forget(keepers: Map<string, CatalogueKeeper>): void {
  for (const [key, keeper] of keepers) if (keeper.untouched) keepers.delete(key);
}

/** Knows nothing, whatever happens. */
const unknown: CatalogueView = {
  current: NOTHING,
  load: () => Promise.resolve(NOTHING),
  changing: () => () => undefined,
};

/** Data is read once; another bundle brings another object. */
function createLabelReader(source: () => unknown): () => DataLabels {
  let of: unknown;
  let read = readDataLabels(undefined);
  return () => {
    const value = source();
    if (value !== of) {
      of = value;
      read = readDataLabels(value);
    }
    return read;
  };
}
