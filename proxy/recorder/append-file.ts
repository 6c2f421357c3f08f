import * as fs from 'node:fs';

/** The system calls that appending needs; a seam, so that tests can make a disk full. */
export interface FileCalls {
  openSync(path: string, flags: number, mode: number): number;
  writeSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  ftruncateSync(fd: number, length: number): void;
  fdatasyncSync(fd: number): void;
  fdatasync(fd: number, callback: (error: Error | null) => void): void;
  fstatSync(fd: number): FileIdentity;
  statSync(path: string): FileIdentity;
  closeSync(fd: number): void;
}

/** Which file it is, whatever its name. */
interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Shared by all files: appends are synchronous, so only one is under way at a time. Grown for larger appends. */
let scratch = Buffer.allocUnsafe(64 * 1024);
const SCRATCH_MAX = 1024 * 1024;

/**
 * A file that only grows, and that ends with a whole append at all times that matter: an append that fails half-way is
 * cut off again before the next one.
 *
 * A failed fsync is for good: the kernel then drops the pages and reports success the next time, so nothing about the
 * file can be vouched for any more. Everything else (disk full, I/O error, quota, a file that was moved away) is tried
 * anew with the next append.
 */
export class AppendFile {
  readonly path: string;
  readonly #calls: FileCalls;
  readonly #fd: number;
  readonly #identity: FileIdentity;
  #length = 0;
  #torn = false;
  #failed: Error | undefined;
  #misplaced = false;
  #dirty = false;
  #syncing = false;
  #closed = false;

  /** Makes the file; it must not exist. @throws the system's error */
  constructor(path: string, calls: FileCalls = fs) {
    this.path = path;
    this.#calls = calls;
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = fs.constants;
    // O_NOFOLLOW does not exist on Windows, where it comes as undefined.
    const noFollow = (O_NOFOLLOW as number | undefined) ?? 0;
    this.#fd = calls.openSync(path, O_CREAT | O_EXCL | O_WRONLY | noFollow, 0o600);
    this.#identity = calls.fstatSync(this.#fd);
  }

  /** Bytes that are whole. */
  get length(): number {
    return this.#length;
  }

  /** Appends all or nothing. @throws the system's error; the file is then as it was before, or will be repaired. */
  append(text: string): void {
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#misplaced) this.#requirePlace();
    if (this.#torn) this.#repair();
    const needed = text.length * 3;
    const buffer = needed <= scratch.length ? scratch : grow(needed);
    const length = buffer.write(text, 0, 'utf8');
    let written = 0;
    try {
      // A disk that fills up takes a part of the bytes and reports the error with the next call.
      while (written < length) {
        const count = this.#calls.writeSync(this.#fd, buffer, written, length - written, this.#length + written);
        if (count === 0) throw new Error('the file takes no more bytes');
        written += count;
      }
    } catch (error) {
      this.#torn = true;
      throw error;
    }
    this.#length += length;
    this.#dirty = true;
  }

  #repair(): void {
    this.#calls.ftruncateSync(this.#fd, this.#length);
    this.#torn = false;
  }

  /** Forces what was appended to the disk. @throws the system's error, and from then on with every append */
  sync(): void {
    if (!this.#dirty || this.#closed) return;
    try {
      this.#calls.fdatasyncSync(this.#fd);
      this.#dirty = false;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** The same without waiting; a failure shows with the next append. */
  syncLater(): void {
    if (!this.#dirty || this.#syncing || this.#closed || this.#failed !== undefined) return;
    this.#syncing = true;
    this.#dirty = false;
    this.#calls.fdatasync(this.#fd, (error) => {
      this.#syncing = false;
      if (error !== null) this.#fail(error);
      if (this.#closed) this.#close();
    });
  }

  /**
   * Notices that the file was removed, or that it or its folder was moved away: writing to it then still works, and
   * nobody would find what was written. Appends fail until it is back in its place.
   */
  checkPlace(): void {
    if (!this.#closed) this.#misplaced = !this.#inPlace();
  }

  #requirePlace(): void {
    this.checkPlace();
    if (this.#misplaced) throw new Error('the recording was removed or moved while it was written');
  }

  #inPlace(): boolean {
    try {
      const named = this.#calls.statSync(this.path);
      return named.ino === this.#identity.ino && named.dev === this.#identity.dev;
    } catch {
      return false;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#torn) this.#repair();
    } catch {
      // The torn line stays; verification names it. There is nobody left to tell.
    }
    if (!this.#syncing) this.#close();
  }

  #close(): void {
    this.#calls.closeSync(this.#fd);
  }

  #fail(error: unknown): Error {
    this.#failed ??= error instanceof Error ? error : new Error(String(error));
    return this.#failed;
  }
}

/** A rare large append gets a buffer of its own, which is not kept. */
function grow(needed: number): Buffer {
  const buffer = Buffer.allocUnsafe(needed);
  if (needed <= SCRATCH_MAX) scratch = buffer;
  return buffer;
}
