// The Go programs that are built to WebAssembly and committed, each with what is particular to it.
import { fileURLToPath } from 'node:url';
import { readRules } from './lint-rules.js';

/**
 * @typedef {object} GoProgram
 * @property {string} name the artifact is `artifact/<name>.wasm.br`
 * @property {string} folder the folder that holds `go/`, `artifact/` and THIRD_PARTY_LICENSES, with a slash at its end
 * @property {readonly string[]} modules Go modules whose versions stand in the artifact's record
 * @property {readonly string[]} preface stands above the licences
 * @property {Setup} [setup] what to do before it is frozen; without it the program is taken as it was built
 *
 * @typedef {object} Setup
 * @property {readonly string[]} environment
 * @property {() => Promise<string>} request
 */

/** @type {Readonly<Record<string, GoProgram>>} */
export const programs = {
  compiler: {
    name: 'policy-compiler',
    folder: fileURLToPath(new URL('../compiler/', import.meta.url)),
    modules: ['github.com/open-policy-agent/opa'],
    preface: [
      'Licence notices of what is linked into artifact/policy-compiler.wasm.br, and of what OPA puts into each policy.wasm',
      'that it compiles. Written by build.js from the sources; each text stands under the names of its users.',
    ],
  },
  linter: {
    name: 'policy-linter',
    folder: fileURLToPath(new URL('../linter/', import.meta.url)),
    modules: ['github.com/open-policy-agent/opa', 'github.com/styrainc/regal'],
    preface: [
      'Licence notices of what is linked into artifact/policy-linter.wasm.br.',
      'Written by build.js from the sources; each text stands under the names of its users.',
    ],
    // Parsing and compiling Regal's rules takes 4 s of a start; frozen afterwards, none. A small heap keeps the artifact
    // small; the program asks for a larger one when it lints.
    setup: {
      environment: ['GOGC=20'],
      request: async () => JSON.stringify({ operation: 'prepare', rules: await readRules() }),
    },
  },
  builtins: {
    name: 'opa-builtins',
    folder: fileURLToPath(new URL('../builtins/opa/', import.meta.url)),
    modules: ['github.com/open-policy-agent/opa'],
    preface: [
      'Licence notices of what is linked into artifact/opa-builtins.wasm.br.',
      'Written by build.js from the sources; each text stands under the names of its users.',
    ],
    // What Go sets up when it starts takes 0.2 s; frozen afterwards, a start takes 13 ms.
    setup: { environment: [], request: () => Promise.resolve('{}') },
  },
};
