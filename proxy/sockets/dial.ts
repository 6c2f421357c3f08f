import { connect, type Socket } from 'node:net';

/** Dead peers are noticed after this much silence plus the kernel's probes. */
export const KEEP_ALIVE_MS = 60_000;

/**
 * Opens a TCP connection. An answer that takes longer than `timeoutMs` is an 'error' with the code ETIMEDOUT. The
 * time-out goes on watching for silence until `socket.setTimeout(0)`.
 */
export function dial(to: { readonly host: string; readonly port: number }, timeoutMs: number): Socket {
  const { host, port } = to;
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  socket.setTimeout(timeoutMs, () => {
    socket.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
  });
  return socket;
}
