import type { RecordingEvent } from '../../../engine/contract.ts';
import { noticesOf, type NewNotification } from '../../notifications/notice.ts';
import { quarantineOf, type NewQuarantine } from '../../quarantine/quarantine.ts';

/** What recorded decisions ask of the store, as JSON carries it. */
export interface Duties {
  readonly notifications: readonly NewNotification[];
  readonly quarantines: readonly (Omit<NewQuarantine, 'since'> & { readonly since: string })[];
}

type Of<Type extends RecordingEvent['type']> = Extract<RecordingEvent, { type: Type }>;
type Owing = Duties['quarantines'][number];

/**
 * Finds in a recording's events, in order, what is still to be done after them: whom to tell, whom to keep out. Derived
 * from the recording and not from what the gateway meant to do, so that a crash at any point forgets nothing.
 */
export class RecordingDuties {
  readonly #gateway: string;
  readonly #channels: ReadonlySet<string>;
  readonly #notifications: NewNotification[] = [];
  readonly #quarantines: Owing[] = [];
  #command: Of<'command'> | undefined;

  /** @param channels names of the channels that are configured: nobody else is told through the outbox */
  constructor(gateway: string, channels: ReadonlySet<string>) {
    this.#gateway = gateway;
    this.#channels = channels;
  }

  add(event: RecordingEvent): void {
    if (event.type === 'command') this.#command = event;
    else if (isOwing(event)) this.#owe(event);
  }

  /** Undefined where nothing is owed. */
  get duties(): Duties | undefined {
    if (this.#notifications.length + this.#quarantines.length === 0) return undefined;
    return { notifications: this.#notifications, quarantines: this.#quarantines };
  }

  #owe({ decision, command, session, seq, time, input: own }: Of<'decision'>): void {
    // A decision about the session itself has its input with it.
    const input = own ?? (this.#command?.seq === command ? this.#command.input : undefined);
    if (input === undefined) return;
    const { subject, resource, client, command: judged } = input;
    this.#notifications.push(
      ...noticesOf(
        {
          gateway: this.#gateway,
          session,
          seq,
          time,
          subject,
          resource,
          client,
          ...(judged === undefined ? {} : { command: judged }),
          decision,
        },
        this.#channels,
      ),
    );
    const quarantine = quarantineOf(decision, subject, new Date(time));
    if (quarantine !== undefined) this.#quarantines.push({ ...quarantine, since: time });
  }
}

function isOwing(event: RecordingEvent): event is Of<'decision'> {
  return (
    event.type === 'decision' &&
    event.decision.obligations.some(({ kind }) => kind === 'notify' || kind === 'quarantine')
  );
}
