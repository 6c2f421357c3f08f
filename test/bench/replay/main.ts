import { createPolicyCompiler } from '../../../engine/compiler/compiler.ts';
import { loadEngine } from '../../../engine/load.ts';
import { generateRecordings } from './generate.ts';
import { createPostgresDialect } from '../../../dialects/sql/postgres/index.ts';
const compiler = createPolicyCompiler();
const engine = await loadEngine((process.argv[4] ?? 'policies/packs/postgres-guardrails').split(','), {
  compiler,
  dialects: [await createPostgresDialect()],
});
await compiler.close();
const t = Date.now();
console.log(
  await generateRecordings(process.argv[2] ?? '/tmp/rec', Number(process.argv[3] ?? 100000), engine),
  (Date.now() - t) / 1000,
);
