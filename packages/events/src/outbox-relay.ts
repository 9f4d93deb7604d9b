import { settlesWithin } from '@playgraph/kernel/bounded-wait';
import type { Clock } from '@playgraph/kernel/clock';
import { groupBy } from '@playgraph/kernel/collections';
import type { Logger } from '@playgraph/kernel/logger';
import { toEvent } from './append-event.ts';
import type { OutboxDb, OutboxRow } from './event-db.ts';
import type { EventLog } from './event-log.ts';
import { createFailingStreams } from './failing-streams.ts';
import type { EventTuning } from './tuning.ts';
import { createWakeSignal } from './wake-signal.ts';

/** Takes the rows of one shard's outbox to the event log. */
export type OutboxRelay = {
  /** There may be new rows: look now rather than at the next poll. */
  wake(): void;
  /** Resolves when every row written before the call is published; waits as long as that takes. Rejects when closed. */
  drained(): Promise<void>;
  /** Starts nothing more and waits a bounded time for what is under way; what is not marked goes out at the next start. */
  close(): Promise<void>;
};

/** What a relay needs. */
export type OutboxRelayDeps = {
  readonly db: OutboxDb;
  readonly log: EventLog;
  readonly topic: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tuning: EventTuning;
};

/**
 * Starts at once, so rows that a killed process left behind go out first. Streams are published side by side, each in
 * the order of its `seq`, one publish at a time; a failing one is set aside and repeated, for ever, while the others go
 * on. A row is marked after the log took it over, so a crash in between publishes it twice, never not at all.
 */
export function createOutboxRelay(deps: OutboxRelayDeps): OutboxRelay {
  const { db, tuning, logger } = deps;
  const wakes = createWakeSignal();
  const progress = createWakeSignal();
  const busy = new Map<string, Promise<void>>();
  const failing = createFailingStreams({ retry: tuning.publishRetry, onDue: wakes.raise });
  let isClosed = false;

  const setAside = (stream: string, error: unknown): void => {
    if (isClosed) return;
    const attempts = failing.add(stream);
    const facts = { err: error, topic: deps.topic, stream, attempts };
    logger.warn(facts, 'events could not be published; they will be again');
  };

  const publishRows = async (stream: string, known: readonly OutboxRow[] | null): Promise<void> => {
    try {
      await publishBatch(deps, known ?? (await readStream(db, stream, tuning.batchMax)));
      failing.remove(stream);
    } catch (error) {
      setAside(stream, error);
    }
  };

  const start = (stream: string, known: readonly OutboxRow[] | null): void => {
    const work = publishRows(stream, known).then(() => {
      busy.delete(stream);
      progress.raise();
      wakes.raise();
    });
    busy.set(stream, work);
  };

  const startDue = (): void => {
    for (const stream of failing.due()) {
      if (busy.size >= tuning.streamsAtOnceMax) return;
      if (!busy.has(stream)) start(stream, null);
    }
  };

  const startNew = async (): Promise<void> => {
    if (failing.count >= tuning.failingStreamsMax || busy.size >= tuning.streamsAtOnceMax) return;
    // Taken before the read: what was being published at that moment may be marked by the time the rows arrive.
    const skipped = [...new Set([...busy.keys(), ...failing.names()])];
    for (const [stream, known] of await readOthers(db, skipped, tuning.batchMax)) {
      if (isClosed || busy.size >= tuning.streamsAtOnceMax) return;
      start(stream, known);
    }
  };

  const run = async (): Promise<void> => {
    while (!isClosed) {
      const seen = wakes.version;
      startDue();
      await startNew().catch((error: unknown) => {
        if (!isClosed) logger.warn({ err: error, topic: deps.topic }, 'the outbox could not be read; it will be again');
      });
      if (!isClosed) await wakes.wait(seen, tuning.pollMs);
    }
  };
  const running = run();

  return {
    wake: () => wakes.raise(),
    async drained() {
      const lastId = await findLastUnpublishedId(db, null);
      if (lastId === null) return;
      wakes.raise();
      while (!isClosed) {
        const seen = progress.version;
        if ((await findLastUnpublishedId(db, lastId)) === null) return;
        await progress.wait(seen, tuning.pollMs);
      }
      throw new Error('closed before everything was published');
    },
    async close() {
      isClosed = true;
      failing.close();
      wakes.raise();
      progress.raise();
      await settlesWithin(Promise.all([running, ...busy.values()]), tuning.closeWaitMs);
    },
  };
}

/** The other streams that have something to publish, the first written first, with their rows if these are all. */
async function readOthers(
  db: OutboxDb,
  skipped: readonly string[],
  limit: number,
): Promise<[string, OutboxRow[] | null][]> {
  const where = { publishedAt: null, stream: { notIn: [...skipped] } };
  const rows = await db.outboxEvent.findMany({ where, orderBy: { id: 'asc' }, take: limit });
  // A short page holds every row there is. A full one may lack an earlier event of a stream (ids of different
  // machines do not sort by seq), so each stream is read again by itself.
  const isWhole = rows.length < limit;
  return [...groupByStream(rows)].map(([stream, ofStream]) => [stream, isWhole ? ofStream : null]);
}

async function publishBatch({ db, log, topic, clock }: OutboxRelayDeps, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  await log.publish(topic, rows.map(toEvent));
  await markPublished(db, rows, clock.now());
}

/** The highest id that is not published, up to `maxId`; null when there is none. */
async function findLastUnpublishedId(db: OutboxDb, maxId: string | null): Promise<string | null> {
  const where = { publishedAt: null, ...(maxId === null ? {} : { id: { lte: maxId } }) };
  return (await db.outboxEvent.findFirst({ where, orderBy: { id: 'desc' } }))?.id ?? null;
}

function readStream(db: OutboxDb, stream: string, limit: number): PromiseLike<OutboxRow[]> {
  return db.outboxEvent.findMany({ where: { stream, publishedAt: null }, orderBy: { seq: 'asc' }, take: limit });
}

function markPublished(db: OutboxDb, rows: readonly OutboxRow[], at: Date): PromiseLike<unknown> {
  return db.outboxEvent.updateMany({ where: { id: { in: rows.map((row) => row.id) } }, data: { publishedAt: at } });
}

function groupByStream(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const groups = groupBy(rows, (row) => row.stream);
  for (const group of groups.values()) group.sort((left, right) => left.seq - right.seq);
  return groups;
}
