import type { Socket } from 'node:net';

/** Bytes up to which several sends are copied into one write: cheaper than a gathered write of small pieces. */
const COPY_LIMIT = 16 * 1024;

/**
 * The writing half of one socket. What is sent while one chunk is worked on goes out in one system call: a protocol
 * sends message by message, and a write for each would cost more than all the rest of the relay.
 */
export class Endpoint {
  #socket: Socket;
  #first: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #bytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** After TLS has taken the socket over. */
  replace(socket: Socket): void {
    this.#socket = socket;
  }

  send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    if (this.#first === undefined) this.#first = bytes;
    else if (this.#more === undefined) this.#more = [bytes];
    else this.#more.push(bytes);
  }

  /** Hands what was sent to the socket. @returns false when the peer does not keep up: wait for `drain` */
  flush(): boolean {
    const first = this.#first;
    if (first === undefined) return !this.#socket.writableNeedDrain;
    const more = this.#more;
    const bytes = this.#bytes;
    this.#first = undefined;
    this.#more = undefined;
    this.#bytes = 0;
    if (!this.#socket.writable) return true;
    if (more === undefined) return this.#socket.write(first);
    if (bytes <= COPY_LIMIT) return this.#socket.write(Buffer.concat([first, ...more], bytes));
    this.#socket.cork();
    this.#socket.write(first);
    for (const piece of more) this.#socket.write(piece);
    // Corked writes answer for the queue; only now does the socket try to get rid of it.
    this.#socket.uncork();
    return !this.#socket.writableNeedDrain;
  }
}

/** Why reading is stopped; a source is read only when no reason is left. */
export class ReadGate {
  #reasons = 0;

  stop(socket: Socket, reason: number): void {
    if (this.#reasons === 0) socket.pause();
    this.#reasons |= reason;
  }

  go(socket: Socket, reason: number): void {
    if ((this.#reasons & reason) === 0) return;
    this.#reasons &= ~reason;
    if (this.#reasons === 0) socket.resume();
  }

  /** To be asked of a socket that has taken another one's place. */
  apply(socket: Socket): void {
    if (this.#reasons === 0) socket.resume();
    else socket.pause();
  }
}
