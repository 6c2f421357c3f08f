// Writes engine/contract.ts from contract.v1.schema.json, so that types and schema cannot drift.
// `node engine/schema/generate.js` writes it; test/engine/contract.test.ts fails when it is out of date.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const schemaFile = new URL('./contract.v1.schema.json', import.meta.url);
const contractFile = new URL('../contract.ts', import.meta.url);

const banner = `/**
 * The contract: every datum that crosses a seam of Sallyport. Imports nothing.
 * Generated from schema/contract.v1.schema.json by \`npm run contract\`; edit the schema, not this file.
 */`;

/** @returns {Promise<string>} the text that engine/contract.ts must have */
export async function renderContract() {
  /** @type {unknown} */
  const parsed = JSON.parse(await readFile(schemaFile, 'utf8'));
  const schema = /** @type {import('json-schema-to-typescript').JSONSchema} */ (parsed);
  const text = await compile(schema, 'SallyportContract', {
    bannerComment: banner,
    additionalProperties: false,
    unreachableDefinitions: true,
    strictIndexSignatures: false,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  return text
    .replace(/ \*\n \* This interface was referenced by `\w+`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g, '')
    .replace(
      /\/\*\*\n \* This interface was referenced by `\w+`'s JSON-Schema\n \* via the `definition` "\w+"\.\n \*\/\n/g,
      '',
    )
    .replace(/\/\*\*\n \* Every datum[^\n]*\n \*\/\nexport interface SallyportContract \{[^}]*\}\n/, '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(contractFile, await renderContract());
