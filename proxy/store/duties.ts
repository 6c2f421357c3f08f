import type { NotificationService } from '../notifications/notification-service.ts';
import { impose } from '../quarantine/quarantines.ts';
import type { FulfilDuties } from './index/write-rows.ts';

/** What recorded decisions ask of the store, should the gateway not have come to it. */
export function createDuties(notifications: NotificationService): FulfilDuties {
  return async (db, duties) => {
    if (duties.notifications.length > 0) await notifications.queue(db, duties.notifications);
    for (const quarantine of duties.quarantines) {
      await impose(db, { ...quarantine, since: new Date(quarantine.since) });
    }
  };
}
