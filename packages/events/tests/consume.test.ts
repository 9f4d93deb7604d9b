import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { type DomainEvent, type EventLog, topicOf } from '../src/event-log.ts';
import { createRecorder, createWorld, nameOf } from './world.ts';

const topics = [topicOf('order')];

test('events of types that a consumer does not know are acknowledged', async () => {
  const world = await createWorld();
  const store = world.start();
  const handled = createRecorder<string>();
  const handlers = { 'order.paid': async (event: DomainEvent) => handled.add(nameOf(event)) };
  await store.consume({ consumer: 'game', topics, handlers });
  const stream = world.ids.make('order');
  for (const type of ['order.placed', 'constructor', 'order.paid']) {
    const event = await world.shards.forId(stream).$transaction((tx) => store.append(tx, { stream, type, data: {} }));
    store.committed([event]);
  }
  await store.drained();
  expect(handled.items).toEqual([`${stream}#3`]);
  expect(await world.unpublished()).toEqual([]);
});

test('a consumer of what is not a topic is refused', async () => {
  const world = await createWorld();
  const store = world.start();
  await expect(store.consume({ consumer: 'game', topics: ['order'], handlers: {} })).rejects.toThrow(TypeError);
});

test('an event counts as first delivered once per consumer, and a roll-back takes that back', async () => {
  const world = await createWorld();
  const store = world.start();
  const event = await world.append(store, world.ids.make('order'));
  const db = world.shards.forId(event.id);
  const deliver = (consumer: string) => db.$transaction((tx) => store.isFirstDelivery(tx, consumer, event));
  const crash = db.$transaction(async (tx) => {
    expect(await store.isFirstDelivery(tx, 'game', event)).toBe(true);
    throw new Error('crashed');
  });
  await expect(crash).rejects.toThrow('crashed');
  expect(await deliver('game')).toBe(true);
  expect(await deliver('game')).toBe(false);
  expect(await deliver('payment')).toBe(true);
});

test('after a second delivery the transaction can still write', async () => {
  const world = await createWorld();
  const store = world.start();
  const event = await world.append(store, world.ids.make('order'));
  const db = world.shards.forId(event.id);
  await db.$transaction((tx) => store.isFirstDelivery(tx, 'game', event));
  await db.$transaction(async (tx) => {
    expect(await store.isFirstDelivery(tx, 'game', event)).toBe(false);
    await store.append(tx, { stream: event.stream, type: 'order.noticed', data: {} });
  });
  expect(await db.outboxEvent.count()).toBe(2);
});

test('whatever is delivered twice and crashes after its effect, every event has its effect once and in order', async () => {
  const world = await createWorld();
  const random = createSeededRandom('exactly once');
  const inner = world.localLog();
  // Delivers some batches twice, as a relay does that dies between publishing and marking.
  const log: EventLog = {
    ...inner,
    async publish(topic, events) {
      await inner.publish(topic, events);
      if (random.int(2) === 0) await inner.publish(topic, events.slice(0, 1 + random.int(events.length)));
    },
  };
  const store = world.start({ log });
  const effects = createRecorder<string>();
  let deliveries = 0;
  const handle = async (event: DomainEvent): Promise<void> => {
    deliveries++;
    const effectStream = `effects:${event.stream}`;
    const db = world.shards.forId(event.stream);
    const isDone = await db.$transaction(async (tx) => {
      if (!(await store.isFirstDelivery(tx, 'effects', event))) return false;
      await store.append(tx, { stream: effectStream, type: 'order.effect', data: { of: nameOf(event) } });
      if (random.int(4) === 0) throw new Error('crashed before the commit');
      return true;
    });
    if (isDone) effects.add(nameOf(event));
    if (random.int(3) === 0) throw new Error('crashed after the commit');
  };
  await store.consume({ consumer: 'effects', topics, handlers: { 'order.happened': handle } });

  const streams = Array.from({ length: 5 }, () => world.ids.make('order'));
  for (let round = 0; round < 10; round++) {
    const written = await Promise.all(streams.map((stream) => world.append(store, stream)));
    store.committed(written);
  }
  await store.drained();

  for (const stream of streams) {
    const rows = await world.shards.forId(stream).outboxEvent.findMany({
      where: { stream: `effects:${stream}` },
      orderBy: { seq: 'asc' },
    });
    const expected = Array.from({ length: 10 }, (_, i) => ({ of: `${stream}#${i + 1}` }));
    expect(rows.map((row) => JSON.parse(row.data))).toEqual(expected);
  }
  expect(effects.items).toHaveLength(50);
  expect(deliveries).toBeGreaterThan(50);
});
