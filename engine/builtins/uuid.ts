import { integer } from './number.ts';
import { stringOperand } from './operands.ts';
import type { Builtin, RegoValue } from './value.ts';

/** `uuid.parse` (OPA internal/uuid on github.com/google/uuid). `uuid.rfc4122` is random, so it is not supplied. */

/** Nanoseconds between the Gregorian reform (1582-10-15), where UUID time begins, and the Unix epoch, in 100 ns. */
const gregorianOffset = 122192928000000000n;

/** The accepted forms: plain, urn:uuid:, in braces, or without dashes. */
function hexDigits(text: string): string | undefined {
  const hex = '[0-9a-fA-F]';
  const dashed = `${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}`;
  // google/uuid does not check which characters enclose a text of 38.
  const forms = [`^${dashed}$`, `^[uU][rR][nN]:[uU][uU][iI][dD]:${dashed}$`, `^.${dashed}.$`, `^${hex}{32}$`];
  if (!forms.some((form) => new RegExp(form, 's').test(text))) return undefined;
  const body = /^urn:uuid:/i.test(text) ? text.slice(9) : text.length === 38 ? text.slice(1, -1) : text;
  return body.replaceAll('-', '').toLowerCase();
}

function variant(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  if ((byte & 0xe0) === 0xe0) return 'Future';
  return 'Reserved';
}

function hardwareAddress(firstByte: number): string {
  return `${(firstByte & 2) === 0 ? 'global' : 'local'}:${(firstByte & 1) === 0 ? 'unicast' : 'multicast'}`;
}

function parse(operands: readonly RegoValue[]): Map<RegoValue, RegoValue> | undefined {
  const digits = hexDigits(stringOperand(operands, 0));
  if (digits === undefined) return undefined;
  const bytes = Buffer.from(digits, 'hex');
  const version = (bytes[6] ?? 0) >> 4;
  const result = new Map<RegoValue, RegoValue>([
    ['version', version],
    ['variant', variant(bytes[8] ?? 0)],
  ]);
  if (version !== 1 && version !== 2) return result;
  const high = BigInt(bytes.readUInt16BE(6) & 0x0fff);
  const ticks = (high << 48n) | (BigInt(bytes.readUInt16BE(4)) << 32n) | BigInt(bytes.readUInt32BE(0));
  const node = bytes.subarray(10);
  result.set('time', integer(BigInt.asIntN(64, (ticks - gregorianOffset) * 100n)));
  result.set('nodeid', Array.from(node, (byte) => byte.toString(16).padStart(2, '0')).join('-'));
  result.set('macvariables', hardwareAddress(node[0] ?? 0));
  result.set('clocksequence', bytes.readUInt16BE(8) & 0x3fff);
  if (version === 2) {
    const domain = bytes[9] ?? 0;
    result.set('id', bytes.readUInt32BE(0));
    result.set('domain', ['Person', 'Group', 'Org'][domain] ?? `Domain${domain}`);
  }
  return result;
}

export const uuidBuiltins: readonly (readonly [string, Builtin])[] = [['uuid.parse', parse]];
