import type { PGlite } from '@electric-sql/pglite';
import type { Catalogue } from '../../../engine/catalogue.ts';
import { createCatalogues, type Catalogues } from '../../../proxy/catalogue/catalogues.ts';
import type { RunQuery } from '../../../proxy/catalogue/connection.ts';
import type { CatalogueView } from '../../../proxy/catalogue/view.ts';
import type { GatewayResource } from '../../../proxy/sessions.ts';

/** Statements on PGlite, one at a time. */
export function runOn(database: PGlite): RunQuery {
  return async (text) => {
    const { rows } = await database.query<(string | null)[]>(text, [], { rowMode: 'array' });
    return rows;
  };
}

export const shop: GatewayResource = {
  resource: { name: 'shop', protocol: 'postgres', environment: 'test', labels: {} },
  target: { host: 'nowhere.example', port: 5432, user: 'gateway', tls: { mode: 'disable' } },
};

/** The catalogue of a PGlite as a gateway keeps it, with everything around it in the test's hands. */
export class KeptCatalogue {
  readonly view: CatalogueView;
  readonly catalogues: Catalogues;
  /** What was logged: level and message. */
  readonly log: string[] = [];
  /** Connections that were opened. */
  connections = 0;
  /** Milliseconds. */
  now = 0;
  labels: unknown = undefined;
  /** What a new connection runs into; undefined: nothing. */
  failure: Error | undefined;
  /** Runs while a reading is under way, once it has its connection. */
  during: (() => void) | undefined;

  constructor(database: PGlite, settings: GatewayResource['catalogue'] = {}) {
    const note =
      (level: string) =>
      (_fields: object, message: string): void => {
        this.log.push(`${level}: ${message}`);
      };
    this.catalogues = createCatalogues({
      labels: () => this.labels,
      clock: () => this.now,
      logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
      connect: async () => {
        this.connections += 1;
        await Promise.resolve();
        if (this.failure !== undefined) throw this.failure;
        this.during?.();
        return { run: runOn(database), close: () => database.exec('ROLLBACK').then(() => undefined) };
      },
    });
    this.view = this.catalogues.view({ ...shop, catalogue: settings }, 'shop');
  }

  /** Lets what was begun in the background come to its end. */
  async settle(): Promise<void> {
    await this.view.load();
  }
}

/** Labels by column; undefined: the relation is not known. */
export function labelsOf(catalogue: Catalogue, relation: string, schema = 'public'): object | undefined {
  const columns = catalogue.relation(schema, relation)?.columns;
  return columns && Object.fromEntries(columns.map(({ name, labels }) => [name, labels]));
}
