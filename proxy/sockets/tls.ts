import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { connect, TLSSocket, type SecureContext } from 'node:tls';

/** How the gateway's side of a client's connection may be encrypted. */
export interface ClientTls {
  /** Made with tls.createSecureContext of the operator's certificate and key. */
  readonly context: SecureContext;
  /** Refuse clients that do not ask for TLS. */
  readonly required: boolean;
}

/**
 * How the gateway checks its target; the names and meanings of libpq's sslmode.
 *
 * - `disable`: never TLS. - `prefer`: TLS if the target has it; protects against nothing active.
 * - `require`: TLS, any certificate. - `verify-ca`: a certificate of the CA. - `verify-full`: of the CA, for this host.
 */
export type TargetTlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TargetTls {
  readonly mode: TargetTlsMode;
  /** PEM of the certificate authorities to trust. Default: those of Node. */
  readonly ca?: string;
  /** Name that the certificate must carry. Default: the target's host. */
  readonly serverName?: string;
}

/** Starts TLS on an accepted socket that has spoken in the clear so far. `secured` is called once, on success. */
export function secureAccepted(socket: Socket, tls: ClientTls, secured: () => void): TLSSocket {
  const secure = new TLSSocket(socket, { isServer: true, secureContext: tls.context });
  secure.once('secure', secured);
  // A failed handshake closes the socket; Node tells why with this event and not with 'error'.
  secure.on('_tlsError', () => secure.destroy());
  return secure;
}

/** Starts TLS on a connection to a target. Failures, a wrong certificate among them, come as 'error'. */
export function secureTarget(socket: Socket, host: string, tls: TargetTls, secured: () => void): TLSSocket {
  const name = tls.serverName ?? host;
  const verified = tls.mode === 'verify-ca' || tls.mode === 'verify-full';
  const secure = connect({
    socket,
    host: name,
    // RFC 6066: a server name is never an address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    rejectUnauthorized: verified,
    ...(tls.mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  });
  secure.once('secureConnect', secured);
  return secure;
}
