import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Logger } from '@playgraph/kernel/logger';
import type { EventLog } from './event-log.ts';
import { type DeliveryLimits, defaultDeliveryLimits } from './group-delivery.ts';
import { createTopicGroups } from './topic-groups.ts';

/** How long a publish waits for the groups, unless said otherwise. */
export const LOCAL_PUBLISH_MS_MAX = 30_000;

/** What a local event log needs. */
export type LocalEventLogDeps = {
  readonly logger: Logger;
  /** True: nothing is delivered before `release()`, so that no group misses what goes out while the rest still starts. */
  readonly isHeld?: boolean;
  readonly publishMsMax?: number;
  readonly limits?: Partial<DeliveryLimits>;
};

/** An event log within one process. */
export type LocalEventLog = EventLog & {
  /** Everybody who will consume does: deliver from now on. */
  release(): void;
};

/**
 * Keeps nothing itself: the outbox is its storage. `publish` resolves when every group of the topic has handled the
 * events. A handler that throws gets the event again a few times; then, or when handling takes longer than
 * `publishMsMax`, the publish is given up: it rejects, later events of that stream are given up with it, and the
 * outbox relay repeats it after its own back-off, for as long as it takes. A handler that is still at the event by
 * then is joined rather than started twice. A group that consumed once and closed makes publishes reject until it
 * consumes again: its events wait in the outbox.
 */
export function createLocalEventLog(deps: LocalEventLogDeps): LocalEventLog {
  const groups = createTopicGroups({ ...deps, limits: { ...defaultDeliveryLimits, ...deps.limits } });
  const publishMsMax = deps.publishMsMax ?? LOCAL_PUBLISH_MS_MAX;
  let release = (): void => undefined;
  const released = deps.isHeld ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve();
  let isClosed = false;

  return {
    async publish(topic, events) {
      const delivered = released.then(() => {
        if (isClosed) throw new Error('the event log is closed');
        return groups.deliver(topic, events);
      });
      if (!(await settlesWithin(delivered, publishMsMax))) {
        throw new Error(`the events of ${topic} were not handled within ${publishMsMax} ms`);
      }
      await delivered;
    },
    consume: groups.consume,
    release: () => release(),
    async close() {
      isClosed = true;
      release();
      await groups.close();
    },
  };
}
