import type { HotStore } from '@playgraph/cache/hot-store';
import { toEvent } from './append-event.ts';
import type { OutboxDb } from './event-db.ts';
import type { DomainEvent } from './event-log.ts';
import type { EventTuning } from './tuning.ts';
import { createWakeSignal, type WakeSignal } from './wake-signal.ts';

/** Which events to follow. */
export type FollowRequest = {
  readonly stream: string;
  /** The last event that the caller knows; 0 for all; null for only those after the first `next()`. */
  readonly afterSeq: number | null;
  /** The shard that holds the stream. */
  readonly db: OutboxDb;
  /** Ends the sequence; whoever waits for an event gets `done`. */
  readonly signal: AbortSignal;
};

/** What following needs. */
export type FollowDeps = {
  readonly hot: Pick<HotStore, 'subscribe'>;
  readonly channel: string;
  readonly tuning: EventTuning;
  /** Aborted when the event store closes: ends every follower. */
  readonly closing: AbortSignal;
};

/**
 * Every event of the stream after `afterSeq`, in order, none twice, none missing: the outbox is the truth, messages on
 * the channel only say when to read it. Nothing is subscribed before the first `next()`, nor after the abort, a
 * `return()` or an error.
 */
export function followStream(request: FollowRequest, deps: FollowDeps): AsyncGenerator<DomainEvent> {
  const ended = new AbortController();
  const events = readEvents(request, deps, ended);
  // A generator queues `return()` behind a `next()` that may wait for ever; ending first lets that one go.
  const iterator: AsyncGenerator<DomainEvent> = {
    next: () => events.next(),
    return(value) {
      ended.abort();
      return events.return(value);
    },
    throw(error) {
      ended.abort();
      return events.throw(error);
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

async function* readEvents(
  request: FollowRequest,
  deps: FollowDeps,
  ended: AbortController,
): AsyncGenerator<DomainEvent, undefined> {
  const outer = [request.signal, deps.closing];
  if ([ended.signal, ...outer].some((signal) => signal.aborted)) return;
  const end = (): void => ended.abort();
  for (const signal of outer) signal.addEventListener('abort', end);
  // Tied to the signal and not to this function's end: a caller that aborts while it holds an event never comes back.
  const hints = createWakeSignal();
  const subscribing = deps.hot.subscribe(deps.channel, () => hints.raise());
  const cleanedUp = whenAborted(ended.signal).then(async () => {
    for (const signal of outer) signal.removeEventListener('abort', end);
    hints.raise();
    // What could not be subscribed, or whose connection broke, need not be unsubscribed.
    await subscribing.then((unsubscribe) => unsubscribe()).catch(() => undefined);
  });
  try {
    await subscribing;
    yield* readAfter(request, { hints, signal: ended.signal, tuning: deps.tuning });
  } finally {
    end();
    await cleanedUp;
  }
}

async function* readAfter(
  { stream, afterSeq, db }: FollowRequest,
  { hints, signal, tuning }: { hints: WakeSignal; signal: AbortSignal; tuning: EventTuning },
): AsyncGenerator<DomainEvent, undefined> {
  let cursor = afterSeq ?? (await lastSeq(db, stream));
  while (!signal.aborted) {
    const seen = hints.version;
    const rows = await db.outboxEvent.findMany({
      where: { stream, seq: { gt: cursor } },
      orderBy: { seq: 'asc' },
      take: tuning.batchMax,
    });
    for (const row of rows) {
      if (signal.aborted) return;
      cursor = row.seq;
      yield toEvent(row);
    }
    if (rows.length < tuning.batchMax && !signal.aborted) await hints.wait(seen, tuning.rereadMs);
  }
}

async function lastSeq(db: OutboxDb, stream: string): Promise<number> {
  const last = await db.outboxEvent.findFirst({ where: { stream }, orderBy: { seq: 'desc' } });
  return last?.seq ?? 0;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
