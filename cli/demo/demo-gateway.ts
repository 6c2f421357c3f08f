import type { SallyportError } from '../../engine/errors.ts';
import { watchPolicies } from '../../engine/policy-source.ts';
import { startGateway } from '../../proxy/gateway.ts';
import { hashToken } from '../../proxy/identity/tokens.ts';
import { composeGateway, composeRecorder, composeSubjects, recordingsDirectory } from '../config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { createLogger } from '../logger.ts';
import { createPolicyLoader } from '../policies.ts';
import type { LoadedProtocol } from '../protocols.ts';
import { packageVersion } from '../version.ts';
import { demoSubjectNames, demoSubjects, type DemoSubject } from './subjects.ts';

export interface DemoGatewayOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Folder of Rego; watched for changes. */
  readonly policies: string;
  /** Where recordings and the certificate are kept. */
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
  readonly revision: string;
  readonly recordings: string;
  /** Lets running work finish, for a second at most. */
  close(): Promise<void>;
}

/**
 * The gateway as `serve` runs it, made of the same parts, with a configuration that is written here.
 *
 * @throws SallyportError SP_POLICY_INVALID, SP_CONFIG_INVALID, SP_RECORDER_FAILED
 */
export async function startDemoGateway(options: DemoGatewayOptions): Promise<DemoGateway> {
  const { protocols } = options;
  const dialects = [...protocols.values()].flatMap((protocol) => protocol.dialects);
  const loader = createPolicyLoader(options.policies, dialects, () => undefined);
  const policy = await watchPolicies(options.policies, loader.load, {
    onSwap: ({ revision }) => {
      options.onPolicy(revision);
    },
    onRefused: options.onPolicyRefused,
  });
  const stopPolicy = async (): Promise<void> => {
    await policy.close();
    await loader.close();
  };
  try {
    const loaded = await configuration(options);
    // The demo tells its own story; what goes wrong is still to be seen.
    const logger = createLogger('error');
    const recorder = composeRecorder(loaded, logger);
    const subjects = composeSubjects(loaded.config.subjects);
    const surroundings = { protocols, policy, subjects, recorder, logger, version: packageVersion() };
    const gateway = await startGateway(await composeGateway(loaded, surroundings)).catch((error: unknown) => {
      recorder.close();
      throw error;
    });
    const [listener] = gateway.listeners;
    return {
      port: listener?.port ?? options.port,
      revision: policy.current.revision,
      recordings: recordingsDirectory(loaded),
      async close() {
        await gateway.shutdown();
        recorder.close();
        await stopPolicy();
      },
    };
  } catch (error) {
    await stopPolicy();
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
