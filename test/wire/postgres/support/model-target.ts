import { backend } from './backend.ts';
import { FrameReader, strings, type Frame } from './decode.ts';

/** Decides in the model itself what a policy would: so the model is also what a client should see through the gateway. */
export type Denies = (text: string) => boolean;

/**
 * A model of a PostgreSQL server's side of the protocol, from its manual ("Message Flow"), over toy statements:
 * `begin`, `commit`, `rollback`, `rows N`, `copy … from`, `fail`, and anything else, which succeeds.
 * It knows nothing of the gateway but that the texts it sends in a statement's place do not parse.
 */
export class ModelTarget {
  /** Texts that were planned or run, in order. */
  readonly seen: string[] = [];
  dead = false;
  readonly #reader = new FrameReader();
  readonly #denies: Denies;
  readonly #buffered: Buffer[] = [];
  #status: 'I' | 'T' | 'E' = 'I';
  #skipping = false;
  #copy: { simple: boolean; rest: string[]; rows: number } | undefined = undefined;
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  /** Portals that ran to their end. */
  readonly #done = new Set<string>();

  constructor(denies: Denies = () => false) {
    this.#denies = denies;
  }

  /** Gives what the server sends: answers of the extended protocol stay in its buffer until something flushes it. */
  push(bytes: Uint8Array): Buffer {
    const sent: Buffer[] = [];
    for (const frame of this.#reader.push(bytes)) {
      const replies = this.#handle(frame);
      this.#buffered.push(...replies);
      const flushed =
        'SHQX'.includes(frame.type) || replies.some((reply) => [0x45, 0x47, 0x5a].includes(reply[0] ?? 0));
      if (flushed) sent.push(...this.#buffered.splice(0));
    }
    return Buffer.concat(sent);
  }

  #handle(frame: Frame): Buffer[] {
    if (this.dead) return [];
    if (this.#copy !== undefined) return this.#duringCopy(frame, this.#copy);
    if ('dcf'.includes(frame.type)) return [];
    if (this.#skipping && frame.type !== 'S' && frame.type !== 'X') return [];
    switch (frame.type) {
      case 'Q':
        return this.#query(strings(frame.body, 1)[0] ?? '');
      case 'S':
        this.#skipping = false;
        return [this.#ready()];
      case 'F':
        return [backend.functionResult('1'), this.#ready()];
      case 'H':
        return [];
      case 'X':
        this.dead = true;
        return [];
      default: {
        const replies = this.#extended(frame);
        if (replies.at(-1)?.[0] === 0x45) {
          this.#skipping = true;
          this.#fail();
        }
        return replies;
      }
    }
  }

  #extended({ type, body }: Frame): Buffer[] {
    const [first = '', second = ''] = strings(body, type === 'D' || type === 'C' || type === 'E' ? 1 : 2);
    switch (type) {
      case 'P': {
        if (first === '') this.#statements.delete('');
        const error = this.#plan(second);
        if (error !== undefined) return [error];
        if (first !== '' && this.#statements.has(first)) return [backend.error('42P05', 'already exists')];
        this.#statements.set(first, second);
        return [backend.parseComplete()];
      }
      case 'B': {
        const statement = this.#statements.get(second);
        if (statement === undefined) return [backend.error('26000', 'no such statement')];
        if (first !== '' && this.#portals.has(first)) return [backend.error('42P03', 'already exists')];
        if (this.#aborted(statement)) return [backend.error('25P02', 'aborted')];
        this.#portals.set(first, statement);
        this.#done.delete(first);
        return [backend.bindComplete()];
      }
      case 'D':
        return this.#describe(first.slice(0, 1), first.slice(1));
      case 'E': {
        const statement = this.#portals.get(first);
        if (statement === undefined) return [backend.error('34000', 'no such portal')];
        if (this.#done.has(first)) {
          return statement.startsWith('rows')
            ? [backend.complete('SELECT 0')]
            : [backend.error('55000', 'cannot be run')];
        }
        this.#done.add(first);
        return this.#run([statement], false);
      }
      case 'C':
        (first.startsWith('S') ? this.#statements : this.#portals).delete(first.slice(1));
        return [backend.closeComplete()];
      default:
        throw new Error(`the model got a message of type ${type}`);
    }
  }

  #describe(kind: string, name: string): Buffer[] {
    const statement = (kind === 'S' ? this.#statements : this.#portals).get(name);
    if (statement === undefined) return [backend.error(kind === 'S' ? '26000' : '34000', 'does not exist')];
    const columns = statement.startsWith('rows') ? backend.rowDescription() : backend.noData();
    return kind === 'S' ? [backend.parameterDescription(), columns] : [columns];
  }

  #query(text: string): Buffer[] {
    this.#statements.delete('');
    this.#portals.delete('');
    const error = this.#plan(text);
    if (error !== undefined) {
      this.#fail();
      return [error, this.#ready()];
    }
    const commands = text.split(';').filter((part) => part.trim() !== '');
    if (commands.length === 0) return [backend.emptyQuery(), this.#ready()];
    return this.#run(
      commands.map((command) => command.trim()),
      true,
    );
  }

  /** What happens before anything runs: the grammar, and for the model of the whole, the policy. */
  #plan(text: string): Buffer | undefined {
    if (text.startsWith('sallyport denied')) return backend.error('42601', 'syntax error at or near "sallyport"');
    if (this.#denies(text)) return backend.error('42501', 'denied');
    this.seen.push(text);
    return undefined;
  }

  #run(commands: readonly string[], simple: boolean): Buffer[] {
    const replies: Buffer[] = [];
    for (const [index, command] of commands.entries()) {
      if (command.startsWith('copy') && !this.#aborted(command)) {
        this.#copy = { simple, rest: commands.slice(index + 1), rows: 0 };
        return [...replies, backend.copyIn()];
      }
      const { out, failed } = this.#command(command, simple);
      replies.push(...out);
      if (failed && simple) this.#fail();
      if (failed) break;
    }
    return simple ? [...replies, this.#ready()] : replies;
  }

  #command(command: string, simple: boolean): { out: Buffer[]; failed: boolean } {
    if (this.#aborted(command)) return { out: [backend.error('25P02', 'aborted')], failed: true };
    const [first = '', count = '0'] = command.split(' ');
    switch (first) {
      case '':
        return { out: [backend.emptyQuery()], failed: false };
      case 'fail':
        return { out: [backend.error('22012', 'division by zero')], failed: true };
      case 'begin':
        this.#status = 'T';
        return { out: [backend.complete('BEGIN')], failed: false };
      case 'commit':
      case 'rollback': {
        const tag = this.#status === 'E' ? 'ROLLBACK' : first.toUpperCase();
        this.#status = 'I';
        return { out: [backend.complete(tag)], failed: false };
      }
      case 'rows': {
        const rows = Array.from({ length: Number(count) }, (_, row) => backend.dataRow(`row ${row}`));
        const head = simple ? [backend.rowDescription()] : [];
        return { out: [...head, ...rows, backend.complete(`SELECT ${count}`)], failed: false };
      }
      default:
        return { out: [backend.complete(first.toUpperCase())], failed: false };
    }
  }

  #duringCopy({ type, body }: Frame, copy: { simple: boolean; rest: string[]; rows: number }): Buffer[] {
    switch (type) {
      case 'd':
        copy.rows += body.length;
        return [];
      case 'H':
      case 'S':
        return [];
      case 'c': {
        this.#copy = undefined;
        const done = backend.complete(`COPY ${copy.rows}`);
        return copy.simple ? [done, ...this.#run(copy.rest, true)] : [done];
      }
      case 'f':
        this.#copy = undefined;
        this.#fail();
        if (copy.simple) return [backend.error('57014', 'COPY failed'), this.#ready()];
        this.#skipping = true;
        return [backend.error('57014', 'COPY failed')];
      default:
        this.dead = true;
        return [backend.error('08P01', `unexpected message type ${type}`, 'FATAL')];
    }
  }

  #aborted(command: string): boolean {
    return this.#status === 'E' && !command.startsWith('rollback') && !command.startsWith('commit');
  }

  #fail(): void {
    if (this.#status === 'T') this.#status = 'E';
  }

  #ready(): Buffer {
    if (this.#status !== 'T') this.#portals.clear();
    return backend.ready(this.#status);
  }
}
