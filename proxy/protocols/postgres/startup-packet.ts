import { SallyportError } from '../../../engine/errors.ts';
import { FieldReader, readUint32 } from './bytes.ts';

/** MAX_STARTUP_PACKET_LENGTH of PostgreSQL: what a peer that is not authenticated may make the gateway hold. */
export const STARTUP_PACKET_BYTES = 10_000;

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_MAJOR = 3;
const CANCEL_BYTES = 16;
const NEGOTIATION_BYTES = 8;

/** A client's first packets, which have no type byte. */
export type StartupPacket =
  | { readonly kind: 'ssl' | 'gssenc' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: number }
  | {
      readonly kind: 'startup';
      /** Minor version asked for; the gateway speaks 3.0. */
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
      /** Names that begin with `_pq_.`: protocol options, none of which the gateway knows. */
      readonly protocolOptions: readonly string[];
    };

/**
 * Length of the packet at the start of `bytes`, or `undefined` while its length is not there yet.
 *
 * @throws SallyportError SP_PROTOCOL_VIOLATION when the length is impossible or above PostgreSQL's limit
 */
export function startupPacketLength(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const length = readUint32(bytes, 0);
  if (length < NEGOTIATION_BYTES || length > STARTUP_PACKET_BYTES) {
    throw new SallyportError('SP_PROTOCOL_VIOLATION', 'invalid length of startup packet');
  }
  return length;
}

/** @throws SallyportError SP_PROTOCOL_VIOLATION, SP_PROTOCOL_UNSUPPORTED */
export function parseStartupPacket(packet: Buffer): StartupPacket {
  const version = readUint32(packet, 4);
  if (version === SSL_REQUEST || version === GSSENC_REQUEST) {
    if (packet.length !== NEGOTIATION_BYTES) throw malformed();
    return { kind: version === SSL_REQUEST ? 'ssl' : 'gssenc' };
  }
  if (version === CANCEL_REQUEST) {
    // Protocol 3.2 has longer keys; the gateway hands out those of 3.0 only.
    if (packet.length !== CANCEL_BYTES) throw malformed();
    return { kind: 'cancel', processId: packet.readInt32BE(8), secret: packet.readInt32BE(12) };
  }
  const major = version >>> 16;
  if (major !== PROTOCOL_MAJOR) {
    throw new SallyportError(
      'SP_PROTOCOL_UNSUPPORTED',
      `unsupported frontend protocol ${major}.${version & 0xffff}: server supports 3.0`,
    );
  }
  return { kind: 'startup', minor: version & 0xffff, ...readParameters(packet) };
}

function readParameters(packet: Buffer): { parameters: Map<string, string>; protocolOptions: string[] } {
  const fields = new FieldReader(packet, 8, packet.length);
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (;;) {
    const name = fields.text();
    if (name === '') break;
    const value = fields.text();
    if (name.startsWith('_pq_.')) {
      protocolOptions.push(name);
      continue;
    }
    // PostgreSQL takes the last; who sends one twice hopes that two readers differ.
    if (parameters.has(name)) {
      throw new SallyportError('SP_PROTOCOL_VIOLATION', `The startup packet names the parameter "${name}" twice.`);
    }
    parameters.set(name, value);
  }
  // `complete` also holds that the terminator is the packet's last byte, as PostgreSQL demands.
  if (!fields.complete) throw malformed();
  return { parameters, protocolOptions };
}

function malformed(): SallyportError {
  return new SallyportError('SP_PROTOCOL_VIOLATION', 'invalid startup packet layout');
}
