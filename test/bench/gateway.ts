import fs from 'node:fs';
import { startGateway } from '../e2e/support/gateway.ts';
import type { Options } from './options.ts';
import { database, type BenchPath } from './paths.ts';
import { profileFolder } from './profile.ts';

/**
 * The gateway as it would be run: twenty rules, recording on with the default fsync policy, in a process of its own.
 * Recordings go to the temporary folder's disk.
 */
export async function startBenchGateway(targetPort: number, folder: string, options: Options): Promise<BenchPath> {
  const profiles = profileFolder(folder);
  fs.mkdirSync(profiles, { recursive: true });
  const gateway = await startGateway({
    server: { host: '127.0.0.1', port: targetPort, policyBundle: '' },
    database,
    policies: 'test/bench/policies',
    target: { user: 'trust' },
    configuration: {
      recordings: { directory: 'recordings' },
      limits: { connections: 5000 },
      log: { level: 'warn' },
    },
    nodeOptions: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [],
  });
  const { user, password } = gateway.endpoint('ada');
  return {
    name: 'Sallyport',
    port: gateway.port,
    user,
    password,
    database,
    pid: gateway.pid,
    stop: async () => {
      await gateway.stop();
    },
  };
}
