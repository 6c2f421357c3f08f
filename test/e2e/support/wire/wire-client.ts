import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { password, startup, sslRequest } from './frames.ts';

/** A message of the server: its type byte and its body, without the length. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

export interface Login {
  readonly host?: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Further parameters of the startup message. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** PEM of the certificate to trust; without it the connection is in the clear. */
  readonly ca?: string;
}

/** A client that sends bytes as they are and collects whole messages: for what no driver would do. */
export class WireClient {
  /** Everything received that no `take` has taken. */
  readonly #received: Message[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #socket: net.Socket;
  #closed = false;
  #wake: (() => void)[] = [];

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Opens the TCP connection and nothing else. */
  static async open(port: number, host = '127.0.0.1'): Promise<WireClient> {
    const socket = net.connect(port, host);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new WireClient(socket);
  }

  /** Opens a session and waits until the server is ready for the first query. */
  static async login(login: Login): Promise<WireClient> {
    const client = await WireClient.open(login.port, login.host);
    if (login.ca !== undefined) await client.secure(login.ca);
    client.send(startup({ user: login.user, database: login.database, ...login.parameters }));
    const first = await client.take((message) => message.type === 'R' || message.type === 'E');
    const asked = first.at(-1);
    if (asked?.type === 'R' && asked.body.readInt32BE(0) === 3) client.send(password(login.password));
    else if (asked !== undefined) client.#received.unshift(asked);
    const rest = await client.untilReady();
    const error = rest.find((message) => message.type === 'E');
    if (error !== undefined) throw new Error(errorText(error));
    client.greeting = rest;
    return client;
  }

  /** What came between the password and the first ReadyForQuery. */
  greeting: Message[] = [];

  /** The process id and the secret of BackendKeyData, for cancel requests. */
  get cancelKey(): { processId: number; secret: Buffer } {
    const key = this.greeting.find((message) => message.type === 'K');
    if (key === undefined) throw new Error('the server sent no BackendKeyData');
    return { processId: key.body.readInt32BE(0), secret: key.body.subarray(4) };
  }

  get closed(): boolean {
    return this.#closed;
  }

  async secure(ca: string): Promise<void> {
    const answer = await this.answerTo(sslRequest);
    if (answer !== 'S') throw new Error(`the server refused TLS: ${answer}`);
    this.#socket.removeAllListeners();
    const secured = tls.connect({ socket: this.#socket, ca, servername: 'localhost' });
    await once(secured, 'secureConnect');
    this.#socket = secured;
    this.#listen();
  }

  send(...parts: readonly Buffer[]): void {
    if (!this.#closed) this.#socket.write(Buffer.concat(parts));
  }

  /** Sends the bytes in pieces, each in a TCP segment of its own. */
  async sendPieces(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => this.#socket.write(piece, () => setImmediate(resolve)));
    }
  }

  /** Messages up to and including the first that `last` accepts. Ends early, with what came, when the server closes. */
  async take(last: (message: Message) => boolean, timeoutMs = 10_000): Promise<Message[]> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const at = this.#received.findIndex(last);
      if (at >= 0) return this.#received.splice(0, at + 1);
      if (this.#closed) return this.#received.splice(0);
      if (Date.now() > deadline) {
        throw new Error(`no such message in ${timeoutMs} ms; came: ${this.#received.map((m) => m.type).join('')}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Messages up to and including the next ReadyForQuery. */
  untilReady(timeoutMs?: number): Promise<Message[]> {
    return this.take((message) => message.type === 'Z', timeoutMs);
  }

  /** Sends and waits for ReadyForQuery. */
  async exchange(...parts: readonly Buffer[]): Promise<Message[]> {
    this.send(...parts);
    return this.untilReady();
  }

  /** Sends bytes and counts those that come back, unseen, up to ReadyForQuery in the idle state. */
  async drain(request: Buffer): Promise<number> {
    const last = Buffer.concat([Buffer.from('Z'), Buffer.from([0, 0, 0, 5]), Buffer.from('I')]);
    this.#socket.removeAllListeners('data');
    let bytes = 0;
    let tail = Buffer.alloc(0);
    await new Promise<void>((resolve, reject) => {
      this.#socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        tail = Buffer.concat([tail, chunk.subarray(-last.length)]).subarray(-last.length);
        if (tail.equals(last)) resolve();
      });
      this.#socket.once('close', () => {
        reject(new Error('the server closed the connection'));
      });
      this.#socket.write(request);
    });
    return bytes;
  }

  /** Sends a request for encryption; its answer is one byte and no message. */
  async answerTo(request: Buffer): Promise<string> {
    this.#socket.removeAllListeners();
    return new Promise((resolve, reject) => {
      this.#socket.once('error', reject);
      this.#socket.once('data', (chunk: Buffer) => {
        this.#socket.removeAllListeners();
        this.#listen();
        resolve(chunk.toString('latin1'));
      });
      this.#socket.write(request);
    });
  }

  /** Waits until the server has closed the connection; gives what it said before. */
  untilClosed(timeoutMs?: number): Promise<Message[]> {
    return this.take(() => false, timeoutMs);
  }

  end(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      while (this.#rest.length >= 5) {
        const length = 1 + this.#rest.readInt32BE(1);
        if (this.#rest.length < length) break;
        this.#received.push({
          type: this.#rest.toString('latin1', 0, 1),
          body: Buffer.from(this.#rest.subarray(5, length)),
        });
        this.#rest = this.#rest.subarray(length);
      }
      this.#notify();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#notify();
    });
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** The types of messages in order, such as `1T2DCZ`: enough to compare two conversations' shapes. */
export function shape(messages: readonly Message[]): string {
  return messages.map((message) => message.type).join('');
}

/** The fields of an ErrorResponse or NoticeResponse by their letters: C is the SQLSTATE, M the message. */
export function fields(message: Message): Record<string, string> {
  const parts = message.body.toString('utf8').split('\0');
  return Object.fromEntries(parts.filter((part) => part !== '').map((part) => [part.slice(0, 1), part.slice(1)]));
}

export function errorText(message: Message): string {
  const { C, M, D, H } = fields(message);
  return [C, M, D, H].filter((part) => part !== undefined).join(' | ');
}

/** All errors in a conversation. */
export function errors(messages: readonly Message[]): Record<string, string>[] {
  return messages.filter((message) => message.type === 'E').map(fields);
}

/** The transaction status of the last ReadyForQuery: I idle, T in a transaction, E in a failed one. */
export function status(messages: readonly Message[]): string | undefined {
  return messages.findLast((message) => message.type === 'Z')?.body.toString('latin1');
}

/** The rows as text, from DataRow messages. */
export function rows(messages: readonly Message[]): (string | null)[][] {
  return messages
    .filter((message) => message.type === 'D')
    .map(({ body }) => {
      const row: (string | null)[] = [];
      let at = 2;
      for (let left = body.readInt16BE(0); left > 0; left--) {
        const length = body.readInt32BE(at);
        at += 4;
        row.push(length < 0 ? null : body.toString('utf8', at, at + length));
        at += Math.max(length, 0);
      }
      return row;
    });
}
