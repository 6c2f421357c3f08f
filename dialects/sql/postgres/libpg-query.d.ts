/** The package ships no types for the emscripten factory that its own index.js wraps. */
declare module 'libpg-query/wasm/libpg-query.js' {
  /**
   * What the emscripten factory of libpg-query 18 gives back. Pointers are byte offsets into `HEAPU8`; the two views
   * are replaced by new ones when the memory grows, so they are read afresh after every call.
   */
  export interface PgQueryModule {
    readonly HEAPU8: Uint8Array;
    readonly HEAPU32: Uint32Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    /** Gives a PgQueryParseResult: `{char *parse_tree, char *stderr_buffer, PgQueryError *error}`. */
    _wasm_parse_query_raw(text: number): number;
    _wasm_free_parse_result(result: number): void;
    /** Gives a JSON object, or the error's message: anything that does not start with `{`. */
    _wasm_parse_plpgsql(text: number): number;
    /** Gives 16 hexadecimal digits, or the error's message. */
    _wasm_fingerprint(text: number): number;
    _wasm_free_string(text: number): void;
  }

  const createModule: (options: {
    print: (line: string) => void;
    printErr: (line: string) => void;
  }) => Promise<PgQueryModule>;
  export default createModule;
}
