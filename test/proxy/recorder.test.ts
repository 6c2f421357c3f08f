import { generateKeyPairSync } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileCalls } from '../../proxy/recorder/append-file.ts';
import { createEventCheck } from '../../proxy/recorder/event-schema.ts';
import { createRecorder, type RecorderOptions, type SessionRecorder } from '../../proxy/recorder/recorder.ts';
import { createSealSigner, createSealVerifier } from '../../proxy/recorder/seal.ts';
import { verifyRecording, type Verification } from '../../proxy/recorder/verify.ts';
import { ada, here, memoryLogger, readRecording, recordingsIn, shop, temporaryDirectory } from './support/fixtures.ts';

const checkEvent = createEventCheck();
const start = { session: 'session-1', subject: ada, resource: shop, client: here, revision: 'r1', version: '0' };
const errorEvent = (message: string): string =>
  JSON.stringify({ type: 'error', code: 'SP_DENIED', message }).slice(1, -1);

interface Recording {
  readonly session: SessionRecorder;
  readonly file: string;
  readonly directory: string;
  readonly logger: ReturnType<typeof memoryLogger>;
  readonly close: () => void;
}

function record(options: Partial<RecorderOptions> = {}): Recording {
  const directory = temporaryDirectory();
  const logger = memoryLogger();
  const recorder = createRecorder({ directory, logger, clock: () => Date.parse('2026-03-04T05:06:07Z'), ...options });
  const session = recorder.open(start);
  const file = join(directory, '2026-03-04', 'session-1.jsonl');
  return { session, file, directory, logger, close: recorder.close };
}

/** A whole recording with a few events. */
function sample(options: Partial<RecorderOptions> = {}): string {
  const { session, file, close } = record(options);
  for (const message of ['one', 'zwei “2”', '三']) session.append([errorEvent(message)]);
  session.end('done', { commands: 3, denied: 0 });
  close();
  return file;
}

function verify(file: string, checkSeal?: Parameters<typeof verifyRecording>[1]['checkSeal']): Promise<Verification> {
  return verifyRecording(file, { checkEvent, ...(checkSeal === undefined ? {} : { checkSeal }) });
}

/** `row severity message` of each finding. */
function told({ findings }: Verification): string[] {
  return findings.map(({ row, severity, message }) => `${row ?? ''} ${severity} ${message}`);
}

describe('a recording', () => {
  test('is one file per session and day, for its owner alone', () => {
    const file = sample();
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(dirname(file)).mode & 0o777).toBe(0o700);
  });

  test('numbers and chains its events', async () => {
    const file = sample();
    const events = readRecording(file);
    expect(events.map(({ seq, type }) => [seq, type])).toEqual([
      [0, 'start'],
      [1, 'error'],
      [2, 'error'],
      [3, 'error'],
      [4, 'end'],
    ]);
    expect(events[0]?.prev).toBe('0'.repeat(64));
    expect(events.slice(1).map(({ prev }) => prev)).toEqual(events.slice(0, -1).map(({ hash }) => hash));
    expect(await verify(file)).toEqual({ events: 5, ended: true, sealed: false, findings: [] });
  });

  test('is on the disk’s side of the kernel when append returns', () => {
    const { session, file } = record();
    session.append([errorEvent('here')]);
    expect(readRecording(file).at(-1)).toMatchObject({ type: 'error', message: 'here' });
  });

  test('takes all events of an append, or none', () => {
    const { session, file } = record();
    session.append([errorEvent('a'), errorEvent('b')]);
    expect(session.nextSeq).toBe(3);
    expect(readRecording(file)).toHaveLength(3);
  });

  test('defers results to the next append, before its events and with their own time', () => {
    let now = 0;
    const { session, directory } = record({ clock: () => now });
    now = 1;
    session.defer(errorEvent('later'));
    expect(session.nextSeq).toBe(2);
    now = 2;
    session.append([errorEvent('now')]);
    const [file = ''] = recordingsIn(directory);
    expect(readRecording(file).map((event) => [event.time.slice(-4), event.type === 'error' && event.message])).toEqual(
      [
        ['000Z', false],
        ['001Z', 'later'],
        ['002Z', 'now'],
      ],
    );
  });

  test('writes deferred events by itself when nothing follows', async () => {
    const { session, file } = record({ deferMs: 1 });
    session.defer(errorEvent('alone'));
    await expect.poll(() => readRecording(file).length).toBe(2);
  });

  test('writes deferred events when the recorder closes', () => {
    const { session, file, close } = record({ deferMs: 60_000 });
    session.defer(errorEvent('alone'));
    close();
    expect(readRecording(file)).toHaveLength(2);
  });

  test('ends once', () => {
    const { session, file } = record();
    session.end('a', { commands: 0, denied: 0 });
    session.end('b', { commands: 0, denied: 0 });
    session.defer(errorEvent('too late'));
    expect(readRecording(file).map(({ type }) => type)).toEqual(['start', 'end']);
  });

  test.each(['../x', '', 'a/b', 'a"b', 'x'.repeat(200)])('refuses the session id %j', (session) => {
    const recorder = createRecorder({ directory: temporaryDirectory() });
    expect(() => recorder.open({ ...start, session })).toThrow(expect.objectContaining({ code: 'SP_RECORDER_FAILED' }));
  });

  test('never overwrites one', () => {
    const directory = temporaryDirectory();
    const recorder = createRecorder({ directory });
    recorder.open(start);
    expect(() => recorder.open(start)).toThrow(expect.objectContaining({ code: 'SP_RECORDER_FAILED' }));
  });
});

describe('fsync', () => {
  /** Counts the flushes to the disk. */
  function counting(): FileCalls & { readonly flushes: { now: number; later: number } } {
    const flushes = { now: 0, later: 0 };
    return {
      ...fs,
      flushes,
      fdatasyncSync: () => (flushes.now += 1),
      fdatasync: (_, callback) => {
        flushes.later += 1;
        setImmediate(callback, null);
      },
    };
  }

  test('always flushes before each append returns', () => {
    const calls = counting();
    const { session } = record({ fsync: 'always', calls });
    session.append([errorEvent('a')]);
    session.append([errorEvent('b')]);
    expect(calls.flushes.now).toBe(3);
  });

  test('interval flushes in the background', async () => {
    const calls = counting();
    const { session, close } = record({ fsync: 'interval', intervalMs: 1, calls });
    session.append([errorEvent('a')]);
    await expect.poll(() => calls.flushes.later).toBeGreaterThan(0);
    expect(calls.flushes.now).toBe(0);
    close();
  });

  test('never leaves it to the system', () => {
    const calls = counting();
    const { session } = record({ fsync: 'never', calls });
    session.append([errorEvent('a')]);
    session.end('done', { commands: 0, denied: 0 });
    expect(calls.flushes).toEqual({ now: 0, later: 0 });
  });

  test('a flush that failed is not forgiven: the kernel may have dropped what it could not write', () => {
    let broken = false;
    const calls: FileCalls = {
      ...fs,
      fdatasyncSync: () => {
        if (broken) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      },
    };
    const { session } = record({ fsync: 'always', calls });
    broken = true;
    expect(() => {
      session.append([errorEvent('a')]);
    }).toThrow('EIO');
    broken = false;
    expect(() => {
      session.append([errorEvent('b')]);
    }).toThrow('EIO');
  });
});

describe('a disk that fails', () => {
  /** A disk with room for so many more bytes. */
  function smallDisk(room: number): FileCalls & { room: number } {
    const calls = {
      ...fs,
      room,
      writeSync(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number {
        if (calls.room === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        const count = Math.min(length, calls.room);
        calls.room -= count;
        return fs.writeSync(fd, buffer, offset, count, position);
      },
    };
    return calls;
  }

  test('refuses while it is full, cuts the torn line off and goes on when there is room', async () => {
    const disk = smallDisk(Number.MAX_SAFE_INTEGER);
    const { session, file, logger } = record({ calls: disk });
    session.append([errorEvent('before')]);
    disk.room = 20;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(() => {
        session.append([errorEvent('lost')]);
      }).toThrow(
        expect.objectContaining({ code: 'SP_RECORDER_FAILED', message: expect.stringContaining('ENOSPC') as string }),
      );
    }
    disk.room = Number.MAX_SAFE_INTEGER;
    session.append([errorEvent('x')]);
    session.end('done', { commands: 1, denied: 0 });
    const messages = readRecording(file).flatMap((event) => (event.type === 'error' ? [event.message] : []));
    expect(messages).toEqual(['before', 'x']);
    expect(await verify(file)).toMatchObject({ ended: true, findings: [] });
    expect(logger.lines.map(({ message }) => message)).toEqual(['recording failed', 'recording works again']);
  });

  test('keeps deferred events for later', () => {
    const disk = smallDisk(Number.MAX_SAFE_INTEGER);
    const { session, file } = record({ calls: disk });
    session.defer(errorEvent('kept'));
    disk.room = 0;
    expect(() => {
      session.append([errorEvent('lost')]);
    }).toThrow('ENOSPC');
    disk.room = Number.MAX_SAFE_INTEGER;
    session.append([errorEvent('x')]);
    expect(readRecording(file).map((event) => event.type === 'error' && event.message)).toEqual([false, 'kept', 'x']);
  });

  test('cuts the torn line off when the session ends while it is full', async () => {
    const disk = smallDisk(Number.MAX_SAFE_INTEGER);
    const { session, file } = record({ calls: disk });
    disk.room = 30;
    session.end('done', { commands: 0, denied: 0 });
    expect(told(await verify(file))).toEqual([
      '1 warning there is no end event: the session still runs, or the gateway was killed',
    ]);
  });

  test('holds for any sequence of room and appends: what append took is there, what it refused is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ room: fc.nat(600), text: fc.string({ maxLength: 300 }) }), { maxLength: 12 }),
        (steps) => {
          const directory = fs.mkdtempSync(join(tmpdir(), 'sallyport-'));
          try {
            const disk = smallDisk(Number.MAX_SAFE_INTEGER);
            const session = createRecorder({ directory, calls: disk }).open(start);
            const taken: string[] = [];
            for (const { room, text } of steps) {
              disk.room = room;
              try {
                session.append([errorEvent(text)]);
                taken.push(text);
              } catch {
                // Refused.
              }
            }
            disk.room = Number.MAX_SAFE_INTEGER;
            session.append([errorEvent('last')]);
            const [file = ''] = recordingsIn(directory);
            const found = readRecording(file).flatMap((event) => (event.type === 'error' ? [event.message] : []));
            expect(found).toEqual([...taken, 'last']);
          } finally {
            fs.rmSync(directory, { recursive: true });
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  /** What an append says: `released`, or the cause of its refusal. */
  const attempt = (session: SessionRecorder): string => {
    try {
      session.append([errorEvent('x')]);
      return 'released';
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    }
  };

  test('a recording that was removed is noticed, and its session refused', async () => {
    const { session, file, close } = record({ placeCheckMs: 1 });
    fs.rmSync(file);
    await expect.poll(() => attempt(session)).toContain('removed');
    fs.writeFileSync(file, 'another file of the same name');
    expect(attempt(session)).toContain('removed');
    close();
  });

  test('a folder that was moved away is noticed; back in its place it is written again, with nothing lost', async () => {
    const { session, file, directory, close } = record({ placeCheckMs: 1 });
    fs.renameSync(directory, `${directory}-away`);
    fs.writeFileSync(directory, '');
    await expect.poll(() => attempt(session)).toContain('moved');
    fs.rmSync(directory);
    fs.renameSync(`${directory}-away`, directory);
    expect(attempt(session)).toBe('released');
    session.end('done', { commands: 0, denied: 0 });
    close();
    expect(await verify(file)).toMatchObject({ ended: true, findings: [] });
  });

  test('a folder that cannot be made is refused', () => {
    const file = join(temporaryDirectory(), 'file');
    fs.writeFileSync(file, '');
    expect(() => createRecorder({ directory: join(file, 'below') })).toThrow(
      expect.objectContaining({ code: 'SP_RECORDER_FAILED', message: expect.stringContaining('ENOTDIR') as string }),
    );
  });

  test.skipIf(!fs.existsSync('/dev/full'))('the system’s own full device is refused with its code', () => {
    const calls: FileCalls = { ...fs, openSync: () => fs.openSync('/dev/full', 'w') };
    const recorder = createRecorder({ directory: temporaryDirectory(), calls });
    expect(() => recorder.open(start)).toThrow(
      expect.objectContaining({ code: 'SP_RECORDER_FAILED', message: 'The recording could not be written (ENOSPC).' }),
    );
  });
});

describe('verification', () => {
  const lines = (file: string): string[] => fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const rewrite = (file: string, change: (all: string[]) => string[]): void => {
    fs.writeFileSync(
      file,
      change(lines(file))
        .map((line) => `${line}\n`)
        .join(''),
    );
  };
  const replaceLine = (index: number, change: (line: string) => string) => (all: string[]) =>
    all.map((line, at) => (at === index ? change(line) : line));

  const damages: { name: string; change: (all: string[]) => string[]; findings: string[] }[] = [
    {
      name: 'a changed word',
      change: replaceLine(1, (line) => line.replace('one', 'two')),
      findings: ['2 error the event was changed: its hash does not fit it'],
    },
    {
      name: 'a changed hash',
      change: replaceLine(1, (line) => line.replace(/[0-9a-f]{64}"}$/, `${'0'.repeat(64)}"}`)),
      findings: [
        '2 error the event was changed: its hash does not fit it',
        '3 error the chain is broken: the event does not follow the one before it',
      ],
    },
    {
      name: 'a line that was put in other words',
      change: replaceLine(1, (line) => line.replace('"schema":1,', '"schema": 1,')),
      findings: ['2 error the event was changed: its hash does not fit it'],
    },
    {
      name: 'a line taken out',
      change: (all) => all.filter((_, at) => at !== 2),
      findings: ['3 error events are missing: 2 is due and 3 is here'],
    },
    {
      name: 'the start taken out',
      change: (all) => all.slice(1),
      findings: ['1 error events are missing: 0 is due and 1 is here'],
    },
    {
      name: 'two lines swapped',
      change: ([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest],
      findings: [
        '2 error events are missing: 1 is due and 2 is here',
        '3 error events are missing: 3 is due and 1 is here',
        '4 error events are missing: 2 is due and 3 is here',
      ],
    },
    {
      name: 'a line given twice',
      change: (all) => [...all.slice(0, 2), all[1] ?? '', ...all.slice(2)],
      findings: ['3 error events are missing: 2 is due and 1 is here'],
    },
    {
      name: 'a line that is no JSON',
      change: replaceLine(2, (line) => `x${line}`),
      findings: ['3 error the line is not JSON'],
    },
    {
      name: 'a line without its hash',
      change: replaceLine(2, () => '{}'),
      findings: ['3 error the line does not end with its hash'],
    },
    {
      name: 'an empty line',
      change: replaceLine(2, () => ''),
      findings: ['3 error the line does not end with its hash'],
    },
    {
      name: 'something behind the end',
      change: (all) => [...all, all[1] ?? ''],
      findings: ['6 error there is more after the end event', '6 error events are missing: 5 is due and 1 is here'],
    },
    {
      name: 'the end taken off',
      change: (all) => all.slice(0, -1),
      findings: ['4 warning there is no end event: the session still runs, or the gateway was killed'],
    },
    { name: 'everything taken out', change: () => [], findings: ['1 error the recording is empty'] },
  ];

  test.each(damages)('$name is told with its line', async ({ change, findings }) => {
    const file = sample();
    rewrite(file, change);
    expect(told(await verify(file))).toEqual(findings);
  });

  const cutOff = 'the last line is cut off: the gateway or the machine stopped while it was written';
  const noEnd = 'there is no end event: the session still runs, or the gateway was killed';
  test.each<[string, (text: string) => string, string[]]>([
    ['as a kill leaves it', (text) => text.slice(0, -10), [`5 warning ${cutOff}`, `5 warning ${noEnd}`]],
    ['with all but its line feed', (text) => text.slice(0, -1), [`5 warning ${cutOff}`, `5 warning ${noEnd}`]],
    [
      'after its first byte',
      (text) => text.slice(0, text.lastIndexOf('\n{') + 2),
      [`5 warning ${cutOff}`, `5 warning ${noEnd}`],
    ],
    [
      'of another number',
      (text) => text.slice(0, -10).replace('"seq":4', '"seq":5'),
      [`5 error ${cutOff}`, `5 warning ${noEnd}`],
    ],
    ['whose line feed was changed', (text) => `${text.slice(0, -1)}x`, [`5 error ${cutOff}`, `5 warning ${noEnd}`]],
    ['behind the end', (text) => `${text}{"schema":1,"seq":5`, [`6 error ${cutOff}`]],
  ])('a last line that is cut off is told: %s', async (_, change, findings) => {
    const file = sample();
    fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
    expect(told(await verify(file))).toEqual(findings);
  });

  test('no change of any byte goes unnoticed', async () => {
    const file = sample();
    const bytes = fs.readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        fs.writeFileSync(file, changed);
        const { findings } = await verify(file);
        expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('a line longer than a read is still one line', async () => {
    const { session, file } = record();
    session.append([errorEvent('x'.repeat(1_000_000))]);
    session.end('done', { commands: 0, denied: 0 });
    expect(await verify(file)).toMatchObject({ events: 3, findings: [] });
  });
});

describe('a seal', () => {
  const pair = (): { key: string; public: string } => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return {
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      public: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    };
  };
  const keys = pair();
  const checkSeal = createSealVerifier(keys.public);
  const sealOf = (file: string): string => file.replace('.jsonl', '.seal.json');
  const sealed = (): string => sample({ signer: createSealSigner(keys.key) });

  test('stands beside the recording and holds', async () => {
    const file = sealed();
    expect(JSON.parse(fs.readFileSync(sealOf(file), 'utf8'))).toMatchObject({
      schema: 1,
      session: 'session-1',
      events: 5,
      hash: readRecording(file).at(-1)?.hash,
      algorithm: 'ed25519',
    });
    expect(await verify(file, checkSeal)).toEqual({ events: 5, ended: true, sealed: true, findings: [] });
  });

  const changes: { name: string; change: (file: string) => void; finding: string }[] = [
    {
      name: 'is missed',
      change: (file) => {
        fs.rmSync(sealOf(file));
      },
      finding: '5 error the recording has ended and is not sealed',
    },
    {
      name: 'that is no seal is told',
      change: (file) => {
        fs.writeFileSync(sealOf(file), '{}');
      },
      finding: '5 error the seal is damaged',
    },
    {
      name: 'that was changed is told',
      change: (file) => {
        fs.writeFileSync(sealOf(file), fs.readFileSync(sealOf(file), 'utf8').replace('"events":5', '"events":4'));
      },
      finding: "5 error the seal's signature is not of this key",
    },
    {
      name: 'shows that the tail was cut off',
      change: (file) => {
        fs.writeFileSync(
          file,
          fs
            .readFileSync(file, 'utf8')
            .split('\n')
            .slice(0, 3)
            .map((line) => `${line}\n`)
            .join(''),
        );
      },
      finding: '3 error the seal is of 5 events and another end than this recording has',
    },
  ];

  test.each(changes)('$name', async ({ change, finding }) => {
    const file = sealed();
    change(file);
    const verification = await verify(file, checkSeal);
    expect(told(verification)).toContain(finding);
    expect(verification.sealed).toBe(false);
  });

  test('of another key is told', async () => {
    const verification = await verify(sealed(), createSealVerifier(pair().public));
    expect(told(verification)).toEqual(["5 error the seal's signature is not of this key"]);
  });

  test('needs an Ed25519 key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => createSealSigner(pem)).toThrow(expect.objectContaining({ code: 'SP_CONFIG_INVALID' }));
    expect(() => createSealSigner('no key')).toThrow(expect.objectContaining({ code: 'SP_CONFIG_INVALID' }));
  });
});
