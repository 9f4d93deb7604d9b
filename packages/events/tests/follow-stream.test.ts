import type { PubSub } from '@playgraph/cache/hot-store';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import type { DomainEvent } from '../src/event-log.ts';
import { createEventStore } from '../src/event-store.ts';
import { createWorld, neverMs, quick, type World } from './world.ts';

/** The world's hot store, counting who is subscribed. */
function countSubscriptions(world: World, beforeSubscribe: () => Promise<void> = async () => undefined) {
  let open = 0;
  const subscribe: PubSub['subscribe'] = async (channel, listener) => {
    await beforeSubscribe();
    const unsubscribe = await world.hot.subscribe(channel, listener);
    open++;
    let isOpen = true;
    return async () => {
      if (isOpen) open--;
      isOpen = false;
      await unsubscribe();
    };
  };
  return { hot: { ...world.hot, subscribe }, openCount: () => open };
}

async function createFollowed(beforeSubscribe?: () => Promise<void>) {
  const world = await createWorld();
  const { hot, openCount } = countSubscriptions(world, beforeSubscribe);
  const store = createEventStore({
    ...world,
    subgraph: 'order',
    hot,
    log: world.localLog(),
    logger: silentLogger,
    tuning: { ...quick, pollMs: neverMs, rereadMs: neverMs, batchMax: 5 },
  });
  const stream = world.ids.make('order');
  const db = world.shards.forId(stream);
  const write = async (): Promise<void> => store.committed([await world.append(store, stream)]);
  const follow = (afterSeq: number | null, signal = new AbortController().signal) =>
    store.follow({ stream, afterSeq, db, signal });
  return { world, store, write, follow, openCount };
}

async function take(events: AsyncGenerator<DomainEvent>, count: number): Promise<number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const next = await events.next();
    if (next.done) break;
    seqs.push(next.value.seq);
  }
  return seqs;
}

test('a follower gets what was there after its cursor, over several reads, and then what comes', async () => {
  const { write, follow, store } = await createFollowed();
  for (let i = 0; i < 12; i++) await write();
  const events = follow(2);
  expect(await take(events, 10)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const next = events.next();
  await write();
  expect((await next).value).toMatchObject({ seq: 13, type: 'order.happened', data: {} });
  await store.close();
});

test('a follower without a cursor gets only what is new', async () => {
  const { write, follow, store, openCount, world } = await createFollowed();
  await write();
  await write();
  const events = follow(null);
  const next = events.next();
  // The follower's first read is through when one that was asked for after it is.
  while (openCount() === 0) await world.unpublished();
  await world.unpublished();
  await write();
  expect((await next).value).toMatchObject({ seq: 3 });
  await store.close();
});

test('an event that is committed between a read and the wait for a hint is not missed', async () => {
  const { world, store } = await createFollowed();
  const stream = world.ids.make('order');
  const db = world.shards.forId(stream);
  let isFirst = true;
  // Commits, and hints, after the first read has its rows and before the follower sees them.
  const findMany = async (args: Parameters<typeof db.outboxEvent.findMany>[0]) => {
    const rows = await db.outboxEvent.findMany(args);
    if (isFirst) {
      isFirst = false;
      store.committed([await world.append(store, stream)]);
    }
    return rows;
  };
  const racing = {
    outboxEvent: {
      findFirst: db.outboxEvent.findFirst.bind(db.outboxEvent),
      updateMany: db.outboxEvent.updateMany.bind(db.outboxEvent),
      findMany,
    },
  };
  const events = store.follow({ stream, afterSeq: 0, db: racing, signal: new AbortController().signal });
  expect(await take(events, 1)).toEqual([1]);
  await store.close();
});

test('a follower that got no hint reads again by itself', async () => {
  const world = await createWorld();
  const store = world.start();
  const stream = world.ids.make('order');
  const events = store.follow({
    stream,
    afterSeq: 0,
    db: world.shards.forId(stream),
    signal: new AbortController().signal,
  });
  const next = events.next();
  await world.append(store, stream);
  expect((await next).value).toMatchObject({ seq: 1 });
  await events.return(undefined);
});

test('whatever is written and followed at once, every follower gets every event once and in order', async () => {
  const { world, store, follow, write } = await createFollowed();
  const random = createSeededRandom('followers');
  const followers = Array.from({ length: 6 }, () => take(follow(0), 60));
  const pause = async (): Promise<void> => {
    for (let i = random.int(4); i > 0; i--) await world.unpublished();
  };
  const writeMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await write();
      await pause();
    }
  };
  await Promise.all([writeMany(20), writeMany(20), writeMany(20)]);
  const everything = Array.from({ length: 60 }, (_, i) => i + 1);
  for (const seqs of await Promise.all(followers)) expect(seqs).toEqual(everything);
  await store.close();
});

test('an abort ends a follower that waits, and its subscription', async () => {
  const { follow, openCount, write } = await createFollowed();
  const abort = new AbortController();
  const events = follow(0, abort.signal);
  await write();
  await events.next();
  const waiting = events.next();
  abort.abort();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(openCount()).toBe(0);
});

test('a return ends a follower that waits, and its subscription', async () => {
  const { follow, openCount, write } = await createFollowed();
  const events = follow(0);
  await write();
  await events.next();
  const waiting = events.next();
  await events.return(undefined);
  expect((await waiting).done).toBe(true);
  expect(openCount()).toBe(0);
});

test('an abort ends the subscription though the caller holds an event and never comes back', async () => {
  const { follow, openCount, write, world } = await createFollowed();
  const abort = new AbortController();
  const events = follow(0, abort.signal);
  await write();
  expect((await events.next()).done).toBe(false);
  expect(openCount()).toBe(1);
  abort.abort();
  await world.unpublished();
  expect(openCount()).toBe(0);
});

test('an abort while it subscribes leaves no subscription behind', async () => {
  const subscribing = createGate();
  const maySubscribe = createGate();
  const { follow, openCount } = await createFollowed(() => {
    subscribing.open();
    return maySubscribe.opened;
  });
  const abort = new AbortController();
  const first = follow(0, abort.signal).next();
  await subscribing.opened;
  abort.abort();
  maySubscribe.open();
  expect((await first).done).toBe(true);
  expect(openCount()).toBe(0);
});

test('whenever the abort comes, the follower ends and leaves no subscription behind', async () => {
  const { follow, openCount, write, world } = await createFollowed();
  for (let i = 0; i < 3; i++) await write();
  for (let turns = 0; turns < 60; turns++) {
    const abort = new AbortController();
    const all = take(follow(0, abort.signal), 100);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    if (turns % 3 === 0) await world.unpublished();
    abort.abort();
    const seqs = await all;
    expect(seqs).toEqual([1, 2, 3].slice(0, seqs.length));
    expect(openCount()).toBe(0);
  }
});

test('a follower that was never asked for an event, or was aborted before, subscribes to nothing', async () => {
  const { follow, openCount } = await createFollowed();
  follow(0);
  const aborted = follow(0, AbortSignal.abort());
  expect((await aborted.next()).done).toBe(true);
  expect(openCount()).toBe(0);
});

test('a read that fails reaches the caller, and ends the subscription', async () => {
  const { world, store, openCount } = await createFollowed();
  const stream = world.ids.make('order');
  const fail = async (): Promise<never> => {
    throw new Error('no database');
  };
  const db = { outboxEvent: { findFirst: fail, findMany: fail, updateMany: fail } };
  const events = store.follow({ stream, afterSeq: 0, db, signal: new AbortController().signal });
  await expect(events.next()).rejects.toThrow('no database');
  expect(openCount()).toBe(0);
});

test('closing the store ends its followers', async () => {
  const { follow, openCount, store } = await createFollowed();
  const waiting = follow(0).next();
  await store.close();
  expect((await waiting).done).toBe(true);
  expect(openCount()).toBe(0);
});
