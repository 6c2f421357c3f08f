// The licence notices of everything that is linked into a Go program, from the sources in Go's module cache.
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

const OPA = 'github.com/open-policy-agent/opa';
const noticeFile = /^(licen[cs]e|copying|notice|patents)/i;

/**
 * @typedef {{ Dir: string, ImportPath: string, Standard?: boolean, Module?: GoModule }} GoPackage
 * @typedef {{ Path: string, Version?: string, Dir: string, Main?: boolean }} GoModule
 */

/**
 * @param {import('./go-toolchain.js').Go} go
 * @param {readonly string[]} preface lines above the texts
 * @returns {Promise<string>} the text of THIRD_PARTY_LICENSES
 */
export async function renderLicenses(go, preface) {
  const packages = parseJsonStream(await go(['list', '-deps', '-json=Dir,ImportPath,Standard,Module', '.']));
  const goRoot = (await go(['env', 'GOROOT'])).trim();
  /** @type {Map<string, string[]>} who uses a text, by text */
  const texts = new Map();
  const add = (/** @type {string} */ text, /** @type {string} */ user) => {
    const key = text.replaceAll('\r\n', '\n').trim();
    const users = texts.get(key) ?? [];
    if (!users.includes(user)) texts.set(key, [...users, user]);
  };

  add(await readFile(await findGoLicense(goRoot), 'utf8'), 'The Go standard library and runtime');
  for (const [module, folders] of foldersByModule(packages)) {
    let found = 0;
    for (const folder of folders) {
      for (const file of await noticesIn(folder)) {
        add(await readFile(join(folder, file), 'utf8'), describe(module, folder));
        found += 1;
      }
    }
    if (found === 0) throw new Error(`${module.Path} has no licence file: look for its terms before you link it`);
    if (module.Path === OPA) await addRuntimeNotices(join(module.Dir, 'wasm', 'src'), module, add);
  }
  return render(preface, texts);
}

/** @param {string} text JSON values one after the other, each starting on a line of its own @returns {GoPackage[]} */
function parseJsonStream(text) {
  /** @type {unknown} */
  const list = JSON.parse(`[${text.replaceAll('\n}\n{', '\n},\n{')}]`);
  return /** @type {GoPackage[]} */ (list);
}

/** Some distributions keep the licence beside, not inside, GOROOT. @param {string} goRoot */
async function findGoLicense(goRoot) {
  for (const folder of [goRoot, dirname(goRoot)]) {
    if ((await noticesIn(folder)).includes('LICENSE')) return join(folder, 'LICENSE');
  }
  throw new Error('the licence of Go was not found in GOROOT');
}

/**
 * The folders of the linked packages and those above them, by module: a notice can stand in any of them.
 *
 * @param {readonly GoPackage[]} packages
 */
function foldersByModule(packages) {
  /** @type {Map<string, [GoModule, Set<string>]>} */
  const modules = new Map();
  for (const { Dir, Module } of packages) {
    if (Module === undefined || Module.Main === true) continue;
    const [, folders] = modules.get(Module.Path) ?? [Module, new Set()];
    for (let folder = Dir; folder.length >= Module.Dir.length; folder = dirname(folder)) folders.add(folder);
    modules.set(Module.Path, [Module, folders]);
  }
  return [...modules.values()]
    .sort(([a], [b]) => compare(a.Path, b.Path))
    .map(([module, folders]) => /** @type {const} */ ([module, [...folders].sort(compare)]));
}

/** @param {string} folder */
async function noticesIn(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && noticeFile.test(entry.name) && !entry.name.endsWith('.go'))
    .map((entry) => entry.name)
    .sort(compare);
}

/** @param {GoModule} module @param {string} folder */
function describe(module, folder) {
  const inside = relative(module.Dir, folder).split(sep).join('/');
  return `${module.Path} ${module.Version ?? ''}${inside === '' ? '' : `, ${inside}`}`;
}

/**
 * OPA embeds a runtime compiled from C and C++ (it ends up in every policy.wasm); the notices of what that borrows
 * stand in the sources' comments.
 *
 * @param {string} folder @param {GoModule} module @param {(text: string, user: string) => void} add
 */
async function addRuntimeNotices(folder, module, add) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort(compare)) {
    const inside = relative(folder, file).split(sep).join('/');
    const part = inside.includes('/') ? dirname(inside) : inside;
    for (const comment of comments(await readFile(file, 'utf8'))) {
      if (/copyright|SPDX-License/i.test(comment)) add(comment, `${describe(module, module.Dir)}, wasm/src/${part}`);
    }
  }
}

/** The comments of a C or C++ source at the beginning of its lines, without their marks. @param {string} source */
function comments(source) {
  /** @type {string[]} */
  const found = [];
  /** @type {string[] | undefined} */
  let open;
  let block = false;
  for (const line of [...source.split('\n'), '']) {
    const text = line.trim();
    if (block || text.startsWith('/*')) {
      open ??= [];
      block = !text.includes('*/');
      open.push(text.replace(/\*+\/$/, '').replace(/^\/?\*+ ?/, ''));
    } else if (text.startsWith('//')) {
      open ??= [];
      open.push(text.replace(/^\/+ ?/, ''));
    } else if (open !== undefined) {
      found.push(open.join('\n'));
      open = undefined;
    }
  }
  return found;
}

/** @param {readonly string[]} preface @param {Map<string, string[]>} texts */
function render(preface, texts) {
  const rule = '='.repeat(100);
  const head = [
    ...preface,
    '',
    "RE2's sources (wasm/src/re2) refer to a licence file that OPA does not carry: it is the three-clause BSD licence of",
    'Google Inc., in the same words as the text under github.com/google/uuid. The parts of libc++ (wasm/src/libc++) are',
    "under the Apache License 2.0, the text of which stands under OPA's own name, with the LLVM exceptions.",
  ];
  const sections = [...texts].map(([text, users]) => `${rule}\n${users.join('\n')}\n${rule}\n\n${text}\n`);
  return `${head.join('\n')}\n\n${sections.join('\n')}`;
}

/** By code units: the order must not depend on the machine's language. @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
