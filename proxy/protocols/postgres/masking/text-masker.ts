import { NO_HINTS } from '../../../masking/detectors/index.ts';
import type { MaskCounts } from '../../../masking/counts.ts';
import type { DetectorMask } from '../../../masking/plan.ts';
import type { KeyedHash } from '../../../masking/ways/keyed-hash.ts';
import { REDACTED } from '../../../masking/ways/text.ts';
import { conditionName } from './conditions.ts';
import { NOT_SHOWN, ShownValues } from './shown.ts';

export interface TextMaskerOptions {
  /** Nothing of a text is shown that could quote a value: it belongs to a command whose masked columns it may touch. */
  readonly withhold: boolean;
  /** Looked for in texts that are shown. */
  readonly detect: readonly DetectorMask[];
  readonly key: KeyedHash;
  readonly counts: MaskCounts;
}

const HEADER_BYTES = 5;
/** Severity (translated and not), SQLSTATE and the position in the statement: none of them is made of values. */
const HARMLESS = new Set([0x53, 0x56, 0x43, 0x50]);
const MESSAGE = 0x4d;
const CODE = 0x43;
const POSITION = 0x50;
/** Where, internal query, internal position. */
const INSIDE = new Set([0x57, 0x71, 0x70]);
/** What may quote values: message, detail, hint, where, internal query; names of objects, which a value may be part of. */
const QUOTING = new Set([MESSAGE, 0x44, 0x48, 0x57, 0x71, 0x73, 0x74, 0x63, 0x64, 0x6e]);

/** Masks texts that a target sends beside its rows: errors, notices, notifications. */
export class TextMasker {
  readonly #withhold: boolean;
  readonly #shown: ShownValues | undefined;

  constructor({ withhold, detect, key, counts }: TextMaskerOptions) {
    this.#withhold = withhold;
    this.#shown = detect.length === 0 ? undefined : new ShownValues(detect, key, counts);
  }

  /** Nothing is ever changed. */
  get idle(): boolean {
    return !this.#withhold && this.#shown === undefined;
  }

  /**
   * What takes the place of `bytes[start, end)`, a whole ErrorResponse or NoticeResponse. Undefined: it stays as it is. Withheld, severity, SQLSTATE
   * and position stay, the message is one of ours, all else is left out. One that is not well formed is withheld.
   */
  report(bytes: Buffer, start: number, end: number): Buffer | undefined {
    if (this.idle) return undefined;
    const withhold = this.#withhold && !isOfParser(bytes, start + HEADER_BYTES, end);
    const fields: Uint8Array[] = [];
    let changed = false;
    let code = '';
    let at = start + HEADER_BYTES;
    while (at < end && bytes[at] !== 0) {
      const nul = bytes.indexOf(0, at + 1);
      if (nul < 0 || nul >= end) break;
      const type = bytes[at] ?? 0;
      if (type === CODE) code = bytes.toString('latin1', at + 1, nul);
      const kept = this.#field(type, bytes, at + 1, nul, withhold);
      changed ||= kept !== undefined;
      if (kept === undefined) fields.push(bytes.subarray(at, nul + 1));
      else if (kept.length > 0) fields.push(bytes.subarray(at, at + 1), kept, Buffer.alloc(1));
      at = nul + 1;
    }
    // What is not well formed has told nothing that could be trusted.
    if (at !== end - 1) fields.splice(0, fields.length, Buffer.from('SERROR\0VERROR\0CXX000\0'));
    if (withhold || at !== end - 1) fields.push(withheldMessage(code));
    else if (!changed) return undefined;
    return message(bytes[start] ?? 0, [...fields, Buffer.alloc(1)]);
  }

  /** What takes the place of a whole NotificationResponse: its payload is withheld, or what is found in it masked. */
  notification(bytes: Buffer, start: number, end: number): Buffer | undefined {
    if (this.idle) return undefined;
    const channelEnd = bytes.indexOf(0, start + HEADER_BYTES + 4);
    const payload = channelEnd + 1;
    if (channelEnd < 0 || payload >= end) return message(bytes[start] ?? 0, [Buffer.alloc(6)]);
    const replacement = this.#withhold ? NOT_SHOWN : this.#shown?.text(bytes, payload, end - 1, NO_HINTS);
    if (replacement === undefined) return undefined;
    // An empty payload is told apart from none by nobody.
    const text = replacement === NOT_SHOWN ? Buffer.alloc(0) : replacement;
    return message(bytes[start] ?? 0, [bytes.subarray(start + HEADER_BYTES, payload), text, Buffer.alloc(1)]);
  }

  /** What a field's text becomes: undefined as it is, nothing to leave the field out. */
  #field(type: number, bytes: Buffer, start: number, end: number, withhold: boolean): Buffer | undefined {
    if (HARMLESS.has(type)) return undefined;
    if (withhold) return Buffer.alloc(0);
    if (!QUOTING.has(type)) return undefined;
    const replacement = this.#shown?.text(bytes, start, end, NO_HINTS);
    return replacement === NOT_SHOWN ? Buffer.from(REDACTED) : replacement;
  }
}

/**
 * It is about the statement's own text, found before anything ran: class 42, with a position and without the context of a function or of
 * a statement inside one. Errors of what runs have no position (PostgreSQL's `parser_errposition` and `executor_errposition`).
 */
function isOfParser(bytes: Buffer, start: number, end: number): boolean {
  let ofClass = false;
  let positioned = false;
  for (let at = start; at < end && bytes[at] !== 0;) {
    const nul = bytes.indexOf(0, at + 1);
    if (nul < 0 || nul >= end) return false;
    const type = bytes[at] ?? 0;
    if (type === CODE) ofClass = bytes.toString('latin1', at + 1, at + 3) === '42';
    else if (type === POSITION) positioned = true;
    else if (INSIDE.has(type)) return false;
    at = nul + 1;
  }
  return ofClass && positioned;
}

function withheldMessage(code: string): Buffer {
  const text = `${conditionName(code)} (the target's own text is withheld: it may quote values that are masked)`;
  return Buffer.from(`M${text}\0`, 'utf8');
}

function message(type: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from([type, 0, 0, 0, 0]), ...parts]);
  body.writeUInt32BE(body.length - 1, 1);
  return body;
}
