import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { errorResponse, FrameReader, message, readText, type Frame } from './frames.ts';
import { newSession } from './session-settings.ts';
import type { Seat, SharedDatabase } from './shared-database.ts';
import { StatementNames } from './statement-names.ts';

export interface ConnectionOptions {
  readonly database: SharedDatabase;
  readonly password: string;
  /** Why a statement cannot be run here, if it cannot. */
  readonly refuses: (text: string) => string | undefined;
}

const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;

/**
 * Serves one connection until it ends. Whoever connects shows the password (MD5, as PostgreSQL's own): the demo's
 * database is not to be had by going around the gateway.
 *
 * @throws Error when the database itself fails
 */
export async function serveConnection(socket: Socket, id: number, options: ConnectionOptions): Promise<void> {
  const seat: Seat = { id, settings: newSession };
  const names = new StatementNames(id);
  const frames = readFrames(socket);
  try {
    const startup = await logIn(socket, frames, options.password);
    if (startup === undefined) return;
    socket.write(await options.database.send(seat, startup));
    for await (const frame of frames) {
      if (frame.type === 'X') return;
      const known = { type: frame.type, bytes: names.rename(withoutRefused(frame, options.refuses)) };
      const answer = await options.database.send(seat, known);
      if (!socket.write(answer)) await drained(socket);
    }
  } catch (error) {
    if (isConnectionFailure(error)) return;
    socket.write(errorResponse('FATAL', '58000', 'the demo database stopped'));
    throw error;
  } finally {
    socket.destroySoon();
    await options.database.leave(seat, names.closeAll());
  }
}

/** Messages, the first of them without a type; after a refused SSLRequest or GSSENCRequest comes another such. */
async function* readFrames(socket: Socket): AsyncGenerator<Frame, undefined> {
  const reader = new FrameReader();
  let typed = false;
  for await (const chunk of socket) {
    if (Buffer.isBuffer(chunk)) reader.push(chunk);
    for (let frame = reader.next(typed); frame !== undefined; frame = reader.next(typed)) {
      const code = frame.bytes.length >= 8 ? frame.bytes.readInt32BE(4) : 0;
      if (!typed && (code === SSL_REQUEST || code === GSS_REQUEST)) socket.write('N');
      else {
        typed = true;
        yield frame;
      }
    }
  }
  return undefined;
}

/** @returns the startup message, or undefined when the client is not let in */
async function logIn(
  socket: Socket,
  frames: AsyncGenerator<Frame, undefined>,
  password: string,
): Promise<Frame | undefined> {
  const startup = await nextOf(frames);
  // PGlite runs in one thread: when it could hear of a cancel request, the statement is over.
  if (startup === undefined || startup.bytes.readInt32BE(4) === CANCEL_REQUEST) return undefined;
  const salt = randomBytes(4);
  const method = Buffer.alloc(4);
  method.writeInt32BE(5);
  socket.write(message('R', method, salt));
  const answer = await nextOf(frames);
  if (answer?.type !== 'p') return undefined;
  const given = Buffer.from(readText(answer.bytes, 5).text);
  const expected = Buffer.from(md5Password(userOf(startup), password, salt));
  if (given.length === expected.length && timingSafeEqual(given, expected)) return startup;
  socket.write(errorResponse('FATAL', '28P01', 'password authentication failed'));
  return undefined;
}

/** `"md5" + md5(md5(password + user) + salt)`; PostgreSQL's documentation, "Message Flow", AuthenticationMD5Password. */
function md5Password(user: string, password: string, salt: Buffer): string {
  const inner = createHash('md5')
    .update(password + user, 'utf8')
    .digest('hex');
  return `md5${createHash('md5').update(inner, 'latin1').update(salt).digest('hex')}`;
}

function userOf({ bytes }: Frame): string {
  for (let at = 8; at < bytes.length - 1;) {
    const name = readText(bytes, at);
    const value = readText(bytes, name.end);
    if (name.text === 'user') return value.text;
    at = value.end;
  }
  return '';
}

/** A statement that must not run is exchanged for one that fails in its place, so that the session's state is right. */
function withoutRefused(frame: Frame, refuses: ConnectionOptions['refuses']): Frame {
  const named = frame.type === 'P' ? readText(frame.bytes, 5) : undefined;
  if (frame.type !== 'Q' && named === undefined) return frame;
  const { text, end } = readText(frame.bytes, named?.end ?? 5);
  const why = refuses(text);
  if (why === undefined) return frame;
  const failing = `DO $$BEGIN RAISE feature_not_supported USING MESSAGE = '${why.replaceAll("'", "''")}'; END$$`;
  const bytes =
    named === undefined ? message('Q', failing) : message('P', named.text, failing, frame.bytes.subarray(end));
  return { type: frame.type, bytes };
}

async function nextOf(frames: AsyncGenerator<Frame, undefined>): Promise<Frame | undefined> {
  const { value, done } = await frames.next();
  return done === true ? undefined : value;
}

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', resolve);
  });
}

/** The client went away, or did not speak PostgreSQL. */
function isConnectionFailure(error: unknown): boolean {
  return (
    error instanceof RangeError ||
    (error instanceof Error && 'syscall' in error) ||
    hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE')
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
