/** IP addresses and networks as Go's net package reads and prints them (Go source: net/ip.go, net/netip). */

export interface Address {
  /** 4 for IPv4 and for IPv4 mapped into IPv6 (::ffff:10.0.0.1), which Go takes for the same address. */
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Network {
  readonly family: 4 | 6;
  /** The first address. */
  readonly value: bigint;
  readonly prefix: number;
}

const mappedPrefix = 0xffffn;

export function addressBits(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function parse4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/** No zone: Go's ParseIP and ParseCIDR refuse one. */
function parse6(text: string): bigint | undefined {
  let source = text;
  const lastColon = source.lastIndexOf(':');
  if (lastColon < 0) return undefined;
  if (source.includes('.')) {
    const embedded = parse4(source.slice(lastColon + 1));
    if (embedded === undefined) return undefined;
    source = `${source.slice(0, lastColon + 1)}${(embedded >> 16n).toString(16)}:${(embedded & 0xffffn).toString(16)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head, ...tail];
  const complete = halves.length === 2 ? groups.length < 8 : groups.length === 8;
  if (!complete || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const zeros = Array<string>(8 - groups.length).fill('0');
  return [...head, ...zeros, ...tail].reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n);
}

export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parse4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parse6(text);
  if (value === undefined) return undefined;
  return value >> 32n === mappedPrefix ? { family: 4, value: value & 0xffff_ffffn } : { family: 6, value };
}

export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const [addressText, prefixText] = [text.slice(0, slash), text.slice(slash + 1)];
  const family = addressText.includes(':') ? 6 : 4;
  const value = family === 6 ? parse6(addressText) : parse4(addressText);
  if (value === undefined || !/^[0-9]{1,7}$/.test(prefixText)) return undefined;
  const prefix = Number(prefixText);
  const bits = addressBits(family);
  if (prefix > bits) return undefined;
  const host = BigInt(bits - prefix);
  const first = (value >> host) << host;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8 for Go.
  const mapped = family === 6 && first >> 32n === mappedPrefix;
  return mapped ? { family: 4, value: first & 0xffff_ffffn, prefix: prefix - 96 } : { family, value: first, prefix };
}

/** The last address of a network. */
export function lastAddress({ family, value, prefix }: Network): bigint {
  return value | ((1n << BigInt(addressBits(family) - prefix)) - 1n);
}

/** Whether an address lies in a network; an IPv4 address, mapped or not, lies in no IPv6 network. */
export function contains(network: Network, address: Address): boolean {
  if (network.family !== address.family) return false;
  const host = BigInt(addressBits(network.family) - network.prefix);
  return network.value >> host === address.value >> host;
}

/** Go prints an IPv4-mapped address as IPv4. */
export function printAddress({ family, value }: Address): string {
  if (family === 4 || value >> 32n === mappedPrefix) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  // The longest run of at least two zero groups, the first of several, is written as "::".
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
