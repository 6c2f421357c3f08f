import { SallyportError } from '../../../engine/errors.ts';
import type { OpenedSession, SessionHost } from '../../protocol.ts';
import { decodeText, readUint32 } from './bytes.ts';
import type { CancelKey } from './cancel-keys.ts';
import { cleartextPasswordRequest, encryptionRefused, negotiateProtocolVersion, sslAccepted } from './client-bound.ts';
import { FROM_CLIENT } from './message-types.ts';
import { objectToPolicySettings } from './policy-settings.ts';
import { initialState } from './session-state.ts';
import { parseStartupPacket, STARTUP_PACKET_BYTES, startupPacketLength, type StartupPacket } from './startup-packet.ts';
import { readStartupRequest, type StartupRequest } from './startup-request.ts';

/** A client that was let in, with what it sent behind its password. */
export interface Admission {
  readonly opened: OpenedSession;
  readonly request: StartupRequest;
}

export interface HandshakeEvents {
  admitted(admission: Admission): void;
  cancelRequested(key: CancelKey): void;
  failed(error: SallyportError): void;
}

type Startup = Extract<StartupPacket, { kind: 'startup' }>;

/** From a client's first byte to its admission: encryption, the startup packet, the token. */
export class ClientHandshake {
  readonly #host: SessionHost;
  readonly #events: HandshakeEvents;
  #step: 'startup' | 'securing' | 'password' | 'opening' = 'startup';
  #bytes: Buffer = Buffer.alloc(0);
  #sslAnswered = false;
  #gssAnswered = false;
  #request: StartupRequest | undefined = undefined;

  constructor(host: SessionHost, events: HandshakeEvents) {
    this.#host = host;
    this.#events = events;
  }

  /** What came behind the password, while the client was let in. */
  get rest(): Buffer {
    return this.#bytes;
  }

  /** @throws SallyportError SP_PROTOCOL_VIOLATION, SP_PROTOCOL_UNSUPPORTED, SP_SETTING_REFUSED, SP_AUTH_FAILED */
  clientData(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#step === 'securing') throw plaintextBehind('TLS');
    if (this.#step === 'opening') {
      // Nothing is to come before the client is told that it was let in; the relay's socket holds the rest.
      if (this.#bytes.length > STARTUP_PACKET_BYTES) this.#host.pauseClient();
      return;
    }
    while (this.#bytes.length > 0 && (this.#step === 'startup' ? this.#startup() : this.#password()));
  }

  clientSecured(): void {
    this.#step = 'startup';
  }

  /** Gives false when there is nothing more to do with the bytes at hand. */
  #startup(): boolean {
    const length = startupPacketLength(this.#bytes);
    if (length === undefined || this.#bytes.length < length) return false;
    const packet = parseStartupPacket(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    switch (packet.kind) {
      case 'ssl':
        return this.#ssl();
      case 'gssenc':
        return this.#gssenc();
      case 'cancel':
        this.#step = 'opening';
        this.#events.cancelRequested(packet);
        return false;
      case 'startup':
        return this.#begin(packet);
    }
  }

  #ssl(): boolean {
    const { active, available } = this.#host.clientTls;
    if (this.#sslAnswered) throw new SallyportError('SP_PROTOCOL_VIOLATION', 'unexpected SSLRequest');
    this.#sslAnswered = true;
    // Bytes in the clear that TLS would make look protected (CVE-2021-23222).
    if (this.#bytes.length > 0) throw plaintextBehind('SSLRequest');
    if (active || !available) {
      this.#host.sendClient(encryptionRefused);
      return true;
    }
    this.#step = 'securing';
    this.#host.sendClient(sslAccepted);
    this.#host.secureClient();
    return false;
  }

  #gssenc(): boolean {
    if (this.#gssAnswered) throw new SallyportError('SP_PROTOCOL_VIOLATION', 'unexpected GSSENCRequest');
    this.#gssAnswered = true;
    if (this.#bytes.length > 0) throw plaintextBehind('GSSENCRequest');
    this.#host.sendClient(encryptionRefused);
    return true;
  }

  #begin(packet: Startup): boolean {
    const { active, required } = this.#host.clientTls;
    if (required && !active) {
      throw new SallyportError('SP_PROTOCOL_UNSUPPORTED', 'This gateway takes encrypted connections only.', {
        help: 'Connect with sslmode=require.',
      });
    }
    if (packet.minor > 0 || packet.protocolOptions.length > 0) {
      this.#host.sendClient(negotiateProtocolVersion(packet.protocolOptions));
    }
    this.#request = readStartupRequest(packet.parameters);
    this.#step = 'password';
    this.#host.sendClient(cleartextPasswordRequest);
    return true;
  }

  #password(): boolean {
    if (this.#bytes[0] !== FROM_CLIENT.password) {
      throw new SallyportError(
        'SP_PROTOCOL_VIOLATION',
        `expected password response, got message type ${this.#bytes[0] ?? 0}`,
      );
    }
    if (this.#bytes.length < 5) return false;
    const length = readUint32(this.#bytes, 1);
    if (length < 5 || length > STARTUP_PACKET_BYTES) {
      throw new SallyportError('SP_PROTOCOL_VIOLATION', 'invalid password packet size');
    }
    if (this.#bytes.length < length + 1) return false;
    const token = decodeText(this.#bytes, 5, length);
    if (token === undefined || this.#bytes.indexOf(0, 5) !== length) {
      throw new SallyportError('SP_PROTOCOL_VIOLATION', 'invalid password packet');
    }
    this.#bytes = this.#bytes.subarray(length + 1);
    if (token === '') throw new SallyportError('SP_AUTH_FAILED', 'empty password returned by client');
    this.#open(token);
    return false;
  }

  #open(token: string): void {
    const request = this.#request;
    if (request === undefined) throw new SallyportError('SP_PROTOCOL_VIOLATION');
    this.#step = 'opening';
    const { user, database, settings } = request;
    const application = settings.get('application_name');
    this.#host
      .openSession({
        user,
        token,
        ...(database !== undefined && { database }),
        ...(application !== undefined && { application }),
        stateAt: (target) => initialState(target.user, target.database ?? database, settings).state,
        checkSettings: objectToPolicySettings,
      })
      .then((opened) => {
        this.#events.admitted({ opened, request });
      })
      .catch((error: unknown) => {
        this.#events.failed(error instanceof SallyportError ? error : new SallyportError('SP_AUTH_FAILED'));
      });
  }
}

function plaintextBehind(what: string): SallyportError {
  return new SallyportError('SP_PROTOCOL_VIOLATION', `received unencrypted data after ${what} request`);
}
