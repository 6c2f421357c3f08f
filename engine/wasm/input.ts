import { SallyportError } from '../errors.ts';
import type { PolicyLimits } from './limits.ts';

/**
 * Prepares an input for the module. OPA's C code parses it recursively, accepts more than JSON, and aborts on escapes
 * that are no characters: what it would trip over is refused here, by name.
 */

/** The JSON text of a value; `undefined` (no input at all) stays undefined, and null, false, 0 and "" are inputs. */
export function inputText(input: unknown): string | undefined {
  try {
    // The type says string, but JSON.stringify answers undefined for undefined, functions and symbols.
    const text = JSON.stringify(input) as string | undefined;
    if (text === undefined && input !== undefined) throw new TypeError(`a ${typeof input} is not a JSON value`);
    return text;
  } catch (error) {
    if (error instanceof RangeError) throw new SallyportError('SP_EVAL_INPUT_TOO_DEEP', undefined, { cause: error });
    throw invalid(error instanceof Error ? error.message : 'it is not a JSON value', error);
  }
}

/** @throws SallyportError SP_EVAL_INPUT_INVALID unless the text is one JSON value. */
export function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : 'it is not JSON', error);
  }
  if (/\p{Surrogate}/u.test(text)) throw invalid('it has a lone surrogate, which no UTF-8 text can carry');
}

/**
 * Checks the encoded text in place, in one pass.
 * @param bytes the text of one JSON value, in UTF-8.
 */
export function checkInput(bytes: Uint8Array, start: number, end: number, limits: PolicyLimits): void {
  let depth = 0;
  let inString = false;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x22) {
        inString = false;
      } else if (byte === 0x5c) {
        index += 1;
        if (bytes[index] === 0x75) index = checkEscape(bytes, index + 1);
      }
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > limits.inputDepth) {
        throw new SallyportError(
          'SP_EVAL_INPUT_TOO_DEEP',
          `The input is nested deeper than ${limits.inputDepth} levels.`,
        );
      }
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
}

/**
 * Steps over `\uXXXX`, and over its second half when it is a surrogate pair.
 * @param index where the four digits begin.
 * @returns where the last digit is.
 */
function checkEscape(bytes: Uint8Array, index: number): number {
  const unit = hexUnit(bytes, index);
  if (unit < 0xd800 || unit > 0xdfff) return index + 3;
  const second = bytes[index + 4] === 0x5c && bytes[index + 5] === 0x75 ? hexUnit(bytes, index + 6) : 0;
  if (unit > 0xdbff || second < 0xdc00 || second > 0xdfff) {
    throw invalid('it has a lone surrogate, which no UTF-8 text can carry');
  }
  return index + 9;
}

function hexUnit(bytes: Uint8Array, index: number): number {
  return Number.parseInt(String.fromCharCode(...bytes.subarray(index, index + 4)), 16);
}

function invalid(why: string, cause?: unknown): SallyportError {
  return new SallyportError('SP_EVAL_INPUT_INVALID', `The input is not one JSON value: ${why}.`, { cause });
}
