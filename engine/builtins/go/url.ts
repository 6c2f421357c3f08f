import { toText } from '../bytes.ts';
import { parseAddress } from '../ip.ts';

/**
 * Go's url.Parse (Go source: net/url/url.go, Go 1.26). Go's strings are bytes, so everything here works on texts whose
 * characters are the bytes of UTF-8 ("binary" strings); {@link parseUrl} takes and gives ordinary ones.
 */
export interface GoUrl {
  readonly scheme: string;
  /** With the port, as it stands in the URL; escapes are undone. */
  readonly host: string;
  /** Escapes are undone. */
  readonly path: string;
  /** The path as it was written, where Go would write {@link path} in another way; else empty. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly fragment: string;
}

/** Go's url.Parse returned this error. */
export class UrlError extends Error {
  override readonly name = 'UrlError';
}

/** What Go leaves as it is in each part of a URL; everything else is written as %XX. */
const plain = {
  path: /[A-Za-z0-9\-_.~$&+,/:;=@]/,
  host: /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/,
} as const;

/** @throws UrlError */
export function parseUrl(text: string): GoUrl {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const [before, fragment] = cut(bytes, '#');
  const url = parseWithoutFragment(before);
  const parts = { ...url, fragment: unescape(fragment) };
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, fromBytes(part)])) as unknown as GoUrl;
}

/** The host without its port and without brackets, and the port. */
export function splitHostPort(hostPort: string): { hostname: string; port: string } {
  const colon = hostPort.lastIndexOf(':');
  const hasPort = colon >= 0 && isOptionalPort(hostPort.slice(colon));
  const host = hasPort ? hostPort.slice(0, colon) : hostPort;
  const bracketed = host.startsWith('[') && host.endsWith(']');
  return { hostname: bracketed ? host.slice(1, -1) : host, port: hasPort ? hostPort.slice(colon + 1) : '' };
}

function parseWithoutFragment(text: string): Omit<GoUrl, 'fragment'> {
  // eslint-disable-next-line no-control-regex -- these are what is refused
  if (/[\x00-\x1f\x7f]/.test(text)) throw new UrlError('net/url: invalid control character in URL');
  const empty = { scheme: '', host: '', path: '', rawPath: '', rawQuery: '' };
  if (text === '*') return { ...empty, path: '*' };
  const [scheme, afterScheme] = splitScheme(text);
  const [beforeQuery, rawQuery] = cut(afterScheme, '?');
  let rest = beforeQuery;
  if (!rest.startsWith('/')) {
    // A path without a slash after a scheme is opaque: OPA shows nothing of it.
    if (scheme !== '') return { ...empty, scheme, rawQuery };
    if (cut(rest, '/')[0].includes(':')) throw new UrlError('first path segment in URL cannot contain colon');
  }
  let host = '';
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    host = parseAuthority(scheme, authority);
  }
  const path = unescape(rest);
  return { scheme, host, path, rawPath: escapePath(path) === rest ? '' : rest, rawQuery };
}

function splitScheme(text: string): [scheme: string, rest: string] {
  if (text.startsWith(':')) throw new UrlError('missing protocol scheme');
  const scheme = /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(text)?.[1];
  return scheme === undefined ? ['', text] : [scheme.toLowerCase(), text.slice(scheme.length + 1)];
}

function parseAuthority(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  const userinfo = at < 0 ? '' : authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) throw new UrlError('net/url: invalid userinfo');
  unescape(userinfo); // for its errors: OPA does not show it
  return host;
}

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw new UrlError('invalid IP-literal');
  if (open === 0) return parseIpLiteral(host);
  const first = host.indexOf(':');
  if (first >= 0) {
    // Databases put several hosts with ports into one URL; http knows a single colon only.
    const colon = scheme === 'http' || scheme === 'https' ? first : host.lastIndexOf(':');
    checkPort(host.slice(colon));
  }
  return unescapeHost(host);
}

/** [fe80::1%25en0]:80 */
function parseIpLiteral(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new UrlError("missing ']' in host");
  checkPort(host.slice(close + 1));
  const literal = host.slice(1, close);
  const zone = literal.indexOf('%25');
  const address = unescapeHost(zone < 0 ? literal : literal.slice(0, zone));
  const zoneText = zone < 0 ? '' : unescapeZone(literal.slice(zone));
  if (!address.includes(':') || parseAddress(address) === undefined || zoneText === '%') {
    throw new UrlError('invalid host: unable to parse IP');
  }
  return `[${address}${zoneText}]${host.slice(close + 1)}`;
}

function checkPort(colonPort: string): void {
  if (!isOptionalPort(colonPort)) throw new UrlError(`invalid port ${JSON.stringify(colonPort)} after host`);
}

function isOptionalPort(text: string): boolean {
  return text === '' || /^:[0-9]*$/.test(text);
}

function escapePath(path: string): string {
  return path.replace(/[^]/g, (byte) => (plain.path.test(byte) ? byte : percent(byte)));
}

function percent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** @throws UrlError for a percent sign without two digits. */
function unescape(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})|%[^]{0,2}/g, (whole, digits?: string) => {
    if (digits === undefined) throw new UrlError(`invalid URL escape ${JSON.stringify(whole)}`);
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

/** In a host only bytes beyond ASCII may be escaped, and the percent sign itself. */
function unescapeHost(text: string): string {
  for (const [whole, digits = ''] of text.matchAll(/%([0-9A-Fa-f]{2})/g)) {
    if (Number.parseInt(digits[0] ?? '', 16) < 8 && whole !== '%25')
      throw new UrlError(`invalid URL escape "${whole}"`);
  }
  checkHostBytes(text);
  return unescape(text);
}

/** In a zone whatever may stand in a host may also be escaped, and a blank. */
function unescapeZone(text: string): string {
  for (const [whole, digits = ''] of text.matchAll(/%([0-9A-Fa-f]{2})/g)) {
    const byte = String.fromCharCode(Number.parseInt(digits, 16));
    if (whole !== '%25' && byte !== ' ' && !plain.host.test(byte)) throw new UrlError(`invalid URL escape "${whole}"`);
  }
  checkHostBytes(text);
  return unescape(text);
}

function checkHostBytes(text: string): void {
  for (const byte of text) {
    if (byte !== '%' && byte.charCodeAt(0) < 0x80 && !plain.host.test(byte)) {
      throw new UrlError(`invalid character ${JSON.stringify(byte)} in host name`);
    }
  }
}

function cut(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

function fromBytes(bytes: string): string {
  return toText(Buffer.from(bytes, 'latin1'));
}
