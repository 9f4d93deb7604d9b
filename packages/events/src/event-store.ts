import { setMaxListeners } from 'node:events';
import type { HotStore } from '@playgraph/cache/hot-store';
import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Clock } from '@playgraph/kernel/clock';
import type { Ids } from '@playgraph/kernel/ids';
import type { Logger } from '@playgraph/kernel/logger';
import type { Shards } from '@playgraph/sharding/shards';
import { appendEvent, bucketOfStream, type EventDraft } from './append-event.ts';
import type { InboxTx, OutboxDb, OutboxTx } from './event-db.ts';
import { type DomainEvent, type EventLog, topicOf } from './event-log.ts';
import { type FollowRequest, followStream } from './follow-stream.ts';
import { noteDelivery } from './inbox.ts';
import { createOutboxRelay } from './outbox-relay.ts';
import { defaultTuning, type EventTuning } from './tuning.ts';

/** A subgraph's events: written with the change that they report, delivered at least once, followed live. */
export type EventStore = {
  /**
   * Writes an event in the caller's `$transaction`. After the commit hand it to `committed`.
   * @throws RangeError, TypeError for names or data that an event cannot carry.
   */
  append<Type extends string, Data>(tx: OutboxTx, draft: EventDraft<Type, Data>): Promise<DomainEvent<Type, Data>>;
  /** To be called after the commit: wakes the relay and live followers. Without it they notice within seconds. */
  committed(events: readonly DomainEvent[]): void;
  /** Every event of the stream after `afterSeq` (null: only new ones), in order, none twice, none missing, live. */
  follow(request: FollowRequest): AsyncGenerator<DomainEvent>;
  /**
   * Handles the events of `topics` (see `topicOf`), one at a time per stream; other types are acknowledged. A handler
   * that throws gets the event again, so it calls `isFirstDelivery` in the transaction of its effect. `consumer` names
   * one group in the whole system, such as `payment` or `order.reservations`, and may consume once.
   */
  consume(options: {
    readonly consumer: string;
    readonly topics: readonly string[];
    readonly handlers: Readonly<Record<string, (event: DomainEvent) => Promise<void>>>;
  }): Promise<void>;
  /** Notes in the caller's transaction that `consumer` deals with the event; false when it did before: do nothing then. */
  isFirstDelivery(tx: InboxTx, consumer: string, event: DomainEvent): Promise<boolean>;
  /**
   * Resolves when every outbox row written so far is published; with the local and the http log that means handled by
   * every group. What the handlers wrote meanwhile, here or elsewhere, is not waited for.
   */
  drained(): Promise<void>;
  /** Stops consumers, followers and the relay. What was not published goes out at the next start. */
  close(): Promise<void>;
};

/** What an event store needs. */
export type EventStoreDeps<Db extends OutboxDb> = {
  /** The subgraph whose events these are; names the topic. */
  readonly subgraph: string;
  readonly shards: Shards<Db>;
  readonly hot: HotStore;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly tuning?: Partial<EventTuning>;
};

const TOPIC_PATTERN = /^playgraph\.[a-z-]+\.v[0-9]+$/;

/** Starts one relay per shard at once. */
export function createEventStore<Db extends OutboxDb>(deps: EventStoreDeps<Db>): EventStore {
  const tuning = { ...defaultTuning, ...deps.tuning };
  const logger = deps.logger.child({ part: 'events' });
  const topic = topicOf(deps.subgraph);
  const relays = new Map(
    deps.shards.all().map((db) => [db, createOutboxRelay({ ...deps, db, topic, logger, tuning })] as const),
  );
  const consumers: { close(): Promise<void> }[] = [];
  const closing = new AbortController();
  // Every live follower listens to it; their number is bounded by the sockets of the process.
  setMaxListeners(0, closing.signal);

  const channelOf = (stream: string): string => `${deps.subgraph}:events:${stream}`;
  const relaysOf = (stream: string) => {
    const bucket = bucketOfStream(stream);
    const owner = bucket === null ? undefined : relays.get(deps.shards.forBucket(bucket));
    return owner ? [owner] : [...relays.values()];
  };
  const hint = (stream: string): void => {
    deps.hot.publish(channelOf(stream), '').catch((error: unknown) => {
      logger.warn({ err: error, stream }, 'followers could not be told; they will read again by themselves');
    });
  };

  return {
    append: (tx, draft) => appendEvent(tx, draft, deps),
    committed(events) {
      const streams = new Set(events.map((event) => event.stream));
      for (const relay of new Set([...streams].flatMap(relaysOf))) relay.wake();
      for (const stream of streams) hint(stream);
    },
    follow: (request) =>
      followStream(request, { hot: deps.hot, channel: channelOf(request.stream), tuning, closing: closing.signal }),
    async consume({ consumer, topics, handlers }) {
      const unknown = topics.find((name) => !TOPIC_PATTERN.test(name));
      if (unknown !== undefined) throw new TypeError(`not a topic: ${unknown}`);
      const handle = async (event: DomainEvent): Promise<void> => {
        if (Object.hasOwn(handlers, event.type)) await handlers[event.type]?.(event);
      };
      consumers.push(await deps.log.consume({ group: consumer, topics, handle }));
    },
    isFirstDelivery: (tx, consumer, event) => noteDelivery(tx, { consumer, event }, deps.clock),
    async drained() {
      await Promise.all([...relays.values()].map((relay) => relay.drained()));
    },
    async close() {
      closing.abort();
      const stopped = Promise.all([...consumers, ...relays.values()].map((part) => part.close()));
      await settlesWithin(stopped, tuning.closeWaitMs);
    },
  };
}
