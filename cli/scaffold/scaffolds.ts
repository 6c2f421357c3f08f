import { readdir } from 'node:fs/promises';
import { posix, relative, resolve, sep } from 'node:path';
import { placePath } from '../../engine/policy-sources.ts';
import { packageVersion } from '../version.ts';
import { idPrefix, packageName } from './names.ts';
import { readTemplate, type ScaffoldFile } from './template.ts';

/** The version that templates stand with. */
const anyVersion = /"sallyport": "0\.0\.0"/g;

/**
 * A folder of policies with tests, a gateway's configuration and a CI workflow.
 *
 * @param packs names of shipped packs that the policies are joined by
 * @throws SallyportError SP_BUNDLE_NOT_FOUND when there is no such pack
 */
export async function projectScaffold(packs: readonly string[]): Promise<ScaffoldFile[]> {
  const places = [...new Set(packs)].map((name) => `pack:${name}`);
  for (const place of places) placePath(place);
  return readTemplate('project', (content, path) => withPacks(pinned(content), path, places));
}

/** Where packs stand beside the project's own policies: what the gateway runs is what CI checks and builds. */
function withPacks(content: string, path: string, places: readonly string[]): string {
  if (places.length === 0) return content;
  const list = places.join(' ');
  if (path === 'sallyport.yaml') {
    return content.replace('policies: [policies]', `policies: [${['policies', ...places].join(', ')}]`);
  }
  // Packs are formatted, linted and tested where they come from; that all compile together is checked here.
  if (path === 'ci.sh' || path.endsWith('policies.yml') || path === 'package.json') {
    return content
      .replaceAll(/sallyport (check|build) policies\b/g, `sallyport $1 policies ${list}`)
      .replaceAll('--bundle policies ', `${['policies', ...places].map((place) => `--bundle ${place}`).join(' ')} `);
  }
  return content;
}

/** A policy with a test. */
export async function policyScaffold(name: string): Promise<ScaffoldFile[]> {
  const title = name.replaceAll(/[_-]/g, ' ').replace(/^./, (letter) => letter.toUpperCase());
  return readTemplate(
    'policy',
    (content) =>
      content
        .replaceAll('EXAMPLE-', `${idPrefix(name)}-`)
        .replaceAll('title: Example', `title: ${title}`)
        .replaceAll(/\bexample(?=\b|_test)/g, packageName(name)),
    (path) => path.replace('example', packageName(name)),
  );
}

/**
 * A file of cases.
 *
 * @param folder where it will stand, relative to the working directory: its header leads from there to the schema
 */
export async function caseScaffold(name: string, folder: string): Promise<ScaffoldFile[]> {
  const up = relative(resolve(folder), process.cwd()).split(sep).join('/');
  return readTemplate(
    'case',
    (content) => content.replace('../node_modules', posix.join(up === '' ? '.' : up, 'node_modules')),
    (path) => path.replace('example', packageName(name)),
  );
}

/** A dialect as an npm package of its own. */
export async function dialectScaffold(name: string): Promise<ScaffoldFile[]> {
  return readTemplate('dialect', (content) =>
    pinned(content)
      .replaceAll('sallyport-dialect-example', `sallyport-dialect-${name}`)
      .replaceAll("const NAME = 'example'", `const NAME = '${name}'`)
      .replaceAll('# example, a dialect', `# ${name}, a dialect`),
  );
}

/** Whether a folder holds Rego already, at any depth. */
export async function hasPolicies(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isFile() && entry.name.endsWith('.rego'));
}

function pinned(content: string): string {
  return content.replaceAll(anyVersion, `"sallyport": "${packageVersion()}"`);
}
