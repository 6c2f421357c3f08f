import path from 'node:path';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { createEngine } from '../../../engine/engine.ts';
import { loadBundle } from '../../../engine/load.ts';
import { packageRoot } from '../../../engine/package-root.ts';
import { generateRecordings, type Traffic } from './generate.ts';

/** The shipped packs that a gateway would run together. */
export const packs = [
  'agent-read-only',
  'change-approval',
  'destructive-sql',
  'exfiltration',
  'pii-masking',
  'privilege-escalation',
];

/** What allows, for most packs only forbid. */
export const base = path.join(packageRoot(), 'test', 'bench', 'replay', 'base.rego');

/** Writes recordings of a gateway that has the packs in force. */
export async function recordTraffic(folder: string, commands: number): Promise<Traffic> {
  const compiler = createPolicyCompiler();
  const dialects = [await createPostgresDialect()];
  const bundle = await loadBundle([...packs.map((pack) => `pack:${pack}`), base], { compiler, dialects });
  await compiler.close();
  return generateRecordings(folder, commands, createEngine(bundle, { memoEntries: 50_000 }));
}
