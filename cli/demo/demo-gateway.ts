import type { SallyportError } from '../../engine/errors.ts';
import { watchPolicies } from '../../engine/policy-source.ts';
import { startGateway } from '../../proxy/gateway.ts';
import { hashToken } from '../../proxy/identity/tokens.ts';
import { composeGateway, composeRecorder, composeSubjects, recordingsDirectory } from '../config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { createLogger } from '../logger.ts';
import { createPolicyLoader } from '../policies.ts';
import type { LoadedProtocol } from '../protocols.ts';
import { startServices } from '../services.ts';
import { packageVersion } from '../version.ts';
import { demoSubjectNames, demoSubjects, type DemoSubject } from './subjects.ts';

export interface DemoGatewayOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Folder of Rego; watched for changes. */
  readonly policies: string;
  /** Where recordings, the store and the certificate are kept. */
  readonly data: string;
  /** By name: postgres. */
  readonly protocols: ReadonlyMap<string, LoadedProtocol>;
  readonly tokens: Readonly<Record<DemoSubject, string>>;
  /** Resolves when the protected database listens: the policy compiles in the meantime. */
  readonly database: Promise<{ readonly port: number; readonly password: string }>;
  readonly onPolicy: (revision: string) => void;
  readonly onPolicyRefused: (error: SallyportError) => void;
}

export interface DemoGateway {
  readonly port: number;
  /** Where its API listens, on the loopback interface. */
  readonly api: string;
  readonly revision: string;
  readonly recordings: string;
  /** Lets running work finish, for a second at most. */
  close(): Promise<void>;
}

/**
 * The gateway as `serve` runs it, made of the same parts, with a configuration that is written here.
 *
 * @throws SallyportError SP_POLICY_INVALID, SP_CONFIG_INVALID, SP_RECORDER_FAILED, SP_STORE_UNAVAILABLE, and
 *   SP_STORE_LOCKED while another demo has the same data folder
 */
export async function startDemoGateway(options: DemoGatewayOptions): Promise<DemoGateway> {
  const { protocols } = options;
  const dialects = [...protocols.values()].flatMap((protocol) => protocol.dialects);
  // What was started is stopped in the opposite order, also when the rest cannot be started.
  const started: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let stop = started.pop(); stop !== undefined; stop = started.pop()) await stop();
  };
  try {
    const loader = createPolicyLoader(options.policies, dialects, () => undefined);
    started.push(() => loader.close());
    let policyChanged: () => void = () => undefined;
    const policy = await watchPolicies(options.policies, loader.load, {
      onSwap: ({ revision }) => {
        options.onPolicy(revision);
        policyChanged();
      },
      onRefused: options.onPolicyRefused,
    });
    started.push(() => policy.close());
    const loaded = await configuration(options);
    // The demo tells its own story; what goes wrong is still to be seen.
    const logger = createLogger('error');
    const version = packageVersion();
    const subjects = composeSubjects(loaded.config.subjects);
    const services = await startServices(loaded, { policy, subjects, logger, version });
    started.push(() => services.close());
    ({ policyChanged } = services);
    const recorder = composeRecorder(loaded, logger, services.grown);
    started.push(() => {
      recorder.close();
    });
    const { api } = services;
    const surroundings = { protocols, policy, subjects, recorder, services: services.gateway, logger, version };
    const gateway = await startGateway(await composeGateway(loaded, surroundings));
    started.push(() => gateway.shutdown());
    const [listener] = gateway.listeners;
    return {
      port: listener?.port ?? options.port,
      api: api?.url ?? '',
      revision: policy.current.revision,
      recordings: recordingsDirectory(loaded),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function configuration({ port, policies, data, tokens, database }: DemoGatewayOptions): Promise<LoadedConfig> {
  const target = await database;
  return {
    directory: process.cwd(),
    config: {
      data,
      policies,
      api: { address: '127.0.0.1:0' },
      listeners: [{ name: 'demo', protocol: 'postgres', address: `127.0.0.1:${port}`, resource: 'shop' }],
      resources: [
        {
          name: 'shop',
          protocol: 'postgres',
          environment: 'demo',
          target: {
            host: '127.0.0.1',
            port: target.port,
            user: 'postgres',
            password: target.password,
            database: 'shop',
            tls: { mode: 'disable' },
          },
          // Nobody changes it but through this gateway. It serves one connection at a time, so asking it anew would wait for a
          // session that is in a transaction, which may itself wait for the answer.
          catalogue: { ttl_ms: 86_400_000, timeout_ms: 5_000 },
        },
      ],
      subjects: demoSubjectNames.map((id) => ({
        id,
        ...demoSubjects[id],
        tokens: [{ sha256: hashToken(tokens[id]) }],
      })),
      // Nobody waits at the end of a demo.
      limits: { drain_ms: 1_000 },
    },
  };
}
