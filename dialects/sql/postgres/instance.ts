import createModule, { type PgQueryModule } from 'libpg-query/wasm/libpg-query.js';

/** `position`: code points before the error, where the parser names a place. */
export type RawResult =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string; readonly position?: number };

/**
 * One parser in its own WASM memory. An instance that has thrown must not be used again: PostgreSQL's memory contexts are
 * half torn down, up to 17 MB stay allocated, and the C stack pointer stays up to 1.4 MB too low (measured), so that after
 * some 20 throws the stack would run into static data and change answers silently.
 */
export interface Instance {
  /** `text` is null-terminated UTF-8, which the caller vouches for. Throws whatever the WASM code throws. */
  parse(text: Uint8Array): RawResult;
  parsePlPgSQL(text: Uint8Array): RawResult;
  fingerprint(text: Uint8Array): RawResult;
  /** Size of the WASM memory in bytes. It never shrinks. */
  memoryBytes(): number;
}

const silent = (): void => undefined;

/** Makes an instance: about 15 ms. Its memory is 128 MB of address space, of which a few MB are touched. */
export async function createInstance(): Promise<Instance> {
  const module = await createModule({ print: silent, printErr: silent });
  return {
    parse: (text) => parseRaw(module, text),
    parsePlPgSQL: (text) => callForString(module, text, (pointer) => module._wasm_parse_plpgsql(pointer), isObjectText),
    fingerprint: (text) => callForString(module, text, (pointer) => module._wasm_fingerprint(pointer), isFingerprint),
    memoryBytes: () => module.HEAPU8.length,
  };
}

// A parse tree may hold U+FEFF; the decoder's default would swallow one at the start.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const isObjectText = (result: string): boolean => result.startsWith('{');
const isFingerprint = (result: string): boolean => /^[0-9a-f]{16}$/.test(result);

function parseRaw(module: PgQueryModule, text: Uint8Array): RawResult {
  const input = copyIn(module, text);
  const result = module._wasm_parse_query_raw(input);
  if (result === 0) throw new RangeError('libpg-query gave no result');
  const error = readPointer(module, result + 8);
  const answer: RawResult =
    error === 0 ? { ok: true, value: readString(module, readPointer(module, result)) } : readError(module, error);
  module._free(input);
  module._wasm_free_parse_result(result);
  return answer;
}

function callForString(
  module: PgQueryModule,
  text: Uint8Array,
  call: (pointer: number) => number,
  isAnswer: (result: string) => boolean,
): RawResult {
  const input = copyIn(module, text);
  const result = call(input);
  if (result === 0) throw new RangeError('libpg-query gave no result');
  const value = readString(module, result);
  module._free(input);
  module._wasm_free_string(result);
  return isAnswer(value) ? { ok: true, value } : { ok: false, message: value };
}

function copyIn(module: PgQueryModule, text: Uint8Array): number {
  const pointer = module._malloc(text.length);
  if (pointer === 0) throw new RangeError('libpg-query is out of memory');
  module.HEAPU8.set(text, pointer);
  return pointer;
}

/** PgQueryError is `{char *message, char *funcname, char *filename, int lineno, int cursorpos, char *context}`. */
function readError(module: PgQueryModule, error: number): RawResult {
  const message = readString(module, readPointer(module, error));
  const position = readPointer(module, error + 16) | 0;
  // cursorpos counts code points from 1; 0 stands for "no place known".
  return position > 0 ? { ok: false, message, position: position - 1 } : { ok: false, message };
}

function readPointer(module: PgQueryModule, address: number): number {
  return module.HEAPU32[address >>> 2] ?? 0;
}

function readString(module: PgQueryModule, pointer: number): string {
  if (pointer === 0) return '';
  const heap = module.HEAPU8;
  return decoder.decode(heap.subarray(pointer, heap.indexOf(0, pointer)));
}
