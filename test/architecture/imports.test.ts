import { describe, expect, test } from 'vitest';
import { importsOf, readSources, type Import, type SourceFile } from './source-files.ts';

const sources = readSources(['engine', 'dialects', 'proxy', 'cli']);

/** Imports of files that match, which the rule does not permit, as `file → import`. */
function offences(matches: (path: string) => boolean, permits: (one: Import, path: string) => boolean): string[] {
  return sources
    .filter(({ path }) => matches(path))
    .flatMap(({ path, imports }) =>
      imports.filter((one) => !permits(one, path)).map(({ specifier }) => `${path} → ${specifier}`),
    );
}

const below = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

/** Packages are free, files must stand in one of the folders. */
function inside(...folders: readonly string[]) {
  return ({ file }: Import): boolean => file === undefined || folders.some((folder) => file.startsWith(`${folder}/`));
}

/** `sql/postgres` of `dialects/sql/postgres/mapping/x.ts`: the folder with the index. */
const dialectFolders = sources
  .filter(({ path }) => /^dialects\/.+\/index\.ts$/.test(path))
  .map(({ path }) => path.slice(0, -'/index.ts'.length));

describe('imports go one way', () => {
  test('engine/contract.ts imports nothing', () => {
    expect(
      offences(
        (path) => path === 'engine/contract.ts',
        () => false,
      ),
    ).toEqual([]);
  });

  test('engine/ imports only engine/', () => {
    expect(offences(below('engine'), inside('engine'))).toEqual([]);
  });

  test('proxy/ imports only engine/ and proxy/', () => {
    expect(offences(below('proxy'), inside('engine', 'proxy'))).toEqual([]);
  });

  test('cli/ imports only the folders of the package', () => {
    expect(offences(below('cli'), inside('engine', 'dialects', 'proxy', 'cli'))).toEqual([]);
  });

  test('no file imports itself by way of others', () => {
    expect(cycles(sources)).toEqual([]);
  });
});

/** What dialects may know of the rest: shapes, no code. */
const contractTypes: ReadonlySet<string> = new Set([
  'engine/contract.ts',
  'engine/dialect.ts',
  'engine/catalogue.ts',
  'engine/lineage.ts',
]);

describe('dialects are pure', () => {
  test('a dialect imports define.ts, types of the contract and its own folder', () => {
    const found = offences(below('dialects'), ({ file, typeOnly }, path) => {
      if (file === undefined) return true;
      if (typeOnly && contractTypes.has(file)) return true;
      if (file === 'dialects/define.ts') return true;
      const own = dialectFolders.find((folder) => path.startsWith(`${folder}/`));
      return own !== undefined && file.startsWith(`${own}/`);
    });
    expect(found).toEqual([]);
  });

  test('a dialect does no I/O: nothing of Node', () => {
    // Generators are tools that people run; nothing imports them.
    const tool = (path: string) => path.endsWith('/generate.mjs');
    expect(
      offences(
        (path) => below('dialects')(path) && !tool(path),
        ({ specifier }) => !isNode(specifier),
      ),
    ).toEqual([]);
    expect(
      offences(
        () => true,
        ({ file }) => file === undefined || !tool(file),
      ),
    ).toEqual([]);
  });
});

describe('protocols do no I/O', () => {
  const sockets = new Set([
    'net',
    'tls',
    'dgram',
    'http',
    'https',
    'http2',
    'fs',
    'fs/promises',
    'child_process',
    'worker_threads',
    'dns',
  ]);

  test('a protocol opens no socket and no file', () => {
    const found = offences(below('proxy/protocols'), ({ specifier }) => !sockets.has(specifier.replace(/^node:/, '')));
    expect(found).toEqual([]);
  });

  test('a protocol gets its dialect as a value', () => {
    expect(offences(below('proxy/protocols'), ({ file }) => file === undefined || !below('dialects')(file))).toEqual(
      [],
    );
  });
});

describe('the kit for third parties', () => {
  test('needs no test runner', () => {
    const runners = ['vitest', 'node:test', 'fast-check', 'jest', '@jest/globals'];
    const found = readSources(['test/testing']).flatMap(({ path, imports }) =>
      imports.filter(({ specifier }) => runners.includes(specifier)).map(({ specifier }) => `${path} → ${specifier}`),
    );
    expect(found).toEqual([]);
  });
});

describe('the reader of imports', () => {
  test.each<[string, string, Partial<Import>]>([
    ['a default import', "import a from './a.ts'", { file: 'x/a.ts', typeOnly: false }],
    ['an import for its effects', "import '../a.ts'", { file: 'a.ts', typeOnly: false }],
    ['a type', "import type { A } from './a.ts'", { typeOnly: true }],
    ['types one by one', "import { type A, type B } from './a.ts'", { typeOnly: true }],
    ['a type and a value', "import { type A, b } from './a.ts'", { typeOnly: false }],
    ['a re-export', "export * from './a.ts'", { file: 'x/a.ts', typeOnly: false }],
    ['a re-exported type', "export type { A } from './a.ts'", { typeOnly: true }],
    ['an import while running', "const a = await import('./a.ts')", { file: 'x/a.ts', typeOnly: false }],
    ['a type in place', "let a: import('./a.ts').A", { file: 'x/a.ts', typeOnly: true }],
    ['a package', "import net from 'node:net'", { specifier: 'node:net' }],
  ])('finds %s', (_what, text, expected) => {
    expect(importsOf('x/y.ts', text)).toEqual([expect.objectContaining(expected)]);
  });

  test('finds none in comments and strings', () => {
    expect(importsOf('x/y.ts', `// import a from './a.ts'\nconst text = "import b from './b.ts'";`)).toEqual([]);
  });

  test('has found the project', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(dialectFolders).toContain('dialects/sql/postgres');
  });
});

function isNode(specifier: string): boolean {
  return (
    specifier.startsWith('node:') || ['fs', 'path', 'os', 'net', 'process', 'crypto', 'module'].includes(specifier)
  );
}

/** Cycles of imports that exist at run time, each once, as `a → b → a`. */
function cycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(
    files.map(({ path, imports: all }) => [
      path,
      all.flatMap(({ file, typeOnly }) => (file === undefined || typeOnly ? [] : [file])),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}
