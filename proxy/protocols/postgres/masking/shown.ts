import {
  createDetectors,
  hintsOf,
  isDetector,
  type Detectors,
  type Found,
  type Hints,
} from '../../../masking/detectors/index.ts';
import type { MaskCounts } from '../../../masking/counts.ts';
import { MASK_WAYS, type DetectorMask, type MaskWay } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';
import { maskText } from '../../../masking/ways/text.ts';
import { readArrayBinary, writeArrayBinary } from './arrays.ts';
import { textOfBinary } from './binary.ts';
import { maskField } from './field.ts';
import type { MaskType } from './types.ts';

/** A value that is not shown: NULL takes its place. */
export const NOT_SHOWN = Symbol('not shown');
/** Bytes in the place of a value; undefined: it is shown as it is. */
export type Replacement = Buffer | typeof NOT_SHOWN | undefined;

/** Looks for what a plan's detectors know in values that are shown, and masks it. */
export class ShownValues {
  readonly #detectors: Detectors;
  readonly #ways = new Map<string, MaskWay>();
  readonly #key: KeyedHash;
  readonly #counts: MaskCounts;

  constructor(detect: readonly DetectorMask[], key: KeyedHash, counts: MaskCounts) {
    for (const mask of detect) {
      const before = this.#ways.get(mask.detector);
      this.#ways.set(mask.detector, before === undefined ? mask.with : mostPrivate(before, mask.with));
    }
    this.#detectors = createDetectors([...this.#ways.keys()].filter(isDetector));
    this.#key = key;
    this.#counts = counts;
  }

  /** Text in which what is found is replaced where it stands; `null` takes the whole text away. */
  text(bytes: Buffer, start: number, end: number, hints: Hints): Replacement {
    const found = this.#detectors.find(bytes, start, end, hints);
    if (found.length === 0) return undefined;
    this.#count(found);
    const parts: Buffer[] = [];
    let since = start;
    for (const { detector, start: from, end: to } of found) {
      const masked = maskText(bytes.toString('utf8', from, to), this.#ways.get(detector) ?? 'null', this.#key);
      if (masked === undefined) return NOT_SHOWN;
      parts.push(bytes.subarray(since, from), Buffer.from(masked, 'utf8'));
      since = to;
    }
    parts.push(bytes.subarray(since, end));
    return Buffer.concat(parts);
  }

  /** A value of which no part can be replaced: all of it is masked if something is found in it, as its type lets it. */
  whole(
    type: MaskType,
    format: 'text' | 'binary',
    bytes: Buffer,
    start: number,
    end: number,
    hints: Hints,
  ): Replacement {
    const readable =
      format === 'binary' ? readableBinary(type, bytes, start, end) : readableText(type, bytes, start, end);
    const found =
      readable === undefined
        ? this.#detectors.find(bytes, start, end, hints)
        : this.#detectors.find(readable, 0, readable.length, hints);
    if (found.length === 0) return undefined;
    this.#count(found);
    const way = found.reduce<MaskWay>(
      (most, each) => mostPrivate(most, this.#ways.get(each.detector) ?? 'null'),
      'partial',
    );
    return maskField(type, format, way, bytes, start, end, this.#key) ?? NOT_SHOWN;
  }

  /** An array of texts in binary format, element by element. */
  arrayBinary(bytes: Buffer, start: number, end: number, hints: Hints): Replacement {
    const array = readArrayBinary(bytes, start, end);
    if (array === undefined) return NOT_SHOWN;
    let changed = false;
    const elements: (Uint8Array | undefined)[] = [];
    for (const element of array.elements) {
      const replacement = element.none ? undefined : this.text(bytes, element.start, element.end, hints);
      if (replacement === NOT_SHOWN) return NOT_SHOWN;
      changed ||= replacement !== undefined;
      elements.push(element.none ? undefined : (replacement ?? bytes.subarray(element.start, element.end)));
    }
    return changed ? writeArrayBinary(bytes.subarray(start, array.headEnd), elements) : undefined;
  }

  #count(found: readonly Found[]): void {
    for (const { detector } of found) this.#counts.found(detector);
  }
}

export { hintsOf };

export function mostPrivate(a: MaskWay, b: MaskWay): MaskWay {
  return MASK_WAYS.indexOf(a) >= MASK_WAYS.indexOf(b) ? a : b;
}

/** Numbers in binary format as their digits; undefined: the bytes are as readable as they will be. */
function readableBinary(type: MaskType, bytes: Buffer, start: number, end: number): Buffer | undefined {
  if (type.array === true || type.kind === 'bytes' || type.kind === 'opaque') return undefined;
  const text = textOfBinary(type, bytes, start, end);
  return text === undefined ? undefined : Buffer.from(text);
}

/** The bytes that a bytea's hexadecimal digits stand for. */
function readableText(type: MaskType, bytes: Buffer, start: number, end: number): Buffer | undefined {
  if (type.kind !== 'bytes' || type.array === true || end - start < 2 || bytes[start + 1] !== 0x78) return undefined;
  return Buffer.from(bytes.toString('latin1', start + 2, end), 'hex');
}
