import type { Transaction } from 'kysely';
import type { ApprovalRequest } from '../approvals/requests.ts';
import { describeError, type Logger } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import { approvalNotice } from './approval-notice.ts';
import type { Channel } from './channel.ts';
import { ChannelSender, type SenderTimes } from './channel-sender.ts';
import { enqueue, OUTBOX_CHANNEL } from './enqueue.ts';
import { forgetFinished } from './outbox.ts';

export interface NotificationOptions {
  readonly store: Store;
  /** Id of this gateway. */
  readonly gateway: string;
  readonly channels: readonly Channel[];
  readonly logger: Logger;
  readonly times?: SenderTimes;
}

/** How often what was sent long ago is forgotten, and the outbox looked through without being asked. */
const SWEEP_MS = 10 * 60_000;

/**
 * Tells channels, through the outbox in the store: what was queued survives whatever happens to the receiver or to this
 * gateway, and any gateway that shares the store may send it.
 */
export class NotificationService {
  readonly #options: NotificationOptions;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #senders = new Map<string, ChannelSender>();
  #sweep: NodeJS.Timeout | undefined;
  #unlisten: (() => Promise<void>) | undefined;

  private constructor(options: NotificationOptions) {
    this.#options = options;
    this.#channels = new Map(options.channels.map((channel) => [channel.name, channel]));
    for (const channel of options.channels) this.#senders.set(channel.name, new ChannelSender({ ...options, channel }));
  }

  /** Begins to send what waits. @throws the database's error */
  static async start(options: NotificationOptions): Promise<NotificationService> {
    const service = new NotificationService(options);
    const wakeAll = (): void => {
      for (const sender of service.#senders.values()) sender.wake();
    };
    if (options.channels.length === 0) return service;
    service.#unlisten = await options.store.listen(
      OUTBOX_CHANNEL,
      (channel) => service.#senders.get(channel)?.wake(),
      wakeAll,
    );
    service.#sweep = setInterval(() => {
      wakeAll();
      forgetFinished(options.store.db).catch((error: unknown) => {
        options.logger.warn({ error: describeError(error) }, 'the outbox could not be tidied');
      });
    }, SWEEP_MS);
    service.#sweep.unref();
    wakeAll();
    return service;
  }

  get channels(): ReadonlySet<string> {
    return new Set(this.#channels.keys());
  }

  /** Queues word of a request for approval, in the transaction that changes it. */
  async queueApproval(db: Transaction<Tables>, request: ApprovalRequest): Promise<void> {
    const told = this.#options.channels.filter(({ approvals }) => approvals);
    const one = approvalNotice(request);
    await enqueue(
      db,
      told.map(({ name }) => ({ ...one, channel: name })),
      this.#channels,
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#unlisten?.();
    await Promise.all([...this.#senders.values()].map((sender) => sender.close()));
  }
}
