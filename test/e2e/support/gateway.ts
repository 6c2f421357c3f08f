import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashToken } from '../../../proxy/identity/tokens.ts';
import { certificateForLocalhost } from './certificates.ts';
import type { Endpoint } from './endpoint.ts';
import { targetUsers } from './postgres-server.ts';
import { eventually, run, start, type Output, type Running } from './processes.ts';
import { readRecordings, type Recording } from './recordings.ts';
import type { SuiteServer } from './suite-server.ts';
import { subjectNames, subjects, tokenOf, type SubjectName } from './subjects.ts';

export interface GatewayOptions {
  readonly server: Pick<SuiteServer, 'host' | 'port' | 'policyBundle'>;
  /** The database of `endpoint()`; clients may name another. */
  readonly database: string;
  /** A folder of Rego, relative to the project. It is copied, so that it can be changed. Default: the suite's bundle. */
  readonly policies?: string;
  /** How the gateway logs in to the target. Default: SCRAM, without TLS. */
  readonly target?: { readonly user: keyof typeof targetUsers; readonly password?: string; readonly tls?: object };
  /** Default: optional. */
  readonly tls?: 'off' | 'optional' | 'required';
  /** Merged into the configuration file. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** The folder of a gateway that ran before, with its files. Default: a new one. */
  readonly folder?: string;
  /** Options of Node itself, such as --cpu-prof. */
  readonly nodeOptions?: readonly string[];
}

/** A gateway in a process of its own, as an operator runs it. */
export interface Gateway {
  readonly port: number;
  readonly pid: number;
  /** PEM file of the gateway's certificate. */
  readonly caFile: string;
  readonly folder: string;
  readonly policiesFolder: string;
  readonly recordingsFolder: string;
  endpoint(subject: SubjectName, database?: string): Endpoint;
  /** Where its API is; fails when it has none. */
  api(): string;
  /** The built command line. */
  readonly main: string;
  /** What it wrote to standard error, its log. */
  log(): string;
  recordings(): Recording[];
  /** `sallyport recordings verify` over all of them. */
  verifyRecordings(): Promise<Output>;
  /** Sends a signal and goes on. */
  signal(signal: NodeJS.Signals): void;
  readonly running: Running;
  /** Ends it with SIGTERM and removes its files, or keeps them for a gateway that comes after it. */
  stop(keep?: 'keep'): Promise<Output>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** From the working directory where this is compiled for the benchmark, beside the sources in a test. */
const projectRoot = fs.existsSync(path.join(root, 'package.json')) ? root : process.cwd();

/** Starts `sallyport serve` on a free port and waits until it listens. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const main = path.join(projectRoot, 'dist/cli/main.js');
  if (!fs.existsSync(main)) throw new Error('the gateway is not built: npm run build');
  const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-gateway-'));
  try {
    return await launch(options, main, folder);
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function launch(options: GatewayOptions, main: string, folder: string): Promise<Gateway> {
  const file = (name: string) => path.join(folder, name);
  if (options.policies !== undefined) {
    fs.cpSync(path.resolve(projectRoot, options.policies), file('policies'), { recursive: true });
  }
  const { key, certificate } = await certificateForLocalhost();
  fs.writeFileSync(file('tls.key'), key, { mode: 0o600 });
  fs.writeFileSync(file('tls.crt'), certificate);
  // YAML is a superset of JSON.
  fs.writeFileSync(file('sallyport.yaml'), JSON.stringify(configuration(options), null, 2));
  const running = start(
    process.execPath,
    [...(options.nodeOptions ?? []), main, 'serve', '--config', file('sallyport.yaml')],
    {
      cwd: folder,
      env: { TARGET_PASSWORD: options.target?.password ?? targetUsers[options.target?.user ?? 'scram'].password },
    },
  );
  const { pid } = running.child;
  const port = await eventually(
    'the gateway to listen',
    () => {
      const { stdout, stderr } = running.output();
      if (running.child.exitCode !== null || running.child.signalCode !== null)
        throw new Error(`the gateway stopped: ${stderr}`);
      const [, found] = /^listening on \S+:(\d+) /m.exec(stdout) ?? [];
      return found === undefined ? undefined : Number(found);
    },
    60_000,
  );
  if (pid === undefined) throw new Error('the gateway has no process id');
  return {
    port,
    pid,
    running,
    caFile: file('tls.crt'),
    folder,
    policiesFolder: file('policies'),
    recordingsFolder: file('recordings'),
    endpoint: (subject, database = options.database) => ({
      host: 'localhost',
      port,
      user: subjects[subject].id,
      password: tokenOf(subject),
      database,
    }),
    api() {
      const [, url] = /^API on (\S+)$/m.exec(running.output().stdout) ?? [];
      if (url === undefined) throw new Error('the gateway has no API');
      return url;
    },
    main,
    log: () => running.output().stderr,
    recordings: () => readRecordings(file('recordings')),
    verifyRecordings: () => run(process.execPath, [main, 'recordings', 'verify', file('recordings')], { cwd: folder }),
    signal: running.kill,
    async stop(keep) {
      running.kill('SIGTERM');
      const output = await running.done;
      if (keep === undefined) fs.rmSync(folder, { recursive: true, force: true });
      return output;
    },
  };
}

function configuration(options: GatewayOptions): Record<string, unknown> {
  const { server, target = { user: 'scram' } } = options;
  return {
    data: 'data',
    policies: options.policies === undefined ? server.policyBundle : 'policies',
    listeners: [
      {
        name: 'postgres',
        protocol: 'postgres',
        address: '127.0.0.1:0',
        resource: 'shop',
        tls: { mode: options.tls ?? 'optional', certificate: 'tls.crt', key: 'tls.key' },
      },
    ],
    resources: [
      {
        name: 'shop',
        protocol: 'postgres',
        environment: 'production',
        labels: { team: 'shop' },
        target: {
          host: server.host,
          port: server.port,
          user: targetUsers[target.user].user,
          ...(target.user === 'trust' ? {} : { password: { env: 'TARGET_PASSWORD' } }),
          tls: target.tls ?? { mode: 'disable' },
        },
      },
    ],
    subjects: subjectNames.map((name) => ({ ...subjects[name], tokens: [{ sha256: hashToken(tokenOf(name)) }] })),
    recordings: { directory: 'recordings', fsync: 'never' },
    // Most specifications need none, and it costs each gateway a second.
    store: 'none',
    log: { level: 'debug' },
    ...options.configuration,
  };
}
