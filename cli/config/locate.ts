import { isMap, isPair, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { Diagnostic } from '../../engine/contract.ts';
import type { ErrorCode } from '../../engine/errors.ts';

/** Steps from the document's root to a value: keys and indexes. */
export type ConfigPath = readonly (string | number)[];

/** Finds the position of values in a YAML document and makes diagnostics of them. */
export class Locator {
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #code: ErrorCode;

  /** @param code of the diagnostics */
  constructor(file: string, document: Document.Parsed, lines: LineCounter, code: ErrorCode) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
    this.#code = code;
  }

  /** A diagnostic at the value, or as near to it as the document goes. */
  atValue(path: ConfigPath, message: string, help?: string): Diagnostic {
    return this.at(this.#offset(path, false), message, help);
  }

  /** The same at the key that the path ends with. */
  atKey(path: ConfigPath, message: string, help?: string): Diagnostic {
    return this.at(this.#offset(path, true), message, help);
  }

  /** Where a value begins, as far as the document goes. */
  position(path: ConfigPath): { readonly row: number; readonly col: number } {
    return this.#position(this.#offset(path, false));
  }

  at(offset: number, message: string, help?: string): Diagnostic {
    return {
      severity: 'error',
      code: this.#code,
      message,
      ...(help === undefined ? {} : { help }),
      file: this.#file,
      ...this.#position(offset),
    };
  }

  #position(offset: number): { row: number; col: number } {
    const { line, col } = this.#lines.linePos(offset);
    // An empty document has no lines at all.
    return { row: Math.max(1, line), col: Math.max(1, col) };
  }

  #offset(path: ConfigPath, key: boolean): number {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      if (isMap(node)) {
        const pair = node.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
        );
        if (pair === undefined) return offset;
        const keyOffset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
        if (key && depth === path.length - 1) return keyOffset;
        node = pair.value as Node | null;
        offset = node?.range?.[0] ?? keyOffset;
      } else if (isSeq(node)) {
        node = (node.items[Number(step)] ?? null) as Node | null;
        offset = node?.range?.[0] ?? offset;
      } else {
        return offset;
      }
    }
    return offset;
  }
}
