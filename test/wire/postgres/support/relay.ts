import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import type { Protocol, ProtocolLimits, SessionHost } from '../../../../proxy/protocol.ts';
import type { GateSession, TargetAccess } from '../../../../proxy/protocol.ts';

export const TEST_LIMITS: ProtocolLimits = {
  frameBytes: 4 * 1024 * 1024,
  statementBytes: 256 * 1024,
  pipelinedMessages: 10_000,
  preparedStatements: 1_000,
  stopMs: 5_000,
};

export interface TestRelay {
  readonly port: number;
  close(): Promise<void>;
}

/** The least that a host is: plain sockets, no TLS, everybody is let in. */
export async function startRelay(options: {
  protocol: Protocol;
  target: TargetAccess & { host: string; port: number };
  gate: () => GateSession;
}): Promise<TestRelay> {
  const { protocol, target, gate } = options;
  const open = new Set<{ destroy(): void }>();
  const server: Server = createServer((client) => {
    let upstream: ReturnType<typeof connect> | undefined;
    client.setNoDelay(true);
    const host: SessionHost = {
      limits: TEST_LIMITS,
      clientTls: { active: false, available: false, required: false },
      sendClient: (bytes) => void client.write(bytes),
      sendTarget: (bytes) => void upstream?.write(bytes),
      secureClient: () => client.destroy(),
      secureTarget: () => client.destroy(),
      openSession: () => Promise.resolve({ gate: gate(), target, settings: {} }),
      connectTarget: () => {
        const socket = connect(target.port, target.host, () => {
          session.targetConnected();
        });
        upstream = socket;
        open.add(socket);
        socket.setNoDelay(true);
        socket.on('data', (chunk) => {
          session.targetData(chunk);
          if (client.writableNeedDrain) {
            socket.pause();
            client.once('drain', () => socket.resume());
          }
        });
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          open.delete(socket);
          session.targetClosed();
        });
      },
      sendOutOfBand: (bytes, closed) => {
        const socket = connect(target.port, target.host, () => socket.end(bytes));
        socket.on('error', () => socket.destroy());
        socket.on('close', (failed) => closed?.(!failed));
        socket.resume();
      },
      after: (milliseconds, step) => {
        const timer = setTimeout(step, milliseconds);
        return () => {
          clearTimeout(timer);
        };
      },
      pauseClient: () => void client.pause(),
      resumeClient: () => void client.resume(),
      end: () => {
        client.end();
        upstream?.end();
      },
    };
    const session = protocol.createSession(host);
    open.add(client);
    client.on('data', (chunk) => {
      session.clientData(chunk);
    });
    client.on('error', () => client.destroy());
    client.on('close', () => {
      open.delete(client);
      session.clientClosed();
      upstream?.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}
