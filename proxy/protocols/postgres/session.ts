import { serialize } from 'pg-protocol';
import { SallyportError } from '../../../engine/errors.ts';
import type { Dialect } from '../../../engine/dialect.ts';
import type { OpenedSession, ProtocolSession, Refusal, SessionHost } from '../../protocol.ts';
import type { CancelKey, CancelKeys } from './cancel-keys.ts';
import { authenticationOk, backendKeyData, errorResponse, sqlState } from './client-bound.ts';
import { ClientHandshake, type Admission } from './client-handshake.ts';
import type { TargetError } from './error-fields.ts';
import { judgeStartup } from './judge-startup.ts';
import { settingRefused, withPolicySettings } from './policy-settings.ts';
import { refusalResponse } from './refusal.ts';
import { SessionRefused } from '../../session-refused.ts';
import { initialState, report } from './session-state.ts';
import { objectToValue } from './settings-guard.ts';
import type { StartupRequest } from './startup-request.ts';
import { targetParameters } from './startup-request.ts';
import { TargetLogin, type Login } from './target-login.ts';
import { Traffic } from './traffic.ts';

export interface SessionOptions {
  readonly host: SessionHost;
  readonly dialect: Dialect;
  readonly cancelKeys: CancelKeys;
}

/** One client connection: handshake with the client, login at the target, then traffic. */
export class PostgresSession implements ProtocolSession {
  readonly #host: SessionHost;
  readonly #dialect: Dialect;
  readonly #cancelKeys: CancelKeys;
  #handshake: ClientHandshake | undefined;
  #login: TargetLogin | undefined = undefined;
  #traffic: Traffic | undefined = undefined;
  #opened: OpenedSession | undefined = undefined;
  #key: CancelKey | undefined = undefined;
  #draining: SallyportError | undefined = undefined;
  #ended = false;

  constructor({ host, dialect, cancelKeys }: SessionOptions) {
    this.#host = host;
    this.#dialect = dialect;
    this.#cancelKeys = cancelKeys;
    this.#handshake = new ClientHandshake(host, {
      admitted: (admission) => {
        this.#admitted(admission);
      },
      cancelRequested: (key) => {
        cancelKeys.cancel(key);
        this.#end('cancel request');
      },
      failed: (error) => {
        const worded = error instanceof SessionRefused;
        this.#fail(error, worded ? refusalResponse(error.refusal, undefined, 'FATAL') : undefined);
      },
    });
  }

  get idle(): boolean {
    return this.#ended || this.#traffic?.idle === true;
  }

  get holding(): boolean {
    return this.#traffic?.holding === true;
  }

  clientData(chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#traffic !== undefined) {
      this.#traffic.clientData(chunk);
      return;
    }
    try {
      this.#handshake?.clientData(chunk);
    } catch (error) {
      this.fail(asSallyportError(error));
    }
  }

  clientSecured(): void {
    this.#handshake?.clientSecured();
  }

  targetConnected(): void {
    this.#login?.targetConnected();
  }

  targetSecured(): void {
    this.#login?.targetSecured();
  }

  targetData(chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#traffic !== undefined) this.#traffic.targetData(chunk);
    else this.#login?.targetData(chunk);
  }

  clientClosed(): void {
    if (this.#ended) return;
    // PostgreSQL ends a session by itself when its client is gone; Terminate spares its log a complaint.
    if (this.#traffic !== undefined) this.#host.sendTarget(serialize.end());
    this.#end('client closed');
  }

  targetClosed(error?: SallyportError): void {
    if (this.#ended) return;
    if (this.#traffic?.fatal === true) {
      this.#end('target closed');
      return;
    }
    this.#fail(error ?? new SallyportError('SP_TARGET_UNREACHABLE', 'The target closed the connection.'));
  }

  drain(reason: SallyportError): void {
    if (this.#traffic === undefined || this.idle) this.fail(reason);
    else this.#draining = reason;
  }

  fail(error: SallyportError): void {
    const traffic = this.#traffic;
    if (!this.#ended) traffic?.abandon();
    if (traffic?.insideMessage === true) traffic.failSoon(error);
    else this.#fail(error);
  }

  /** A CancelRequest with this session's key came in on another connection. */
  cancel(): void {
    this.#traffic?.cancel();
  }

  #fail(error: SallyportError, response?: Uint8Array): void {
    if (this.#ended) return;
    const traffic = this.#traffic;
    if (traffic?.insideMessage !== true) {
      const { code, message, help } = error;
      this.#host.sendClient(
        response ?? errorResponse({ severity: 'FATAL', code: sqlState(code), message, detail: code, hint: help }),
      );
    }
    if (traffic !== undefined) this.#host.sendTarget(serialize.end());
    this.#end(error.code, error);
  }

  #end(reason: string, error?: SallyportError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handshake = undefined;
    this.#login = undefined;
    if (this.#key !== undefined) this.#cancelKeys.revoke(this.#key);
    this.#traffic?.end();
    this.#host.end(reason, error);
  }

  #admitted({ opened, request }: Admission): void {
    // The client left while it was being let in.
    if (this.#ended) return;
    this.#opened = opened;
    const { target } = opened;
    const settings = withPolicySettings(request.settings, opened.settings);
    const tracked = initialState(target.user, target.database ?? request.database, settings.all);
    judgeStartup(this.#dialect, opened.gate, settings.own, tracked.state)
      .then((refusal) => {
        if (this.#ended) return;
        if (refusal !== undefined) this.#refused(refusal);
        else this.#connect(opened, { ...request, settings: settings.all });
      })
      .catch((error: unknown) => {
        this.fail(asSallyportError(error));
      });
  }

  #connect(opened: OpenedSession, request: StartupRequest): void {
    const { database, settings } = request;
    this.#login = new TargetLogin(this.#host, opened.target, database, targetParameters(settings), {
      ready: (login) => {
        this.#ready(login, opened, request);
      },
      failed: (error, cause) => {
        this.#loginFailed(error, cause);
      },
    });
    this.#host.connectTarget();
  }

  #refused(refusal: Refusal): void {
    this.#fail(new SallyportError(refusal.code, refusal.message), refusalResponse(refusal, undefined, 'FATAL'));
  }

  #loginFailed(error: SallyportError, cause: TargetError | undefined): void {
    if (cause === undefined || error.code === 'SP_TARGET_AUTH_FAILED') {
      if (cause !== undefined) this.#opened?.gate.recordError(error.code, `${cause.code}: ${cause.message}`);
      this.#fail(error);
      return;
    }
    const settings = settingRefused(cause, this.#opened?.settings ?? {});
    if (settings !== undefined) {
      const { message, help } = settings;
      this.#fail(
        settings,
        errorResponse({ severity: 'FATAL', code: cause.code, message, detail: settings.code, hint: help }),
      );
      return;
    }
    // What else hinders the target (no such database, too many connections) helps the client in its own words.
    this.#fail(error, errorResponse({ severity: 'FATAL', code: cause.code, message: cause.message }));
  }

  #ready(login: Login, opened: OpenedSession, request: StartupRequest): void {
    if (this.#ended) return;
    for (const name of ['standard_conforming_strings', 'client_encoding']) {
      const objection = objectToValue(name, login.parameters.get(name));
      if (objection !== undefined) {
        this.#fail(new SallyportError(objection.code, `The target's ${objection.message}`, { help: objection.hint }));
        return;
      }
    }
    let tracked = initialState(opened.target.user, opened.target.database ?? request.database, request.settings);
    for (const [name, value] of login.parameters) tracked = report(tracked, name, value);
    const traffic = new Traffic({
      host: this.#host,
      dialect: this.#dialect,
      gate: opened.gate,
      tracked,
      catalogue: opened.catalogue,
      maskKey: opened.maskKey,
      targetKey: login.key,
      fail: (error, response) => {
        this.#fail(error, response);
      },
      terminated: () => {
        this.#end('client terminated');
      },
      settled: () => {
        if (this.#draining !== undefined && this.idle) this.#fail(this.#draining);
      },
    });
    this.#key = this.#cancelKeys.issue(this);
    const last = login.greeting.at(-1) ?? Buffer.alloc(0);
    this.#host.sendClient(
      Buffer.concat([
        authenticationOk,
        ...login.greeting.slice(0, -1),
        backendKeyData(this.#key.processId, this.#key.secret),
        last,
      ]),
    );
    const rest = this.#handshake?.rest;
    this.#handshake = undefined;
    this.#login = undefined;
    this.#traffic = traffic;
    this.#host.resumeClient();
    if (login.rest.length > 0) traffic.targetData(login.rest);
    if (rest !== undefined && rest.length > 0) traffic.clientData(rest);
  }
}

function asSallyportError(error: unknown): SallyportError {
  return error instanceof SallyportError ? error : new SallyportError('SP_PROTOCOL_VIOLATION', String(error));
}
