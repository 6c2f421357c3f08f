import type { Paint } from '../reporters/terminal.ts';
import type { DemoGateway } from './demo-gateway.ts';
import { approveAsReviewer, comment, tellReviewer, type ReviewerAccess } from './reviewer.ts';
import { Cast, play, script, type Held, type Step } from './script.ts';
import { tellEnding, tellRecording, tellStep } from './story.ts';
import type { DemoSubject } from './subjects.ts';

export interface PerformanceOptions {
  readonly gateway: DemoGateway;
  readonly tokens: Readonly<Record<DemoSubject, string>>;
  readonly paint: Paint;
  readonly say: (text: string) => void;
}

/** The script, played before an audience: each step, the one that is held, and what was recorded of them. */
export class Performance {
  readonly #options: PerformanceOptions;
  readonly #cast: Cast;
  #waiting: { readonly step: Step; readonly held: Held } | undefined;
  #surprises = 0;
  #closed = false;

  constructor(options: PerformanceOptions) {
    this.#options = options;
    this.#cast = new Cast({ port: options.gateway.port, tokens: options.tokens });
  }

  /** How many steps came out otherwise than the script says. */
  get surprises(): number {
    return this.#surprises;
  }

  /** @throws Error when the gateway does not let somebody in */
  async play(): Promise<void> {
    const { say, paint } = this.#options;
    for await (const played of play(script, this.#cast)) {
      say(tellStep(played, paint));
      if (!played.expected) this.#surprises += 1;
      if (played.outcome.kind === 'held') this.#waiting = { step: played.step, held: played.outcome };
    }
  }

  /** The reviewer approves what waits, over the API. @throws SallyportError as approveAsReviewer */
  async review(): Promise<void> {
    if (this.#waiting === undefined) return;
    const { step, held } = this.#waiting;
    const { paint, say } = this.#options;
    const [, , command = ''] = tellReviewer(held.request, this.#access);
    const { shown, approved } = await approveAsReviewer(held.request, this.#access, paint);
    say(`${paint('bold', 'What the reviewer sees')}\n\n${shown}\n  ${paint('dim', 'dba>')} ${command}\n`);
    if (!approved) {
      say(`  ${paint('red', 'not enough: the policies ask for more than one')}\n\n`);
      this.#surprises += 1;
      return;
    }
    const ending = await held.ending;
    say(`  ${paint('green', 'approved')} by dba: ${comment}\n\n${tellEnding(step, ending, paint)}`);
    if (ending.kind !== 'allowed') this.#surprises += 1;
  }

  /** Says how somebody approves what waits, and tells how it ends whenever it does. */
  inviteReview(): void {
    if (this.#waiting === undefined) return;
    const { step, held } = this.#waiting;
    const { paint, say } = this.#options;
    const lines = tellReviewer(held.request, this.#access);
    say(`What ${step.who} sent waits for the dba. In another terminal, in this folder:\n\n`);
    say(`${lines.map((line) => `  ${line}\n`).join('')}\n`);
    void held.ending.then((ending) => {
      if (!this.#closed) say(`\n${tellEnding(step, ending, paint)}`);
    });
  }

  async tellRecorded(): Promise<void> {
    const { gateway, paint, say } = this.#options;
    say(`${paint('bold', 'Recorded before it was released')}\n\n`);
    say(`${await tellRecording(gateway.recordings, 'agent', paint)}\n`);
  }

  /** What still waits is withdrawn. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#cast.close();
  }

  get #access(): ReviewerAccess {
    return { api: this.#options.gateway.api, token: this.#options.tokens.dba };
  }
}
