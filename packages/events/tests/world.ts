import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { createManualClock } from '@playgraph/kernel/clock';
import { createIds } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { openShards } from '@playgraph/sharding/open-shards';
import { createTempFolder } from '@playgraph/testkit/temp-folder';
import { onTestFinished } from 'vitest';
import { PrismaClient } from '../../sharding/tests/sample/generated/sqlite/client.ts';
import type { DomainEvent, EventLog } from '../src/event-log.ts';
import { createEventStore, type EventStore } from '../src/event-store.ts';
import { createLocalEventLog } from '../src/local-event-log.ts';
import type { EventTuning } from '../src/tuning.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);
const SHARD_COUNT = 2;

/** Waits short enough to wait for; what a test must not wait for is set far away. */
export const quick: Partial<EventTuning> = {
  pollMs: 10,
  rereadMs: 10,
  publishRetry: { firstMs: 1, maxMs: 5 },
  closeWaitMs: 1_000,
};
export const neverMs = 10 * 60_000;

/** Two real SQLite shards of the sample models, and what an event store needs beside them. Cleaned up after the test. */
export async function createWorld() {
  const temp = await createTempFolder('events');
  onTestFinished(temp.remove);
  const clock = createManualClock(START_MS);
  const ids = createIds({ clock, random: createSeededRandom('events') });
  const hot = createMemoryHotStore({ clock });

  const open = async () => {
    const urls = temp.shardUrls(SHARD_COUNT);
    const migrationsDir = new URL('../../sharding/tests/sample/migrations/sqlite/', import.meta.url);
    const shards = await openShards({ urls, migrationsDir, openClient: (adapter) => new PrismaClient({ adapter }) });
    onTestFinished(() => shards.close());
    return shards;
  };
  const shards = await open();
  const localLog = () => {
    const log = createLocalEventLog({ logger: silentLogger, limits: { retry: { firstMs: 1, maxMs: 2 } } });
    onTestFinished(() => log.close());
    return log;
  };

  /** A process: an event store over the world's shards. */
  const start = (options: { log?: EventLog; tuning?: Partial<EventTuning>; subgraph?: string } = {}): EventStore => {
    const store = createEventStore({
      subgraph: options.subgraph ?? 'order',
      shards,
      hot,
      log: options.log ?? localLog(),
      clock,
      ids,
      logger: silentLogger,
      tuning: { ...quick, ...options.tuning },
    });
    onTestFinished(() => store.close());
    return store;
  };

  /** Appends one event in a transaction of its own, without saying that it committed. */
  const append = (store: EventStore, stream: string, data: unknown = {}): Promise<DomainEvent> =>
    shards.forId(stream).$transaction((tx) => store.append(tx, { stream, type: 'order.happened', data }));

  /** The rows that are not published, over all shards. */
  const unpublished = async (): Promise<string[]> => {
    const found = await shards.scatter((db) => db.outboxEvent.findMany({ where: { publishedAt: null } }));
    return found.flat().map((row) => `${row.stream}#${row.seq}`);
  };

  return { folder: temp.path, clock, ids, hot, shards, localLog, start, append, unpublished };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** `<stream>#<seq>` of an event. */
export function nameOf(event: DomainEvent): string {
  return `${event.stream}#${event.seq}`;
}

/** A list that can be waited on. */
export function createRecorder<Item>() {
  const items: Item[] = [];
  const checks = new Set<() => void>();
  return {
    items: items as readonly Item[],
    add(item: Item): void {
      items.push(item);
      for (const check of [...checks]) check();
    },
    /** Resolves when `isEnough` holds. */
    until: (isEnough: (items: readonly Item[]) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!isEnough(items)) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
  };
}
