import { setOf } from './compare.ts';
import { mergeRanges, type Range, rangeOf } from './cidr-merge.ts';
import { addressBits, contains, type Network, parseAddress, parseNetwork, printAddress } from './ip.ts';
import { collectionOperand, stringOperand } from './operands.ts';
import {
  type Builtin,
  type BuiltinContext,
  BuiltinError,
  isArray,
  isObject,
  RegoSet,
  type RegoValue,
} from './value.ts';

/**
 * `net.cidr_*` (OPA v1/topdown/cidr.go). OPA's WASM module has `net.cidr_contains` and `net.cidr_intersects` natively,
 * but takes ::ffff:10.0.0.1 and 10.0.0.1 for different addresses, which would let a client evade a rule; they are
 * overridden with these (native.ts).
 */

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (!parsed) throw new BuiltinError(`invalid CIDR address: ${text}`);
  return parsed;
}

/** Whether a network contains an address or the whole of another network. */
function containsText(outer: Network, text: string): boolean {
  const address = parseAddress(text);
  if (address) return contains(outer, address);
  const inner = parseNetwork(text);
  if (!inner) throw new BuiltinError(`not a valid textual representation of an IP address or CIDR: ${text}`);
  return outer.prefix <= inner.prefix && contains(outer, inner);
}

function intersects(operands: readonly RegoValue[]): boolean {
  const a = network(stringOperand(operands, 0));
  const b = network(stringOperand(operands, 1));
  return contains(a, b) || contains(b, a);
}

/** The pairs of (index or key, CIDR or address) of an operand of `net.cidr_contains_matches`. */
function candidates(value: RegoValue | undefined): { index: RegoValue; text: RegoValue }[] {
  if (typeof value === 'string') return [{ index: value, text: value }];
  if (isArray(value)) return value.map((item, index) => ({ index, text: matchTerm(item) }));
  if (value instanceof RegoSet) return value.items.map((item) => ({ index: item, text: matchTerm(item) }));
  if (isObject(value)) return Array.from(value, ([key, item]) => ({ index: key, text: matchTerm(item) }));
  return [];
}

function matchTerm(value: RegoValue): RegoValue {
  const first = isArray(value) ? value[0] : value;
  if (typeof first === 'string' || (isArray(value) && first !== undefined)) return first;
  throw new BuiltinError('element must be string or non-empty array');
}

function containsMatches(operands: readonly RegoValue[], context: BuiltinContext): RegoSet {
  const outers = candidates(operands[0]);
  const inners = candidates(operands[1]);
  context.charge(outers.length * inners.length * 500);
  const pairs: RegoValue[] = [];
  for (const outer of outers) {
    for (const inner of inners) {
      const texts = [outer.text, inner.text];
      if (containsText(network(stringOperand(texts, 0)), stringOperand(texts, 1)))
        pairs.push([outer.index, inner.index]);
    }
  }
  return setOf(pairs);
}

function expand(operands: readonly RegoValue[], context: BuiltinContext): RegoSet {
  const whole = network(stringOperand(operands, 0));
  const size = 2n ** BigInt(addressBits(whole.family) - whole.prefix);
  // Charged before it is made: a large network must not take memory first.
  context.charge(Number(size) * 300);
  const addresses: string[] = [];
  for (let offset = 0n; offset < size; offset += 1n) {
    addresses.push(printAddress({ family: whole.family, value: whole.value + offset }));
  }
  return new RegoSet(addresses);
}

/** An element of `net.cidr_merge`: a CIDR, or an IPv4 address, which stands for its classful network. */
function mergeElement(value: RegoValue): Range {
  if (typeof value !== 'string') throw new BuiltinError('element must be string');
  const address = parseAddress(value);
  if (!address) return rangeOf(network(value), undefined);
  if (address.family === 6) throw new BuiltinError('IPv6 invalid: needs prefix length');
  const first = address.value >> 24n;
  const prefix = first < 128n ? 8 : first < 192n ? 16 : 24;
  const host = BigInt(32 - prefix);
  const classful: Network = { family: 4, value: (address.value >> host) << host, prefix };
  // OPA prints the address itself when nothing was merged with it.
  return rangeOf(classful, `${printAddress(address)}/${prefix}`);
}

function merge(operands: readonly RegoValue[], context: BuiltinContext): RegoSet {
  const elements = collectionOperand(operands, 0);
  context.charge(elements.length * 3000);
  return setOf(mergeRanges(elements.map(mergeElement)));
}

export const netBuiltins: readonly (readonly [string, Builtin])[] = [
  ['net.cidr_contains', (operands) => containsText(network(stringOperand(operands, 0)), stringOperand(operands, 1))],
  ['net.cidr_intersects', intersects],
  ['net.cidr_contains_matches', containsMatches],
  ['net.cidr_expand', expand],
  ['net.cidr_merge', merge],
  ['net.cidr_is_valid', ([text]) => typeof text === 'string' && parseNetwork(text) !== undefined],
];
