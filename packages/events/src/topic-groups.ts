import type { Logger } from '@playgraph/kernel/logger';
import type { DomainEvent, EventLog } from './event-log.ts';
import { createGroupDelivery, type DeliveryLimits, type GroupDelivery } from './group-delivery.ts';

/** The groups that consume within this process. */
export type TopicGroups = {
  readonly consume: EventLog['consume'];
  /**
   * Resolves when every group that ever consumed `topic` here has handled the events; rejects when one has not, also
   * because it is closed: a group that stopped listening must not miss what comes. Says how many groups there were.
   */
  deliver(topic: string, events: readonly DomainEvent[]): Promise<number>;
  close(): Promise<void>;
};

type Group = { readonly topics: Set<string>; delivery: GroupDelivery };

/** Knows no group yet. */
export function createTopicGroups(deps: { logger: Logger; limits: DeliveryLimits }): TopicGroups {
  const groups = new Map<string, Group>();
  const open = new Set<GroupDelivery>();

  return {
    async consume({ group, topics, handle }) {
      const known = groups.get(group);
      if (known && open.has(known.delivery)) throw new Error(`group ${group} consumes already`);
      const delivery = createGroupDelivery({ ...deps, group, handle });
      groups.set(group, { topics: new Set([...(known?.topics ?? []), ...topics]), delivery });
      open.add(delivery);
      return {
        async close() {
          open.delete(delivery);
          await delivery.close();
        },
      };
    },
    async deliver(topic, events) {
      const listening = [...groups.values()].filter((group) => group.topics.has(topic));
      const outcomes = await Promise.allSettled(listening.map((group) => group.delivery.deliver(events)));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return listening.length;
    },
    async close() {
      const closing = [...open];
      open.clear();
      await Promise.all(closing.map((delivery) => delivery.close()));
    },
  };
}
