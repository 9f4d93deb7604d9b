import { createGate } from '@playgraph/testkit/gate';
import { expect, test } from 'vitest';
import { type DomainEvent, type EventLog, topicOf } from '../src/event-log.ts';
import { createRecorder, createWorld, nameOf, neverMs } from './world.ts';

/** A log that keeps what it is given, unless `refuse` throws. */
function createKeepingLog(refuse: (events: readonly DomainEvent[]) => void | Promise<void> = () => undefined) {
  const kept = createRecorder<DomainEvent>();
  const log: EventLog = {
    async publish(topic, events) {
      expect(topic).toBe(topicOf('order'));
      await refuse(events);
      for (const event of events) kept.add(event);
    },
    consume: async () => ({ close: async () => undefined }),
    close: async () => undefined,
  };
  const namesOf = (stream: string) => kept.items.filter((event) => event.stream === stream).map(nameOf);
  return { log, kept, namesOf };
}

const upTo = (stream: string, count: number) => Array.from({ length: count }, (_, i) => `${stream}#${i + 1}`);

test('a committed event is published at once, and marked', async () => {
  const world = await createWorld();
  const { log, kept } = createKeepingLog();
  const store = world.start({ log, tuning: { pollMs: neverMs } });
  const stream = world.ids.make('order');
  const event = await world.append(store, stream, { total: 1 });
  store.committed([event]);
  await kept.until((events) => events.length === 1);
  expect(kept.items).toEqual([event]);
  await store.drained();
  expect(await world.unpublished()).toEqual([]);
});

test('an event whose transaction rolled back is never published', async () => {
  const world = await createWorld();
  const { log, kept } = createKeepingLog();
  const store = world.start({ log });
  const stream = world.ids.make('order');
  const work = world.shards.forId(stream).$transaction(async (tx) => {
    store.committed([await store.append(tx, { stream, type: 'order.happened', data: {} })]);
    throw new Error('abandoned');
  });
  await expect(work).rejects.toThrow('abandoned');
  const next = await world.append(store, stream, { isNext: true });
  await store.drained();
  expect(kept.items).toEqual([next]);
});

test('a row that another process wrote gets out without a wake-up', async () => {
  const world = await createWorld();
  const writer = world.start({ log: createKeepingLog(() => Promise.reject(new Error('down'))).log });
  const { log, kept } = createKeepingLog();
  world.start({ log });
  const event = await world.append(writer, world.ids.make('order'));
  await kept.until((events) => events.some((it) => it.id === event.id));
});

test('rows that a killed process left behind go out at the next start, in order', async () => {
  const world = await createWorld();
  const hung = createGate();
  const killed = world.start({
    log: createKeepingLog(() => hung.opened).log,
    tuning: { pollMs: neverMs, closeWaitMs: 1 },
  });
  const stream = world.ids.make('order');
  for (let i = 0; i < 5; i++) killed.committed([await world.append(killed, stream)]);
  await killed.close();
  expect(await world.unpublished()).toHaveLength(5);
  const { log, namesOf } = createKeepingLog();
  const restarted = world.start({ log, tuning: { pollMs: neverMs } });
  await restarted.drained();
  expect(namesOf(stream)).toEqual(upTo(stream, 5));
  hung.open();
});

test('a stream goes out in order and whole, though it is longer than a batch and ids do not sort by seq', async () => {
  const world = await createWorld();
  const { log, namesOf } = createKeepingLog();
  const quiet = world.start({ log: createKeepingLog(() => Promise.reject(new Error('down'))).log });
  await quiet.close();
  const stream = world.ids.make('order');
  const db = world.shards.forId(stream);
  // As machines with clocks apart write them: the later the event, the smaller its id.
  const data = upTo(stream, 23).map((_, i) => ({
    id: `event_${String(99 - i)}`,
    stream,
    seq: i + 1,
    type: 'order.happened',
    at: world.clock.now(),
    data: '{}',
  }));
  await db.outboxEvent.createMany({ data });
  const store = world.start({ log, tuning: { batchMax: 4 } });
  await store.drained();
  expect(namesOf(stream)).toEqual(upTo(stream, 23));
});

test('a publish that fails holds up its own stream and no other, and is repeated until it works', async () => {
  const world = await createWorld();
  const [bad, good] = [world.ids.make('order', 1), world.ids.make('order', 1)];
  let failures = 0;
  let isRepaired = false;
  const repeated = createGate();
  const { log, kept, namesOf } = createKeepingLog((events) => {
    if (events[0]?.stream !== bad || isRepaired) return;
    if (++failures === 4) repeated.open();
    throw new Error('refused');
  });
  const store = world.start({ log });
  for (const stream of [bad, bad, good, good]) store.committed([await world.append(store, stream)]);
  await kept.until(() => namesOf(good).length === 2);
  await repeated.opened;
  expect(namesOf(bad)).toEqual([]);
  store.committed([await world.append(store, good)]);
  await kept.until(() => namesOf(good).length === 3);
  isRepaired = true;
  await store.drained();
  expect(namesOf(bad)).toEqual(upTo(bad, 2));
  expect(namesOf(good)).toEqual(upTo(good, 3));
});

test('a slow publish holds up its own stream and no other', async () => {
  const world = await createWorld();
  const [slow, fast] = [world.ids.make('order', 1), world.ids.make('order', 1)];
  const mayEnd = createGate();
  const begun = createGate();
  const { log, kept, namesOf } = createKeepingLog(async (events) => {
    if (events[0]?.stream !== slow) return;
    begun.open();
    await mayEnd.opened;
  });
  const store = world.start({ log, tuning: { pollMs: neverMs } });
  store.committed([await world.append(store, slow)]);
  await begun.opened;
  store.committed([await world.append(store, slow), await world.append(store, fast)]);
  await kept.until(() => namesOf(fast).length === 1);
  expect(namesOf(slow)).toEqual([]);
  mayEnd.open();
  await store.drained();
  expect(namesOf(slow)).toEqual(upTo(slow, 2));
});

test('when more streams fail than are set aside nothing is lost, and all go out once the log is back', async () => {
  const world = await createWorld();
  let isDown = true;
  const { log, namesOf } = createKeepingLog(() => {
    if (isDown) throw new Error('down');
  });
  const store = world.start({ log, tuning: { failingStreamsMax: 3, streamsAtOnceMax: 2, batchMax: 5 } });
  const streams = Array.from({ length: 12 }, () => world.ids.make('order'));
  for (const stream of [...streams, ...streams]) store.committed([await world.append(store, stream)]);
  expect(await world.unpublished()).toHaveLength(24);
  isDown = false;
  await store.drained();
  for (const stream of streams) expect(namesOf(stream)).toEqual(upTo(stream, 2));
});

test('a row that was published but not marked is published again', async () => {
  const world = await createWorld();
  const { log, kept } = createKeepingLog();
  let isFirst = true;
  const breaking: EventLog = {
    ...log,
    async publish(topic, events) {
      await log.publish(topic, events);
      if (!isFirst) return;
      isFirst = false;
      // The log has the events, and the relay does not learn it.
      throw new Error('connection lost');
    },
  };
  const store = world.start({ log: breaking });
  const event = await world.append(store, world.ids.make('order'));
  await store.drained();
  expect(kept.items).toEqual([event, event]);
});

test('drained waits for what was written before, and not for what is written after', async () => {
  const world = await createWorld();
  const [early, late] = [world.ids.make('order', 3), world.ids.make('order', 3)];
  const [earlyMayEnd, lateMayEnd] = [createGate(), createGate()];
  const { log, namesOf } = createKeepingLog((events) =>
    events[0]?.stream === early ? earlyMayEnd.opened : lateMayEnd.opened,
  );
  const store = world.start({ log });
  await world.append(store, early);
  let isDrained = false;
  const drained = store.drained().then(() => {
    isDrained = true;
  });
  // Asked after drained looked what there is, so answered after it too.
  await world.unpublished();
  store.committed([await world.append(store, late)]);
  expect(isDrained).toBe(false);
  earlyMayEnd.open();
  await drained;
  expect(namesOf(early)).toEqual(upTo(early, 1));
  expect(await world.unpublished()).toEqual(upTo(late, 1));
  lateMayEnd.open();
  await store.drained();
  expect(await world.unpublished()).toEqual([]);
});

test('drained is refused when the store closes before everything is out', async () => {
  const world = await createWorld();
  const { log } = createKeepingLog(() => Promise.reject(new Error('down')));
  const store = world.start({ log });
  await world.append(store, world.ids.make('order'));
  const drained = store.drained();
  const outcome = expect(drained).rejects.toThrow('closed');
  // The read of drained itself must be over before the close.
  await world.unpublished();
  await store.close();
  await outcome;
  expect(await world.unpublished()).toHaveLength(1);
});
