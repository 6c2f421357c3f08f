import { enqueueRecorded, type ChannelRates } from '../notifications/enqueue.ts';
import { impose } from '../quarantine/quarantines.ts';
import type { FulfilDuties } from './index/write-rows.ts';

/** What recorded decisions ask of the store: word to channels, and quarantine, should the gateway not have come to it. */
export function createDuties(channels: ChannelRates): FulfilDuties {
  return async (db, duties) => {
    await enqueueRecorded(db, duties.notifications, channels);
    for (const quarantine of duties.quarantines) {
      await impose(db, { ...quarantine, since: new Date(quarantine.since) });
    }
  };
}
