import type { Dialect } from '../engine/dialect.ts';
import { SallyportError } from '../engine/errors.ts';
import type { Protocol } from '../proxy/protocol.ts';
import { loadDialect } from './dialects.ts';

/** A protocol, and the dialects that its statements are parsed by. */
export interface LoadedProtocol {
  readonly protocol: Protocol;
  readonly dialects: readonly Dialect[];
}

/** The protocols that come with Sallyport, by name: the one line that a new one needs. */
const builtInProtocols: Readonly<Record<string, () => Promise<LoadedProtocol>>> = {
  postgres: async () => {
    const { createPostgresProtocol } = await import('../proxy/protocols/postgres/index.ts');
    const dialect = await loadDialect('postgres');
    return { protocol: createPostgresProtocol({ dialect }), dialects: [dialect] };
  },
};

export const protocolNames: readonly string[] = Object.keys(builtInProtocols);

/**
 * Loads each of the named protocols once, with its dialects.
 *
 * @throws SallyportError SP_CONFIG_INVALID when there is none of that name
 */
export async function loadProtocols(names: Iterable<string>): Promise<ReadonlyMap<string, LoadedProtocol>> {
  const loaded = new Map<string, LoadedProtocol>();
  for (const name of new Set(names)) {
    const load = Object.hasOwn(builtInProtocols, name) ? builtInProtocols[name] : undefined;
    if (load === undefined) throw new SallyportError('SP_CONFIG_INVALID', `There is no protocol ${name}.`);
    loaded.set(name, await load());
  }
  return loaded;
}
