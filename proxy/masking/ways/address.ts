import ipaddr from 'ipaddr.js';
import type { MaskWay } from '../plan.ts';
import type { KeyedHash } from './keyed-hash.ts';

/**
 * Masks an address or a network. Partial shows the first quarter of it, as a network; fake is a private address, hash one of the unique local ones
 * of IPv6 (RFC 4193), which hold enough of the hash for joins.
 */
export function maskAddress(kind: 'inet' | 'cidr', way: MaskWay, text: string, key: KeyedHash): string | undefined {
  const [host = '', mask] = text.split('/');
  // "1" and "0x7f.1" are addresses to ipaddr.js, and never what PostgreSQL writes.
  const four = ipaddr.IPv4.isValidFourPartDecimal(host);
  if (!four && !ipaddr.IPv6.isValid(host)) return undefined;
  const bytes = ipaddr.parse(host).toByteArray();
  const whole = String(bytes.length * 8);
  // A host's own mask is not written in inet, and is in cidr.
  const canonical = `${bytes.join('.')}/${mask ?? whole}`;
  const suffix = (bits: string): string => (kind === 'cidr' ? `/${bits}` : '');
  switch (way) {
    case 'partial': {
      const kept = bytes.map((byte, i) => (i < bytes.length / 4 ? byte : 0));
      return `${ipaddr.fromByteArray(kept).toString()}/${bytes.length * 2}`;
    }
    case 'fake': {
      const made = key.bytes(canonical, bytes.length);
      made[0] = four ? 10 : 0xfd;
      return ipaddr.fromByteArray([...made]).toString() + suffix(whole);
    }
    case 'hash': {
      const made = key.bytes(canonical, 16);
      made[0] = 0xfd;
      return ipaddr.fromByteArray([...made]).toString() + suffix('128');
    }
    default:
      return undefined;
  }
}
