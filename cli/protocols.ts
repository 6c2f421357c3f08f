import type { Protocol } from '../proxy/protocol.ts';
import { loadDialect } from './dialects.ts';

/** The protocols that come with Sallyport, by name: the one line that a new one needs. */
export const builtInProtocols: Readonly<Record<string, () => Promise<Protocol>>> = {
  postgres: async () => {
    const { createPostgresProtocol } = await import('../proxy/protocols/postgres/index.ts');
    return createPostgresProtocol({ dialect: await loadDialect('postgres') });
  },
};

export const protocolNames: readonly string[] = Object.keys(builtInProtocols);
