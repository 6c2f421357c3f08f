import pg from 'pg';
import { describeError, type Logger } from '../log.ts';

interface Listening {
  readonly heard: (payload: string) => void;
  readonly missed: (() => void) | undefined;
}

/** Milliseconds before a lost connection is tried again; doubled with each failure, up to the second. */
const retryMs = { first: 250, most: 10_000 } as const;

/** One connection that listens (LISTEN), made when somebody does, and made anew for as long as somebody does. */
export class PostgresListener {
  readonly #url: string;
  readonly #logger: Logger;
  readonly #channels = new Map<string, Set<Listening>>();
  #client: pg.Client | undefined;
  #connecting: Promise<pg.Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #wait: number = retryMs.first;
  #closed = false;

  constructor(url: string, logger: Logger) {
    this.#url = url;
    this.#logger = logger;
  }

  /** @throws the driver's error when the first connection cannot be made */
  async listen(channel: string, heard: Listening['heard'], missed?: Listening['missed']): Promise<() => Promise<void>> {
    const one: Listening = { heard, missed };
    const listeners = this.#channels.get(channel);
    if (listeners !== undefined) {
      listeners.add(one);
      await this.#connected();
    } else {
      this.#channels.set(channel, new Set([one]));
      const client = await this.#connected();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    }
    return async () => {
      const left = this.#channels.get(channel);
      left?.delete(one);
      if (left?.size !== 0) return;
      this.#channels.delete(channel);
      await this.#client?.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const client = this.#client ?? (await this.#connecting?.catch(() => undefined));
    await client?.end().catch(() => undefined);
  }

  #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return Promise.resolve(this.#client);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      application_name: 'sallyport store (listening)',
    });
    client.on('notification', ({ channel, payload = '' }) => {
      for (const { heard } of this.#channels.get(channel) ?? []) heard(payload);
    });
    // A broken connection may report several errors and then its end: the first is enough.
    const onLost = (error?: Error): void => {
      this.#lost(client, error);
    };
    client.on('error', onLost);
    client.on('end', onLost);
    await client.connect();
    for (const channel of this.#channels.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    this.#client = client;
    this.#wait = retryMs.first;
    return client;
  }

  #lost(client: pg.Client, error?: Error): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = undefined;
    this.#logger.warn(
      { error: error === undefined ? 'closed' : describeError(error) },
      'store: listening was interrupted',
    );
    client.end().catch(() => undefined);
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    if (this.#closed || this.#channels.size === 0) return;
    this.#retry = setTimeout(() => {
      this.#connected().then(
        () => {
          this.#logger.info({}, 'store: listening again');
          for (const listeners of this.#channels.values()) for (const { missed } of listeners) missed?.();
        },
        () => {
          this.#wait = Math.min(this.#wait * 2, retryMs.most);
          this.#reconnectLater();
        },
      );
    }, this.#wait);
    this.#retry.unref();
  }
}
