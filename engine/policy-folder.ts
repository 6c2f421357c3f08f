import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { SallyportError } from './errors.ts';
import { isObject } from './is-object.ts';

/** The sources of a policy: what stands in a folder, before it is compiled. */
export interface PolicySources {
  /** Rego text by path, relative to the folder, with `/`. Tests (`*_test.rego`) are among them. */
  readonly modules: Readonly<Record<string, string>>;
  /** The data document: each `data.json` or `data.yaml` stands at the path of its folder, as in OPA. */
  readonly data: unknown;
}

const dataFiles = new Set(['data.json', 'data.yaml', 'data.yml']);
const skipped = new Set(['node_modules']);

/**
 * Reads every `.rego` and data file below a folder, or one `.rego` file. Hidden files and folders are left out.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, or SP_POLICY_INVALID when a data file cannot be read or two collide
 */
export async function readPolicyFolder(path: string): Promise<PolicySources> {
  const modules: Record<string, string> = {};
  const data: Record<string, unknown> = {};
  for (const file of await filesBelow(path)) {
    const name = relative(path, file).split(sep).join('/') || basename(file);
    const text = await readFile(file, 'utf8');
    if (extname(file) === '.rego') modules[name] = text;
    else place(data, name, parseData(name, text));
  }
  return { modules, data };
}

/** The same sources give the same digest: 12 hexadecimal digits of a SHA-256 over names and texts. */
export function digestOf(...sources: readonly PolicySources[]): string {
  const hash = createHash('sha256');
  for (const { modules, data } of sources) {
    for (const name of Object.keys(modules).sort()) hash.update(JSON.stringify([name, modules[name]]));
    hash.update(JSON.stringify(data));
  }
  return hash.digest('hex').slice(0, 12);
}

async function filesBelow(path: string): Promise<string[]> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no policy folder or bundle at ${path}.`, { cause });
  });
  if (!entry.isDirectory()) return [path];
  const files: string[] = [];
  for (const name of (await readdir(path)).sort()) {
    if (name.startsWith('.') || skipped.has(name)) continue;
    const child = join(path, name);
    if ((await stat(child)).isDirectory()) files.push(...(await filesBelow(child)));
    else if (extname(name) === '.rego' || dataFiles.has(name)) files.push(child);
  }
  return files;
}

function parseData(name: string, text: string): unknown {
  try {
    return name.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SallyportError('SP_POLICY_INVALID', `${name}: ${why}`, { cause });
  }
}

/** Merges a data file into the document, at the path of its folder. */
function place(data: Record<string, unknown>, name: string, value: unknown): void {
  if (!isObject(value)) throw new SallyportError('SP_POLICY_INVALID', `${name}: a data file must hold an object.`);
  const folders = name.split('/').slice(0, -1);
  merge(
    data,
    folders.reduceRight<Record<string, unknown>>((inner, folder) => ({ [folder]: inner }), value),
    name,
  );
}

function merge(into: Record<string, unknown>, from: Record<string, unknown>, name: string): void {
  for (const [key, value] of Object.entries(from)) {
    const present = Object.hasOwn(into, key) ? into[key] : undefined;
    if (present === undefined) define(into, key, isObject(value) ? {} : value);
    const node = into[key];
    if (isObject(value) && isObject(node)) merge(node, value, name);
    else if (present !== undefined) {
      throw new SallyportError('SP_POLICY_INVALID', `${name}: another data file gives ${JSON.stringify(key)} already.`);
    }
  }
}

/** Unlike assignment, takes `__proto__` for a name like any other. */
function define(node: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, enumerable: true, writable: true, configurable: true });
}
