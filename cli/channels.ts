import { SallyportError } from '../engine/errors.ts';
import { createCredential } from '../proxy/credentials/credential.ts';
import type { Channel } from '../proxy/notifications/channel.ts';
import { webhookUrl } from '../proxy/notifications/deliver.ts';
import type { ChannelRates } from '../proxy/notifications/enqueue.ts';
import { signingKey } from '../proxy/notifications/signature.ts';
import { locateCredential } from './config.ts';
import type { LoadedConfig } from './config/load.ts';
import type { ChannelConfig } from './config/types.ts';

const PER_MINUTE = 60;
const HOUR_MS = 3_600_000;

/**
 * The channels of a configuration.
 *
 * @throws SallyportError SP_CONFIG_INVALID when an address or a secret is not there, or is none
 */
export function composeChannels(loaded: LoadedConfig): Channel[] {
  return Object.entries(loaded.config.notifications?.channels ?? {}).map(([name, config]) => {
    const channel = composeChannel(name, config, loaded);
    try {
      webhookUrl(channel.url());
      if (channel.secret !== undefined) signingKey(channel.secret());
    } catch (cause) {
      if (!(cause instanceof SallyportError)) throw cause;
      const { code, message, help } = cause;
      throw new SallyportError(code, `Channel ${name}: ${message}`, { cause, ...(help === undefined ? {} : { help }) });
    }
    return channel;
  });
}

/** By name, how much each channel is told; without looking at its secrets. */
export function channelRates({ config }: LoadedConfig): ChannelRates {
  const channels = Object.entries(config.notifications?.channels ?? {});
  return new Map(channels.map(([name, { per_minute: perMinute = PER_MINUTE }]) => [name, { perMinute }]));
}

function composeChannel(name: string, config: ChannelConfig, loaded: LoadedConfig): Channel {
  const {
    url,
    format = 'json',
    secret,
    per_minute: perMinute = PER_MINUTE,
    template,
    approvals = false,
    backlog,
  } = config;
  return {
    name,
    url: createCredential(locateCredential(url, loaded)),
    format,
    ...(secret === undefined ? {} : { secret: createCredential(locateCredential(secret, loaded)) }),
    perMinute,
    ...(template === undefined ? {} : { template }),
    approvals,
    ...(backlog === undefined ? {} : { backlog: composeBacklog(backlog) }),
  };
}

function composeBacklog({ most, hours }: NonNullable<ChannelConfig['backlog']>): NonNullable<Channel['backlog']> {
  return {
    ...(most === undefined ? {} : { most }),
    ...(hours === undefined ? {} : { ageMs: hours * HOUR_MS }),
  };
}
