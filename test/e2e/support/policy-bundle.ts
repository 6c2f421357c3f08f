import fs from 'node:fs';
import path from 'node:path';
import { create } from 'tar';
import { loadDialect } from '../../../cli/dialects.ts';
import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { SCHEMA_VERSION } from '../../../engine/bundle.ts';
import { loadBundle } from '../../../engine/load.ts';

/**
 * Compiles a folder of policies to an OPA bundle, once for the whole suite: dozens of gateways that each compile the
 * same folder would spend minutes on it. The specifications about policies themselves use the folder.
 */
export async function compilePolicies(folder: string, into: string): Promise<string> {
  const compiler = createPolicyCompiler();
  try {
    // Those of the gateways' protocol. (The shell's finds its grammar in a way that vitest's global setup does not know.)
    const dialects = [await loadDialect('postgres')];
    const { revision, wasm, data, reads, lineage } = await loadBundle(folder, { compiler, dialects });
    const sallyport = { schema: SCHEMA_VERSION, input_paths: reads?.paths, reads_clock: reads?.clock, lineage };
    const manifest = { revision, roots: [''], metadata: { sallyport } };
    fs.writeFileSync(path.join(into, '.manifest'), JSON.stringify(manifest));
    fs.writeFileSync(path.join(into, 'data.json'), JSON.stringify(data));
    fs.writeFileSync(path.join(into, 'policy.wasm'), wasm);
    const file = path.join(into, 'bundle.tar.gz');
    await create({ gzip: true, cwd: into, file }, ['.manifest', 'data.json', 'policy.wasm']);
    return file;
  } finally {
    await compiler.close();
  }
}
