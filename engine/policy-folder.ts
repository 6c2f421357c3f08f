import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Diagnostic } from './contract.ts';
import { SallyportError } from './errors.ts';
import { isObject } from './is-object.ts';
import { messageOf } from './message-of.ts';

/** The sources of a policy: what stands in a folder, before it is compiled. */
export interface PolicySources {
  /** Rego text by path, relative to the folder, with `/`. Tests (`*_test.rego`) are among them. */
  readonly modules: Readonly<Record<string, string>>;
  /** The data document: each `data.json` or `data.yaml` stands at the path of its folder, as in OPA. */
  readonly data: unknown;
  /** Where each module was read, as an absolute path. */
  readonly files: Readonly<Record<string, string>>;
}

const dataFiles = new Set(['data.json', 'data.yaml', 'data.yml']);
const skipped = new Set(['node_modules']);

/** Nobody writes such a file by hand, and the compiler needs a hundred times its size. */
const maximumRegoBytes = 4 * 1024 * 1024;
const maximumDataBytes = 64 * 1024 * 1024;

/** Files of a policy that cannot be taken: SP_POLICY_INVALID with each of them as a diagnostic. */
export class PolicySourcesError extends SallyportError {
  readonly diagnostics: readonly Diagnostic[];

  /** @param problems by the name to show: that of a diagnostic is in its `file` */
  constructor(problems: readonly (readonly [name: string, diagnostic: Diagnostic])[]) {
    super('SP_POLICY_INVALID', problems.map(([name, { message }]) => `${name}: ${message}`).join('\n'));
    this.name = 'PolicySourcesError';
    this.diagnostics = problems.map(([, diagnostic]) => diagnostic);
  }
}

/**
 * Reads every `.rego` and data file below a folder, or one `.rego` file. Hidden files and folders are left out.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND; PolicySourcesError (SP_POLICY_INVALID) with every file that cannot be read,
 *   is no UTF-8 or no document, or gives data that another one gives
 */
export async function readPolicyFolder(path: string): Promise<PolicySources> {
  const modules: Record<string, string> = {};
  const files: Record<string, string> = {};
  const data: Record<string, unknown> = {};
  const problems: [string, Diagnostic][] = [];
  for (const file of await filesBelow(path)) {
    const name = relative(path, file).split(sep).join('/') || basename(file);
    try {
      const text = await readUtf8(file);
      if (extname(file) === '.rego') {
        modules[name] = text;
        files[name] = resolve(file);
      } else place(data, name, parseData(name, text));
    } catch (error) {
      const problem = messageOf(error);
      problems.push([name, { severity: 'error', code: 'SP_POLICY_INVALID', message: problem, file: resolve(file) }]);
    }
  }
  if (problems.length > 0) throw new PolicySourcesError(problems);
  return { modules, data, files };
}

/** Bytes that are not UTF-8 would otherwise be replaced, and another policy compiled than the one that stands there. */
async function readUtf8(file: string): Promise<string> {
  const bytes = await readPolicyFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error('it is not valid UTF-8', { cause });
  }
}

/**
 * The bytes of a Rego or data file. Never waits for a pipe or a device.
 *
 * @throws Error when it is no regular file, is larger than such files may be, or cannot be read
 */
export async function readPolicyFile(file: string): Promise<Buffer> {
  const entry = await stat(file);
  if (!entry.isFile()) throw new Error('it is no regular file');
  const maximum = extname(file) === '.rego' ? maximumRegoBytes : maximumDataBytes;
  if (entry.size > maximum) throw new Error(`it has ${entry.size} bytes, and ${maximum} are the most that are taken`);
  return readFile(file);
}

/** The same sources give the same digest: 12 hexadecimal digits of a SHA-256 over names and texts. */
export function digestOf(...sources: readonly Pick<PolicySources, 'modules' | 'data'>[]): string {
  const hash = createHash('sha256');
  for (const { modules, data } of sources) {
    for (const name of Object.keys(modules).sort()) hash.update(JSON.stringify([name, modules[name]]));
    hash.update(JSON.stringify(data));
  }
  return hash.digest('hex').slice(0, 12);
}

/**
 * The `.rego` and data files at a path, in order. Hidden files and folders and `node_modules` are left out.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND
 */
export function policyFilesBelow(path: string): Promise<string[]> {
  return filesBelow(path);
}

/** @param above the real paths of the folders that this one stands in: a link back to one of them is not followed. */
async function filesBelow(path: string, above: readonly string[] = []): Promise<string[]> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no policy folder or bundle at ${path}.`, { cause });
  });
  if (!entry.isDirectory()) {
    if (extname(path) === '.rego' || dataFiles.has(basename(path))) return [path];
    throw new SallyportError('SP_BUNDLE_NOT_FOUND', `${path} is neither a folder nor a .rego file.`);
  }
  const real = await realpath(path);
  if (above.includes(real)) return [];
  const files: string[] = [];
  for (const name of (await readdir(path)).sort()) {
    if (name.startsWith('.') || skipped.has(name)) continue;
    const child = join(path, name);
    const taken = extname(name) === '.rego' || dataFiles.has(name);
    // A link to nowhere is nobody's policy, unless it has the name of one: reading it says so.
    const kind = await stat(child).catch(() => undefined);
    if (kind?.isDirectory() === true) files.push(...(await filesBelow(child, [...above, real])));
    else if (taken) files.push(child);
  }
  return files;
}

function parseData(name: string, text: string): unknown {
  return name.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
}

/** Merges a data file into the document, at the path of its folder. */
function place(data: Record<string, unknown>, name: string, value: unknown): void {
  if (!isObject(value)) throw new Error('a data file must hold an object');
  const folders = name.split('/').slice(0, -1);
  merge(
    data,
    folders.reduceRight<Record<string, unknown>>((inner, folder) => ({ [folder]: inner }), value),
  );
}

/**
 * Merges one data document into another, deeply.
 *
 * @param name stands in the error: where `from` was read
 * @throws SallyportError SP_POLICY_INVALID where both give the same key
 */
export function mergeData(into: Record<string, unknown>, from: Record<string, unknown>, name: string): void {
  try {
    merge(into, from);
  } catch (cause) {
    throw new SallyportError('SP_POLICY_INVALID', `${name}: ${messageOf(cause)}.`, { cause });
  }
}

function merge(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const present = Object.hasOwn(into, key) ? into[key] : undefined;
    if (present === undefined) define(into, key, isObject(value) ? {} : value);
    const node = into[key];
    if (isObject(value) && isObject(node)) merge(node, value);
    else if (present !== undefined) throw new Error(`another data file gives ${JSON.stringify(key)} already`);
  }
}

/** Unlike assignment, takes `__proto__` for a name like any other. */
function define(node: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, enumerable: true, writable: true, configurable: true });
}
