import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { SallyportError } from '../../engine/errors.ts';
import type { GatewayTarget } from '../sessions.ts';
import { dial } from '../sockets/dial.ts';
import { secureTarget } from '../sockets/tls.ts';

/** Runs one statement and gives its rows, each value as text. */
export type RunQuery = (text: string) => Promise<readonly (readonly (string | null)[])[]>;

export interface CatalogueConnection {
  readonly run: RunQuery;
  close(): Promise<void>;
}

/** What of a driver's client is needed here: node-postgres' has it. */
export interface QueryClient {
  query(query: { readonly text: string; readonly rowMode: 'array' }): Promise<{ readonly rows: readonly unknown[][] }>;
}

/** Simple queries only, without parameters: nothing of them stays behind in a pooler. */
export function runWith(client: QueryClient): RunQuery {
  return async (text) => {
    const { rows } = await client.query({ text, rowMode: 'array' });
    return rows.map((row) => row.map((value) => (typeof value === 'string' ? value : null)));
  };
}

/**
 * Connects as the gateway's sessions do: the same user, password, TLS and checks of the certificate.
 *
 * @param database absent: named like the user, as libpq has it
 * @param timeoutMs how long all of it may take until `close`; then the connection breaks
 * @throws SallyportError SP_TARGET_UNREACHABLE, SP_CONFIG_INVALID (a credential is missing); pg's DatabaseError
 */
export async function openConnection(
  target: GatewayTarget,
  database: string | undefined,
  timeoutMs: number,
): Promise<CatalogueConnection> {
  const password = target.password?.();
  const plain = dial(target, timeoutMs);
  const deadline = setTimeout(() => plain.destroy(new Error('the target took too long')), timeoutMs);
  deadline.unref();
  try {
    await once(plain, 'connect');
    plain.setTimeout(0);
    const socket = await secured(plain, target);
    const client = new pg.Client({
      user: target.user,
      database: database ?? target.user,
      password: shown(password),
      ssl: false,
      stream: () => asIfConnecting(socket),
      application_name: 'sallyport catalogue',
    });
    guardAuthentication(client, socket, socket !== plain || target.tls.mode === 'disable');
    // What breaks the connection rejects the query that waits for it.
    client.on('error', () => undefined);
    await client.connect();
    return {
      run: runWith(client),
      async close() {
        clearTimeout(deadline);
        // A target that does not say goodbye is not waited for.
        await Promise.race([client.end(), once(socket, 'close'), afterClosing(socket)]).catch(() => undefined);
        plain.destroy();
      },
    };
  } catch (error) {
    clearTimeout(deadline);
    plain.destroy();
    throw error;
  }
}

const CLOSING_MS = 1_000;

async function afterClosing(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CLOSING_MS);
    timer.unref();
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Encrypted as the target's TLS mode wants it (SSLRequest: PostgreSQL manual, "Message Flow"). */
async function secured(socket: Socket, { host, tls }: GatewayTarget): Promise<Socket | TLSSocket> {
  if (tls.mode === 'disable') return socket;
  const answered: Promise<readonly unknown[]> = once(socket, 'data');
  socket.write(serialize.requestSsl());
  const answer = (await answered)[0];
  const word = Buffer.isBuffer(answer) && answer.length === 1 ? answer.toString('latin1') : '';
  if (word === 'S') {
    return new Promise((resolve, reject) => {
      const secure = secureTarget(socket, host, tls, () => {
        secure.off('error', reject);
        resolve(secure);
      });
      secure.once('error', reject);
    });
  }
  if (word === 'N' && tls.mode === 'prefer') return socket;
  const why =
    word === 'N' ? 'does not offer TLS, which its resource requires' : 'sent an answer to SSLRequest that is none';
  throw new SallyportError('SP_TARGET_UNREACHABLE', `The target ${why}.`);
}

/** A function, also where there is no password: the driver would look for one in its own environment. */
function shown(password: string | undefined): () => string {
  return () => {
    if (password !== undefined) return password;
    throw new SallyportError('SP_TARGET_AUTH_FAILED', 'The target asks for a password, and the resource has none.');
  };
}

/** What sessions hold their targets to and the driver does not: see TargetAuthentication. */
function guardAuthentication(client: pg.Client, socket: Socket, mayShowPassword: boolean): void {
  const connection: unknown = Reflect.get(client, 'connection');
  if (!(connection instanceof EventEmitter)) throw new TypeError('The driver keeps its connection elsewhere.');
  const refuse = (why: string): void => {
    socket.destroy(new SallyportError('SP_TARGET_AUTH_FAILED', `The target did not let the gateway in. ${why}`));
  };
  let unproven = false;
  connection.on('authenticationCleartextPassword', () => {
    if (!mayShowPassword) refuse('It asks for the password in the clear, without TLS.');
  });
  connection.on('authenticationSASL', () => {
    unproven = true;
  });
  connection.on('authenticationSASLFinal', () => {
    unproven = false;
  });
  connection.on('readyForQuery', () => {
    if (unproven) refuse('It did not prove that it knows the password.');
  });
}

/** The driver connects its stream itself; this one stands already. */
function asIfConnecting(socket: Socket): Socket {
  const connect = (): Socket => {
    process.nextTick(() => socket.emit('connect'));
    return socket;
  };
  Object.defineProperty(socket, 'connect', { value: connect });
  return socket;
}
