import { bucketOf } from '@playgraph/kernel/ids';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { EVENT_DATA_CHARS_MAX, EVENT_NAME_CHARS_MAX, type EventDraft } from '../src/append-event.ts';
import { createWorld, neverMs, type World } from './world.ts';

const idle = { pollMs: neverMs };

const rowsOf = (world: World, stream: string) =>
  world.shards.forId(stream).outboxEvent.findMany({ where: { stream }, orderBy: { seq: 'asc' } });

test('an event is written as it is returned, in the bucket of its stream, and numbered from 1', async () => {
  const world = await createWorld();
  const store = world.start({ tuning: idle });
  const order = world.ids.make('order', 77);
  const data = { totalMinor: '4999', games: ['a'] };
  const event = await world.append(store, order, data);
  expect(event).toEqual({
    id: event.id,
    stream: order,
    seq: 1,
    type: 'order.happened',
    at: '2026-01-31T12:00:00.000Z',
    data,
  });
  expect(bucketOf(event.id)).toBe(77);
  expect((await world.append(store, order)).seq).toBe(2);
  expect(await rowsOf(world, order)).toMatchObject([
    { id: event.id, seq: 1, type: 'order.happened', at: world.clock.now(), data: JSON.stringify(data) },
    { seq: 2 },
  ]);
});

test('a stream named after a purpose and an id takes the bucket of the id', async () => {
  const world = await createWorld();
  const store = world.start({ tuning: idle });
  const event = await world.append(store, `library:${world.ids.make('user', 1023)}`);
  expect(bucketOf(event.id)).toBe(1023);
});

test('whatever appends run at once and roll back, every stream counts without gaps', async () => {
  const world = await createWorld();
  const store = world.start({ tuning: idle });
  const random = createSeededRandom('appends');
  const streams = Array.from({ length: 4 }, () => world.ids.make('order'));
  const committed = new Map(streams.map((stream) => [stream, 0]));
  const abandoned = new Error('abandoned');

  const transact = async (): Promise<void> => {
    const stream = streams[random.int(streams.length)] as string;
    const appends = 1 + random.int(3);
    const isAbandoned = random.int(3) === 0;
    const work = world.shards.forId(stream).$transaction(async (tx) => {
      for (let i = 0; i < appends; i++) await store.append(tx, { stream, type: 'order.happened', data: {} });
      if (isAbandoned) throw abandoned;
    });
    await work.then(
      () => committed.set(stream, (committed.get(stream) ?? 0) + appends),
      (error) => expect(error).toBe(abandoned),
    );
  };
  for (let round = 0; round < 8; round++) await Promise.all(Array.from({ length: 12 }, transact));

  for (const [stream, count] of committed) {
    const seqs = (await rowsOf(world, stream)).map((row) => row.seq);
    expect(seqs).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  }
});

test('what an event cannot carry is refused, and nothing is written', async () => {
  const world = await createWorld();
  const store = world.start({ tuning: idle });
  const stream = world.ids.make('order');
  const long = 'x'.repeat(EVENT_NAME_CHARS_MAX + 1);
  const bad: EventDraft[] = [
    { stream: `${long}:${stream}`, type: 'order.happened', data: {} },
    { stream, type: long, data: {} },
    { stream, type: 'order.happened', data: 'x'.repeat(EVENT_DATA_CHARS_MAX) },
    { stream, type: 'order.happened', data: { amount: 5n } },
    { stream, type: 'order.happened', data: undefined },
  ];
  const db = world.shards.forId(stream);
  for (const draft of bad) {
    await expect(db.$transaction((tx) => store.append(tx, draft))).rejects.toThrow(/at most|too long|JSON|serialize/);
  }
  expect(await db.outboxEvent.count()).toBe(0);
  expect(await db.streamHead.count()).toBe(0);
});
