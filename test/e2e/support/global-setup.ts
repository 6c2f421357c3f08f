import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { findProgram, installations, type Tool } from './installations.ts';
import { compilePolicies } from './policy-bundle.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';
import { run } from './processes.ts';
import type { SuiteServer } from './suite-server.ts';
import { createShopTemplate } from './shop.ts';

declare module 'vitest' {
  interface ProvidedContext {
    servers: SuiteServer[];
    tools: Partial<Record<Tool, string>>;
  }
}

/**
 * Starts every PostgreSQL server of this machine once for the whole end-to-end suite, and finds the clients.
 * What is lacking is named on standard error; with CI=true it is a failure, so that no test falls silent there.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { found, missing } = installations();
  const { tools, lacking } = await findTools();
  const left = [...missing, ...lacking];
  for (const name of left) process.stderr.write(`skipped: ${name}\n`);
  if (left.length > 0 && ['true', '1'].includes(process.env['CI'] ?? '')) {
    throw new Error(`CI must have everything that the end-to-end suite needs; it lacks: ${left.join(', ')}`);
  }
  const servers: PostgresServer[] = [];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-policies-'));
  const teardown = async () => {
    await Promise.all(servers.map((server) => server.remove()));
    fs.rmSync(folder, { recursive: true, force: true });
  };
  let policyBundle: string;
  try {
    policyBundle = await compilePolicies(fileURLToPath(new URL('../policies/shop', import.meta.url)), folder);
    for (const installation of found) {
      const server = await startPostgres(installation, { log: true });
      servers.push(server);
      await createShopTemplate(server.port);
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide(
    'servers',
    // Only plain data crosses to the test processes.
    servers.map(({ name, major, host, port, certificateFile, logFolder, scratchFolder }) => ({
      name,
      major,
      host,
      port,
      certificateFile,
      logFolder,
      scratchFolder,
      policyBundle,
    })),
  );
  project.provide('tools', tools);
  return teardown;
}

async function findTools(): Promise<{ tools: Partial<Record<Tool, string>>; lacking: string[] }> {
  const tools: Partial<Record<Tool, string>> = {};
  const lacking: string[] = [];
  for (const name of ['psql', 'pgbench', 'pg_dump', 'pgbouncer'] as const) {
    const program = findProgram(name);
    if (program === undefined) lacking.push(`${name} (not installed)`);
    else tools[name] = program;
  }
  for (const name of ['psycopg2', 'psycopg'] as const) {
    const python = await pythonWith(name);
    if (python === undefined) lacking.push(`Python's ${name} (not installed)`);
    else tools[name] = python;
  }
  return { tools, lacking };
}

/** Debian installs drivers for its own Python, which need not be the first in PATH. */
async function pythonWith(module: string): Promise<string | undefined> {
  for (const python of ['/usr/bin/python3', findProgram('python3')]) {
    if (python === undefined) continue;
    const outcome = await run(python, ['-c', `import ${module}`]).catch(() => undefined);
    if (outcome?.code === 0) return python;
  }
  return undefined;
}
