import { SallyportError } from '../../engine/errors.ts';
import { openConnection, type CatalogueConnection } from '../../proxy/catalogue/connection.ts';
import { readLabelled, type LabelledCatalogue } from '../../proxy/catalogue/read-catalogue.ts';
import { defaultCatalogueLimits } from '../../proxy/catalogue/settings.ts';
import { describeError } from '../../proxy/log.ts';
import type { GatewayResource } from '../../proxy/sessions.ts';
import { composeResource } from '../config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { suggestion } from '../config/suggest.ts';

/** A connection for one command; a target that hangs for so long is given up. */
const LONGEST_MS = 60 * 60 * 1_000;

/**
 * The resource of that name, and the database that is meant.
 *
 * @throws SallyportError SP_USAGE
 */
export function findTarget(
  loaded: LoadedConfig,
  name: string,
  asked: string | undefined,
): { readonly resource: GatewayResource; readonly database: string } {
  const { resources } = loaded.config;
  const config = resources.find((one) => one.name === name);
  if (config === undefined) {
    const names = resources.map((one) => one.name);
    throw new SallyportError('SP_USAGE', `There is no resource ${JSON.stringify(name)}.`, {
      help: suggestion(name, names),
    });
  }
  const pinned = config.target.database;
  if (pinned === undefined && asked === undefined) {
    throw new SallyportError('SP_USAGE', `The resource ${name} has many databases.`, {
      help: 'Name one: --database NAME',
    });
  }
  if (pinned !== undefined && asked !== undefined && pinned !== asked) {
    throw new SallyportError('SP_USAGE', `The resource ${name} has one database, ${pinned}.`);
  }
  return { resource: composeResource(config, loaded), database: pinned ?? asked ?? '' };
}

/**
 * Connects as the gateway would, and reads the catalogue.
 *
 * @throws SallyportError SP_TARGET_UNREACHABLE
 */
export async function openTarget(
  { resource, database }: ReturnType<typeof findTarget>,
  labels: unknown,
): Promise<CatalogueConnection & { readonly read: LabelledCatalogue }> {
  const { name } = resource.resource;
  let connection: CatalogueConnection | undefined;
  try {
    connection = await openConnection(resource.target, database, LONGEST_MS);
    const limits = { ...defaultCatalogueLimits, ...resource.catalogue?.limits };
    const read = await readLabelled(connection.run, { resource: name, labels }, limits);
    return { ...connection, read };
  } catch (error) {
    await connection?.close();
    if (error instanceof SallyportError) throw error;
    throw new SallyportError(
      'SP_TARGET_UNREACHABLE',
      `The catalogue of ${name} cannot be read: ${describeError(error)}`,
      {
        cause: error,
      },
    );
  }
}
