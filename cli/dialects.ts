import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Dialect } from '../engine/dialect.ts';
import { SallyportError } from '../engine/errors.ts';
import { resolveOwnPackage } from './own-package.ts';
import { messageOf } from '../engine/message-of.ts';

export type DialectFactory = () => Promise<Dialect>;

const postgres: DialectFactory = async () =>
  (await import('../dialects/sql/postgres/index.ts')).createPostgresDialect();

/**
 * The dialects that come with Sallyport, by name: the one line that a new one needs. Each is loaded only when asked
 * for, because a parser in WASM takes its time.
 */
export const builtInDialects: Readonly<Record<string, DialectFactory>> = {
  postgres,
  shell: async () =>
    (await import('../dialects/shell/index.ts')).createShellDialect({ dialects: { postgres: await postgres() } }),
};

/**
 * Finds a dialect by its name, or loads a third party's: a path to a module or the name of a package, whose default
 * export is a Dialect or a function (async or not) that makes one.
 *
 * Loading a module runs its code: the name comes from the operator's command line or configuration, never from a client.
 *
 * @param directory where paths and packages are looked for; the working directory by default
 * @throws SallyportError SP_USAGE when there is no such dialect or the module does not give one
 */
export async function loadDialect(name: string, directory = process.cwd()): Promise<Dialect> {
  if (Object.hasOwn(builtInDialects, name)) {
    const create = builtInDialects[name];
    if (create !== undefined) return create();
  }
  const exported = defaultExport(await importFrom(name, directory));
  const dialect: unknown = isFactory(exported) ? await callFactory(name, exported) : exported;
  if (!isDialect(dialect)) {
    throw new SallyportError('SP_USAGE', `${name} does not export a dialect by default.`, {
      help: 'Its default export must be what defineDialect gives, or a function that returns (a promise of) it.',
    });
  }
  return dialect;
}

/**
 * Every dialect that a policy could be judged with: those that come with Sallyport, and third parties' by the names
 * that loadDialect takes. One of the same name takes the built-in one's place.
 *
 * @throws SallyportError SP_USAGE as loadDialect
 */
export async function allDialects(others: readonly string[] = []): Promise<Dialect[]> {
  const builtIn = await Promise.all(Object.values(builtInDialects).map((create) => create()));
  const given = await Promise.all(others.map((name) => loadDialect(name)));
  return [...new Map([...builtIn, ...given].map((dialect) => [dialect.name, dialect])).values()];
}

async function importFrom(name: string, directory: string): Promise<unknown> {
  const url = locate(name, directory);
  if (url === undefined) {
    throw new SallyportError('SP_USAGE', `There is no dialect ${JSON.stringify(name)}.`, {
      help: `Give ${Object.keys(builtInDialects).join(' or ')}, a path that starts with ./ or /, or the name of an installed package.`,
    });
  }
  resolveOwnPackage();
  try {
    return await import(url);
  } catch (cause) {
    throw new SallyportError('SP_USAGE', `The dialect ${name} could not be loaded: ${messageOf(cause)}`, { cause });
  }
}

/** The module's URL: of a file, of a folder's main file, or of a package that stands beside Sallyport or that the directory sees. */
function locate(name: string, directory: string): string | undefined {
  if (isAbsolute(name) || /^\.{1,2}[/\\]/.test(name)) {
    return resolveModule(resolve(directory, name), import.meta.url);
  }
  return resolveModule(name, import.meta.url) ?? resolveModule(name, join(directory, 'package.json'));
}

function resolveModule(name: string, from: string): string | undefined {
  try {
    return pathToFileURL(createRequire(from).resolve(name)).href;
  } catch {
    return undefined;
  }
}

async function callFactory(name: string, factory: () => unknown): Promise<unknown> {
  try {
    return await factory();
  } catch (cause) {
    throw new SallyportError('SP_USAGE', `The dialect ${name} could not be made: ${messageOf(cause)}`, { cause });
  }
}

function defaultExport(module: unknown): unknown {
  return isObject(module) ? module['default'] : undefined;
}

function isFactory(value: unknown): value is () => unknown {
  return typeof value === 'function';
}

function isDialect(value: unknown): value is Dialect {
  return (
    isObject(value) &&
    value['apiVersion'] === 1 &&
    typeof value['name'] === 'string' &&
    isObject(value['attributesSchema']) &&
    typeof value['parse'] === 'function'
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
