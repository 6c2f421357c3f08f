import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ChainFollower } from '../../proxy/recorder/chain-follower.ts';
import type { Seal } from '../../proxy/recorder/seal.ts';
import { sealPath } from '../../proxy/recorder/seal-path.ts';
import { checkSeal } from '../../proxy/recorder/verify.ts';
import { readChunks } from './chunks.ts';
import type { EventReader } from './event-reader.ts';
import { LineSplitter, type LineSink } from './lines.ts';
import { inShare, type Share } from './selection.ts';
import { SessionReplay, type CommandReplay, type IntactEvent } from './session-replay.ts';
import type { Source } from './sources.ts';
import { messageOf } from '../../engine/message-of.ts';

/** A file, or the sessions of a large file whose ids fall into one part of several. */
export interface Task {
  readonly source: Source;
  readonly part?: Share;
}

export interface FileReplayOptions {
  readonly replay: CommandReplay;
  readonly reader: EventReader;
  readonly checkSeal?: (seal: Seal) => boolean;
  readonly stdin?: Readable;
  /** Asked between two chunks; true: stop, and leave what there is. */
  readonly stopped: () => boolean;
  readonly onRead?: (bytes: number) => void;
}

/** Replays one file, from its first byte to its last. Never rejects for what is in the file: that is damage. */
export async function replayFile(task: Task, options: FileReplayOptions): Promise<void> {
  const { replay, stopped, stdin } = options;
  const { path, shown } = task.source;
  const walk = new FileWalk(task, options);
  if (!walk.speaks) return;
  const lines = new LineSplitter(walk);
  const from = path ?? stdin;
  if (from === undefined) return;
  try {
    for await (const chunk of readChunks(from, options.onRead ?? (() => undefined))) {
      if (stopped()) {
        replay.tally.interrupted = true;
        return;
      }
      lines.feed(chunk);
    }
    lines.finish();
    walk.finish();
  } catch (error) {
    const why = messageOf(error);
    walk.broken(`${shown} cannot be read to its end: ${why}`);
  }
}

/** Which of a file's sessions are ours, and who follows their lines. Several recordings may stand behind each other. */
class FileWalk implements LineSink {
  readonly #task: Task;
  readonly #options: FileReplayOptions;
  /** Whether we speak for the file itself: for what stands before its first session. */
  readonly #ownsFile: boolean;
  #chain: ChainFollower | undefined;
  #session: SessionReplay | undefined;
  #sessions = 0;
  #row = 0;

  constructor(task: Task, options: FileReplayOptions) {
    this.#task = task;
    this.#options = options;
    const { shown, session } = task.source;
    const key = session ?? shown;
    this.#ownsFile = options.replay.choice.isOurs(key) && (task.part === undefined || inShare(key, 'part', task.part));
  }

  /** A file that is named after a session that is not ours need not be opened. */
  get speaks(): boolean {
    const { tally, choice } = this.#options.replay;
    const { shown, session } = this.#task.source;
    if (session !== undefined && !this.#ownsFile) return false;
    tally.files.add(shown);
    if (session === undefined || choice.isSampled(session)) return true;
    tally.count('sessions_left_out');
    return false;
  }

  line(row: number, bytes: Buffer): void {
    this.#row = row;
    const starts = mayStart(bytes);
    if (!starts && this.#isPassedOver()) return;
    const read = this.#options.reader.read(bytes);
    if ('problem' in read) {
      if (!this.#isPassedOver()) this.#follower().unreadable(row, read.problem);
      return;
    }
    if (starts && read.event.type === 'start' && read.links.seq === 0) this.#begin(read);
    if (this.#isPassedOver()) return;
    this.#options.replay.tally.count('events');
    this.#follower().event(row, read.links, read.intact);
    this.#session ??= new SessionReplay(this.#options.replay, this.#task.source.shown);
    this.#session.event(row, read);
  }

  tooLong(row: number): void {
    this.#row = row;
    if (!this.#isPassedOver()) this.#follower().unreadable(row, 'the line is longer than any that a gateway writes');
  }

  cut(row: number): void {
    this.#row = row;
    if (!this.#isPassedOver()) this.#follower().cut(row);
  }

  /** The end of the file. */
  finish(): void {
    if (this.#sessions === 0 && this.#ownsFile) this.#follower();
    this.#end();
  }

  /** The file ends here for us: what comes behind cannot be read. */
  broken(why: string): void {
    this.#session?.flush();
    if (this.#isPassedOver()) return;
    const { tally } = this.#options.replay;
    tally.damaged({
      severity: 'error',
      code: 'SP_RECORDING_DAMAGED',
      message: why,
      file: this.#task.source.shown,
      row: Math.max(1, this.#row),
      col: 1,
    });
  }

  /** Lines of a session that is not ours, or not asked for, and those before a file's first session. */
  #isPassedOver(): boolean {
    return this.#chain === undefined && (this.#sessions > 0 || !this.#ownsFile);
  }

  #follower(): ChainFollower {
    this.#chain ??= new ChainFollower(this.#task.source.shown, (finding) => {
      this.#options.replay.tally.damaged(finding);
    });
    return this.#chain;
  }

  #begin({ links, event }: IntactEvent): void {
    this.#end();
    this.#sessions += 1;
    if (event.type !== 'start' || !this.#isOurs(links.session)) return;
    const { choice, tally } = this.#options.replay;
    const { subject, resource } = event;
    if (choice.isSampled(links.session) && choice.isAsked(subject.id, resource.name)) this.#follower();
    else tally.count('sessions_left_out');
  }

  #isOurs(session: string): boolean {
    const { source, part } = this.#task;
    // A file that is named after a session is ours as a whole.
    if (source.session !== undefined) return true;
    return this.#options.replay.choice.isOurs(session) && (part === undefined || inShare(session, 'part', part));
  }

  #end(): void {
    this.#session?.flush();
    this.#session = undefined;
    const chain = this.#chain;
    this.#chain = undefined;
    if (chain === undefined) return;
    chain.finish();
    const seal = this.#sealOf(chain);
    if (seal !== undefined) checkSeal(seal, chain, this.#options.checkSeal);
  }

  /** Beside the recording, by the name of its file or, in an archive of several, of its session. */
  #sealOf({ session, events }: ChainFollower): string | undefined {
    const { path } = this.#task.source;
    if (path === undefined || session === undefined || events === 0) return undefined;
    const ofFile = sealPath(path.replace(/\.gz$/, ''));
    if (this.#sessions <= 1 && existsSync(ofFile)) return ofFile;
    return join(dirname(path), `${session}.seal.json`);
  }
}

const START = '{"schema":1,"seq":0,';

/** Whether a line could be a recording's first one: told by its first bytes alone, for most lines are not ours. */
function mayStart(bytes: Buffer): boolean {
  return bytes[18] === 0x30 && bytes[19] === 0x2c && bytes.toString('latin1', 0, START.length) === START;
}
