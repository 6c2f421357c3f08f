import type { Command } from '../../../engine/contract.ts';
import type { SallyportError } from '../../../engine/errors.ts';
import type { ParseResult } from '../../../engine/dialect.ts';
import type { GateSession, Protocol, ProtocolSession, SessionHost } from '../../../proxy/protocol.ts';

/**
 * The smallest protocol that uses all of the host. Lines of text:
 *
 *     client: TLS                    → "SECURE", then TLS
 *     client: HELLO user token [db]  → "WELCOME <resource's database>" once the target stands
 *     client: anything else          → judged, then sent to the target; one line of the target answers it
 *     client: CANCEL                 → "CANCEL" to the target over a connection of its own
 *
 * Refusals and failures are "ERROR <code> <message>".
 */
export const lineProtocol: Protocol = { name: 'line', createSession: (host) => new LineSession(host) };

/** One command of which nothing is known but its text. */
export function lineCommand(text: string, more: Partial<Command> = {}): Command {
  return {
    dialect: 'line',
    verb: text.split(' ')[0] ?? '',
    effects: ['read'],
    targets: [],
    functions: [],
    complete: true,
    reasons: [],
    fingerprint: 'line',
    text,
    span: { start: 0, end: text.length },
    secrets: [],
    attributes: {},
    ...more,
  };
}

export function parsed(...commands: readonly Command[]): ParseResult {
  return { complete: commands.every(({ complete }) => complete), commands, diagnostics: [] };
}

class LineSession implements ProtocolSession {
  readonly #host: SessionHost;
  #held = Buffer.alloc(0);
  #gate: GateSession | undefined;
  #database = '';
  #unanswered: (readonly number[])[] = [];
  #draining: SallyportError | undefined;
  #waiting = false;

  constructor(host: SessionHost) {
    this.#host = host;
  }

  get idle(): boolean {
    return this.#unanswered.length === 0 && !this.holding && !this.#waiting;
  }

  get holding(): boolean {
    return this.#held.length > 0;
  }

  clientData(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    this.#lines();
  }

  #lines(): void {
    for (let end = this.#held.indexOf(10); end >= 0 && !this.#waiting; end = this.#held.indexOf(10)) {
      const line = this.#held.toString('utf8', 0, end);
      this.#held = this.#held.subarray(end + 1);
      this.#line(line);
    }
  }

  #line(line: string): void {
    const [word, user = '', token = '', database] = line.split(' ');
    if (word === 'TLS') {
      this.#say('SECURE');
      this.#host.secureClient();
    } else if (word === 'THROW') throw new Error('a bug of the protocol');
    else if (word === 'CANCEL') this.#host.sendOutOfBand(Buffer.from('CANCEL\n'));
    else if (this.#gate === undefined) this.#hello(user, token, database);
    else this.#command(line, this.#gate);
  }

  #hello(user: string, token: string, database: string | undefined): void {
    this.#waiting = true;
    this.#host.openSession({ user, token, ...(database === undefined ? {} : { database }) }).then(
      ({ gate, target }) => {
        this.#gate = gate;
        this.#database = target.database ?? '';
        this.#host.connectTarget();
      },
      (error: unknown) => {
        this.fail(error as SallyportError);
      },
    );
  }

  #command(line: string, gate: GateSession): void {
    const verdict = gate.judge({
      parsed: parsed(lineCommand(line)),
      stateBefore: () => ({ transaction: 'idle', settings: {} }),
    });
    if ('held' in verdict) throw new Error('nothing is held here');
    if (verdict.released) {
      this.#unanswered.push(verdict.events);
      this.#host.sendTarget(Buffer.from(`${line}\n`));
    } else {
      this.#say(`ERROR ${verdict.refusal?.code ?? ''} ${verdict.refusal?.message ?? ''}`);
      if (verdict.terminate) this.#host.end('terminated by the policy');
    }
  }

  clientSecured(): void {
    this.#say(`TLS ${this.#host.clientTls.active ? 'on' : 'off'}`);
  }

  targetConnected(): void {
    this.#waiting = false;
    this.#say(`WELCOME ${this.#database}`.trim());
    this.#lines();
  }

  targetSecured(): void {
    throw new Error('not asked for');
  }

  targetData(chunk: Buffer): void {
    this.#host.sendClient(chunk);
    for (const byte of chunk) {
      if (byte !== 10) continue;
      const events = this.#unanswered.shift();
      if (events !== undefined) this.#gate?.recordResult({ events, status: 'ok' });
    }
    if (this.#draining !== undefined && this.idle) this.fail(this.#draining);
  }

  clientClosed(): void {
    this.#host.end('client closed');
  }

  targetClosed(error?: SallyportError): void {
    this.#say(`ERROR ${error?.code ?? 'closed'} ${error?.message ?? ''}`);
    this.#host.end('target closed', error);
  }

  drain(reason: SallyportError): void {
    this.#draining = reason;
    if (this.idle) this.fail(reason);
  }

  fail(error: SallyportError): void {
    this.#say(`ERROR ${error.code} ${error.message}`);
    this.#host.end('failed', error);
  }

  #say(line: string): void {
    this.#host.sendClient(Buffer.from(`${line}\n`));
  }
}
