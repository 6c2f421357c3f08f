import { SallyportError } from '../../engine/errors.ts';
import { silentLogger } from '../../proxy/log.ts';
import { openStore, type Store } from '../../proxy/store/store.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { protocolNames } from '../protocols.ts';
import { storeLocation } from '../services.ts';

/** The store of a gateway's configuration, where it lies. @throws SallyportError SP_CONFIG_INVALID, SP_USAGE, SP_STORE_* */
export async function openConfiguredStore(config: string): Promise<Store> {
  return openStore(requireStore(config, loadConfig(config, protocolNames)), silentLogger);
}

/** @param config the file's name @throws SallyportError SP_USAGE for `store: none` */
export function requireStore(config: string, loaded: LoadedConfig): NonNullable<ReturnType<typeof storeLocation>> {
  const location = storeLocation(loaded);
  if (location === undefined) throw new SallyportError('SP_USAGE', `${config} has no store.`);
  return location;
}
