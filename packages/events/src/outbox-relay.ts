import type { Clock } from '@playgraph/kernel/clock';
import type { Logger } from '@playgraph/kernel/logger';
import { toEvent } from './append-event.ts';
import { backOffMs } from './back-off.ts';
import { settlesWithin } from './bounded-wait.ts';
import type { OutboxDb, OutboxRow } from './event-db.ts';
import type { EventLog } from './event-log.ts';
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

/** A stream whose publishing failed: set aside until its timer makes it due. */
type Failing = { attempts: number; isDue: boolean; timer: NodeJS.Timeout };

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
  const failing = new Map<string, Failing>();
  let isClosed = false;

  const failed = (stream: string, error: unknown): void => {
    if (isClosed) return;
    const attempts = (failing.get(stream)?.attempts ?? 0) + 1;
    logger.warn(
      { err: error, topic: deps.topic, stream, attempts },
      'events could not be published; they will be again',
    );
    const timer = setTimeout(
      () => {
        const entry = failing.get(stream);
        if (entry) entry.isDue = true;
        wakes.raise();
      },
      backOffMs(tuning.publishRetry, attempts),
    );
    failing.set(stream, { attempts, isDue: false, timer });
  };

  const publishRows = async (stream: string, known: readonly OutboxRow[] | null): Promise<void> => {
    try {
      const rows = known ?? (await readStream(db, stream, tuning.batchMax));
      if (rows.length > 0) {
        await deps.log.publish(deps.topic, rows.map(toEvent));
        await markPublished(db, rows, deps.clock.now());
      }
      failing.delete(stream);
    } catch (error) {
      failed(stream, error);
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
    for (const [stream, entry] of failing) {
      if (busy.size >= tuning.streamsAtOnceMax) return;
      if (entry.isDue && !busy.has(stream)) start(stream, null);
    }
  };

  const startNew = async (): Promise<void> => {
    if (failing.size >= tuning.failingStreamsMax || busy.size >= tuning.streamsAtOnceMax) return;
    // Taken before the read: what was being published at that moment may be marked by the time the rows arrive.
    const skipped = [...new Set([...busy.keys(), ...failing.keys()])];
    const rows = await db.outboxEvent.findMany({
      where: { publishedAt: null, stream: { notIn: skipped } },
      orderBy: { id: 'asc' },
      take: tuning.batchMax,
    });
    // A short page holds every row there is. A full one may lack an earlier event of a stream (ids of different
    // machines do not sort by seq), so each stream is read again by itself.
    const isWhole = rows.length < tuning.batchMax;
    for (const [stream, ofStream] of groupByStream(rows)) {
      if (isClosed || busy.size >= tuning.streamsAtOnceMax) return;
      start(stream, isWhole ? ofStream : null);
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
      const last = await db.outboxEvent.findFirst({ where: { publishedAt: null }, orderBy: { id: 'desc' } });
      if (!last) return;
      wakes.raise();
      while (!isClosed) {
        const seen = progress.version;
        const where = { publishedAt: null, id: { lte: last.id } };
        if (!(await db.outboxEvent.findFirst({ where, orderBy: { id: 'desc' } }))) return;
        await progress.wait(seen, tuning.pollMs);
      }
      throw new Error('closed before everything was published');
    },
    async close() {
      isClosed = true;
      for (const { timer } of failing.values()) clearTimeout(timer);
      wakes.raise();
      progress.raise();
      await settlesWithin(Promise.all([running, ...busy.values()]), tuning.closeWaitMs);
    },
  };
}

function readStream(db: OutboxDb, stream: string, limit: number): PromiseLike<OutboxRow[]> {
  return db.outboxEvent.findMany({ where: { stream, publishedAt: null }, orderBy: { seq: 'asc' }, take: limit });
}

function markPublished(db: OutboxDb, rows: readonly OutboxRow[], at: Date): PromiseLike<unknown> {
  return db.outboxEvent.updateMany({ where: { id: { in: rows.map((row) => row.id) } }, data: { publishedAt: at } });
}

function groupByStream(rows: readonly OutboxRow[]): Map<string, OutboxRow[]> {
  const groups = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const group = groups.get(row.stream);
    if (group) group.push(row);
    else groups.set(row.stream, [row]);
  }
  for (const group of groups.values()) group.sort((left, right) => left.seq - right.seq);
  return groups;
}
