import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync, appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hashToken } from '../../proxy/identity/tokens.ts';
import { createRecorder } from '../../proxy/recorder/recorder.ts';
import { ada, here, recordingsIn, shop, temporaryDirectory } from '../proxy/support/fixtures.ts';

const root = join(import.meta.dirname, '..', '..');
const main = join(root, 'dist', 'cli', 'main.js');

beforeAll(() => {
  if (!existsSync(main)) throw new Error('the command line is not built: npm run build');
});

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly done: Promise<Outcome>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
}

function start(args: readonly string[], cwd = root): Running {
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return {
    done: new Promise((resolve) => {
      child.once('close', (code) => {
        resolve({ code, stdout, stderr });
      });
    }),
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (signal) => child.kill(signal),
  };
}

const sallyport = (...args: readonly string[]): Promise<Outcome> => start(args).done;

const policyText = 'package policy.test\n\nallow contains "reading" if "read" in input.command.effects\n';

/** A gateway's folder: configuration and policies. */
function gatewayFolder(change: (configuration: string) => string = (text) => text): string {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'policies'));
  writeFileSync(join(folder, 'policies', 'test.rego'), policyText);
  const configuration = `policies: policies
listeners:
  - { name: shop, protocol: postgres, address: "127.0.0.1:0", resource: shop }
resources:
  - name: shop
    protocol: postgres
    target: { host: 127.0.0.1, port: 1, user: gateway }
subjects:
  - { id: ada, kind: human, tokens: [{ sha256: ${hashToken('x')} }] }
`;
  writeFileSync(join(folder, 'sallyport.yaml'), change(configuration));
  return folder;
}

/** A folder with one whole recording. */
function recordingFolder(): { folder: string; file: string } {
  const folder = temporaryDirectory();
  const recorder = createRecorder({ directory: folder });
  const session = recorder.open({
    session: 'abc',
    subject: ada,
    resource: shop,
    client: here,
    revision: 'r',
    version: '0',
  });
  session.append(['"type":"error","code":"SP_DENIED","message":"first\\u001b[2J"']);
  session.end('client closed', { commands: 3, denied: 1 });
  recorder.close();
  return { folder, file: recordingsIn(folder)[0] ?? '' };
}

describe('every command', () => {
  test.each([
    [],
    ['serve'],
    ['token'],
    ['token', 'create'],
    ['recordings'],
    ['recordings', 'list'],
    ['recordings', 'show'],
    ['recordings', 'verify'],
    ['parse'],
    ['eval'],
    ['explain'],
    ['init'],
    ['new'],
    ['new', 'policy'],
    ['new', 'case'],
    ['new', 'dialect'],
  ])('explains itself: %s %s', async (...words) => {
    const { code, stdout } = await sallyport(...words, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: ${['sallyport', ...words].join(' ')}`);
  });

  test.each([
    ['serve'],
    ['token', 'create'],
    ['recordings', 'list'],
    ['recordings', 'show'],
    ['recordings', 'verify'],
    ['explain'],
    ['init'],
    ['new', 'policy'],
    ['new', 'case'],
    ['new', 'dialect'],
  ])('documents its exit codes and gives an example: %s %s', async (...words) => {
    const { stdout } = await sallyport(...words, '--help');
    expect(stdout).toContain('Exit codes:\n  0  ');
    expect(stdout).toMatch(/Examples?:\n {2}\$ sallyport /);
  });

  test.each([
    ['an unknown command', ['serv'], 'Did you mean serve?'],
    ['an unknown option', ['serve', '--confg', 'x'], 'Did you mean --config?'],
    ['a missing argument', ['recordings', 'show'], "missing required argument 'recording'"],
  ])('exits with 2 for %s', async (_, args, told) => {
    const { code, stdout, stderr } = await sallyport(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(told);
  });

  test('the version is the package’s', async () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await sallyport('--version')).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });
});

describe('token create', () => {
  test('prints a token once, and the line for the configuration', async () => {
    const { code, stdout } = await sallyport('token', 'create', '--subject', 'ada');
    const [, token = ''] = /^token \(shown once\): (spt_\S{43})$/m.exec(stdout) ?? [];
    expect(code).toBe(0);
    expect(stdout).toContain('- id: "ada"');
    expect(stdout).toContain(`- sha256: ${hashToken(token)}\n`);
  });

  test('prints JSON for scripts', async () => {
    const { stdout } = await sallyport('token', 'create', '--subject', 'ada', '--format', 'json');
    const printed = JSON.parse(stdout) as { subject: string; token: string; sha256: string };
    expect(printed).toEqual({ subject: 'ada', token: printed.token, sha256: hashToken(printed.token) });
  });
});

describe('recordings', () => {
  test('list says who, where and how much', async () => {
    const { folder, file } = recordingFolder();
    const pretty = await sallyport('recordings', 'list', folder);
    expect(pretty.stdout).toMatch(/^\S+ {2}abc {2}ada → shop {2}0 commands, 1 denied {2}ended\n$/);
    const json = await sallyport('recordings', 'list', folder, '--format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ file, session: 'abc', subject: 'ada', state: 'ended', denied: 1 });
  });

  test('show prints the events of a file, a session or a decision, and no control characters', async () => {
    const { folder, file } = recordingFolder();
    const configuration = gatewayFolder((text) => `${text}recordings: { directory: ${folder} }\n`);
    const shown = await sallyport('recordings', 'show', file);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('SP_DENIED first\\x1b[2J');
    for (const name of ['abc', 'abc.7']) {
      const found = await sallyport('recordings', 'show', name, '--config', join(configuration, 'sallyport.yaml'));
      expect(found.stdout).toBe(shown.stdout);
    }
  });

  test('verify exits with 0 when all hold, with 1 when one is damaged', async () => {
    const { folder, file } = recordingFolder();
    expect(await sallyport('recordings', 'verify', folder)).toMatchObject({
      code: 0,
      stdout: '1 recordings, 0 damaged\n',
    });
    writeFileSync(file, readFileSync(file, 'utf8').replace('first', 'First'));
    const damaged = await sallyport('recordings', 'verify', folder);
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toContain(`error[SP_RECORDING_DAMAGED] ${file}:2:1 the event was changed`);
    expect(damaged.stdout).toContain('1 recordings, 1 damaged');
    const json = await sallyport('recordings', 'verify', folder, '--format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ file, holds: false, findings: [{ row: 2 }] });
  });

  test('exit with 2 when there is nothing', async () => {
    const { code, stderr } = await sallyport('recordings', 'verify', join(temporaryDirectory(), 'none'));
    expect(code).toBe(2);
    expect(stderr).toContain('error[SP_USAGE] There are no recordings at ');
  });
});

/** A compiler that starts, on a machine that has other things to do. */
const patient = { timeout: 30_000 };

describe('serve', { timeout: 120_000 }, () => {
  test('--check says that all holds', async () => {
    const folder = gatewayFolder();
    const { code, stdout, stderr } = await sallyport('serve', '--check', '--config', join(folder, 'sallyport.yaml'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/holds: 1 listeners, 1 resources, 1 subjects; policy revision [0-9a-f]+\n$/);
  });

  test('a configuration that does not hold exits with 2 and tells file, row and column', async () => {
    const folder = gatewayFolder((text) => text.replace('listeners', 'listners'));
    const file = join(folder, 'sallyport.yaml');
    const { code, stdout, stderr } = await sallyport('serve', '--config', file);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      `error[SP_CONFIG_INVALID] ${file}:2:1 unknown key "listners" in the configuration\n  help: did you mean "listeners"?\n`,
    );
    const json = await sallyport('serve', '--config', file, '--format', 'json');
    expect(JSON.parse(json.stderr)).toMatchObject({
      findings: [{ row: 1 }, { row: 2, col: 1, code: 'SP_CONFIG_INVALID' }],
    });
  });

  test('a policy that does not compile exits with 2 and tells the fields that there are', async () => {
    const folder = gatewayFolder();
    writeFileSync(
      join(folder, 'policies', 'typo.rego'),
      'package policy.typo\n\ndeny contains "x" if input.command.fucntions == 1\n',
    );
    const { code, stderr } = await sallyport('serve', '--check', '--config', join(folder, 'sallyport.yaml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[\S+\] .*typo\.rego:3:\d+ /m);
    expect(stderr).toContain('functions');
  });

  test('a review that nobody could approve exits with 2 and tells its line', async () => {
    const folder = gatewayFolder();
    const rule = 'review contains {"approvers": ["chiefs"], "ttl": "5m"} if input.subject.kind == "human"';
    writeFileSync(join(folder, 'policies', 'asks.rego'), `package policy.asks\n\n${rule}\n`);
    const { code, stderr } = await sallyport('serve', '--check', '--config', join(folder, 'sallyport.yaml'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[approvers_lacking\] .*asks\.rego:3:1 nobody in chiefs may approve/m);
  });

  test('prints where it listens, swaps and refuses policies, reads subjects anew, and ends with 0', async () => {
    const folder = gatewayFolder();
    const file = join(folder, 'sallyport.yaml');
    const gateway = start(['serve', '--config', file]);
    const logged = (): { msg: string; level: string }[] =>
      gateway
        .stderr()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { msg: string; level: string });
    await expect.poll(gateway.stdout, patient).toMatch(/^listening on 127\.0\.0\.1:\d+ \(shop, postgres\)\n$/);
    await expect.poll(() => logged().map(({ msg }) => msg), patient).toContain('gateway started');

    appendFileSync(join(folder, 'policies', 'test.rego'), 'deny contains "late" if input.subject.kind == "agent"\n');
    await expect.poll(() => logged().map(({ msg }) => msg), patient).toContain('policy put in force');

    const rule = 'review contains {"approvers": ["chiefs"], "ttl": "5m"} if input.subject.kind == "human"';
    writeFileSync(join(folder, 'policies', 'asks.rego'), `package policy.asks\n\n${rule}\n`);
    await expect
      .poll(() => logged(), patient)
      .toContainEqual(
        expect.objectContaining({
          level: 'warn',
          msg: 'nobody can approve what a rule holds',
          finding: expect.objectContaining({ code: 'approvers_lacking', row: 3 }) as object,
        }),
      );

    writeFileSync(
      join(folder, 'policies', 'broken.rego'),
      'package policy.broken\n\ndeny contains "x" if input.command.fucntions == 1\n',
    );
    await expect
      .poll(() => logged(), patient)
      .toContainEqual(
        expect.objectContaining({
          level: 'error',
          msg: 'policy refused, the old one stays',
          findings: [expect.objectContaining({ file: 'broken.rego', row: 3 }) as object],
        }),
      );

    gateway.signal('SIGHUP');
    await expect
      .poll(() => logged().map(({ msg }) => msg))
      .toContain('subjects read anew; other changes need a restart');
    writeFileSync(file, 'nonsense');
    gateway.signal('SIGHUP');
    await expect
      .poll(() => logged().map(({ msg }) => msg), patient)
      .toContain('configuration refused, the old one stays');

    gateway.signal('SIGTERM');
    expect(await gateway.done).toMatchObject({ code: 0 });
    expect(logged().map(({ msg }) => msg)).toContain('gateway stopped');
  });

  test('an address that is taken exits with 2', async () => {
    const folder = gatewayFolder();
    const gateway = start(['serve', '--config', join(folder, 'sallyport.yaml')]);
    await expect.poll(gateway.stdout, patient).toContain('listening');
    const port = /:(\d+) /.exec(gateway.stdout())?.[1] ?? '';
    const other = gatewayFolder((text) => text.replace('127.0.0.1:0', `127.0.0.1:${port}`));
    const { code, stderr } = await sallyport('serve', '--config', join(other, 'sallyport.yaml'));
    expect(code).toBe(2);
    expect(stderr).toContain(`error[SP_CONFIG_INVALID] Listener shop cannot bind 127.0.0.1:${port}.`);
    expect(stderr).toContain('EADDRINUSE');
  });
});

test('the example holds', { timeout: 60_000 }, async () => {
  const { code, stdout } = await sallyport('serve', '--check', '--config', 'examples/gateway/sallyport.yaml');
  expect([code, stdout]).toEqual([0, expect.stringContaining('2 resources, 2 subjects') as string]);
});
