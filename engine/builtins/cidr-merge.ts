import { lastAddress, type Network, printAddress } from './ip.ts';

/** Merges networks that touch or overlap (OPA internal/cidr/merge, after Cilium). */
export interface Range {
  /** First and last address as 128-bit numbers: IPv4 lies in ::ffff:0:0/96, as in Go's net.IP. */
  readonly first: bigint;
  readonly last: bigint;
  /** How the network is printed as long as nothing is merged with it. */
  readonly text: string | undefined;
}

const mappedBase = 0xffffn << 32n;

export function rangeOf(network: Network, text: string | undefined): Range {
  const base = network.family === 4 ? mappedBase : 0n;
  return {
    first: base + network.value,
    last: base + lastAddress(network),
    text: text ?? `${printAddress(network)}/${network.prefix}`,
  };
}

function isMapped(address: bigint): boolean {
  return address >> 32n === 0xffffn;
}

export function mergeRanges(ranges: readonly Range[]): string[] {
  const sorted = [...ranges].sort((a, b) => compare(a.last, b.last) || compare(a.first, b.first));
  for (let index = sorted.length - 1; index > 0; index -= 1) {
    const [before, range] = [sorted[index - 1], sorted[index]];
    if (!before || !range) break;
    const lowest = range.first === 0n || range.first === mappedBase;
    const previous = lowest ? range.first : range.first - 1n;
    if (previous > before.last) continue;
    const first = before.first < range.first ? before.first : range.first;
    sorted.splice(index - 1, 2, { first, last: range.last, text: undefined });
  }
  return sorted.flatMap((range) => (range.text === undefined ? cover(range.first, range.last) : [range.text]));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The fewest networks that are exactly the range. */
function cover(first: bigint, last: bigint): string[] {
  const networks: string[] = [];
  const bits = isMapped(first) ? 32 : 128;
  for (let start = first; start <= last;) {
    let host = 0;
    // As large as the start's alignment and the end allow.
    while (host < bits && (start & ((2n << BigInt(host)) - 1n)) === 0n && start + (2n << BigInt(host)) - 1n <= last)
      host += 1;
    const address = isMapped(start)
      ? { family: 4 as const, value: start & 0xffff_ffffn }
      : { family: 6 as const, value: start };
    networks.push(`${printAddress(address)}/${bits - host}`);
    start += 1n << BigInt(host);
  }
  return networks;
}
