import { createServer, type AddressInfo, type Socket } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { serveConnection } from './database-connection.ts';
import { SharedDatabase } from './shared-database.ts';

export interface DatabaseServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface DatabaseServerOptions {
  /** SQL that fills the database. */
  readonly setup: string;
  /** What a client must show. */
  readonly password: string;
  /** Why a statement cannot be run here, if it cannot. */
  readonly refuses: (text: string) => string | undefined;
  /** Told when the database itself fails: it is of no use from then on. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A PostgreSQL server for the demo: PGlite (PostgreSQL compiled to WASM), in memory, on a free port of the loopback
 * interface. `SharedDatabase` says in what it differs from a real one.
 */
export async function startDatabaseServer(options: DatabaseServerOptions): Promise<DatabaseServer> {
  const pglite = await PGlite.create();
  await pglite.exec(options.setup);
  const database = new SharedDatabase(pglite);
  const sockets = new Set<Socket>();
  let connections = 0;
  let closing = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    // The loop that reads the socket hears of its errors; without a listener they would end the process.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    connections += 1;
    serveConnection(socket, connections, { ...options, database }).catch((error: unknown) => {
      if (!closing) options.onFailure(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server.address()),
    async close() {
      closing = true;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      await pglite.close();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port.');
  return address.port;
}
