import { createManualClock } from '@playgraph/kernel/clock';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import { createExpiringMap } from '../src/expiring-map.ts';
import { createMemoryHotStore } from '../src/memory-hot-store.ts';

const LONG_MS = 1_000_000;

test('a full map drops what has expired before anything that lives', () => {
  const clock = createManualClock(0);
  const map = createExpiringMap<string>({ clock, entriesMax: 3 });
  map.set('oldest', 'lives', LONG_MS);
  map.set('expired', 'x', 10);
  map.set('newer', 'lives', LONG_MS);
  clock.advance(10);
  map.set('newest', 'lives', LONG_MS);
  expect(['oldest', 'expired', 'newer', 'newest'].map((key) => map.get(key))).toEqual([
    'lives',
    undefined,
    'lives',
    'lives',
  ]);
});

test('a full map without expired entries drops what was set longest ago', () => {
  const map = createExpiringMap<number>({ clock: createManualClock(0), entriesMax: 2 });
  map.set('a', 1, LONG_MS);
  map.set('b', 2, LONG_MS);
  map.set('a', 3, LONG_MS);
  map.set('c', 4, LONG_MS);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size()]).toEqual([3, undefined, 4, 2]);
});

test('a map that is full by weight drops as much as the next entry needs, and nothing for one that never fits', () => {
  const clock = createManualClock(0);
  const map = createExpiringMap<string>({ clock, entriesMax: 10, weigh: (value) => value.length, weightMax: 6 });
  const keys = ['a', 'b', 'c', 'd'];
  map.set('a', 'xx', LONG_MS);
  map.set('b', 'xx', LONG_MS);
  map.set('c', 'xx', LONG_MS);
  map.set('d', 'xxx', LONG_MS);
  expect(keys.map((key) => map.get(key))).toEqual([undefined, undefined, 'xx', 'xxx']);
  // Set anew, deleted and expired entries weigh nothing any more.
  map.set('d', 'x', 10);
  map.delete('c');
  clock.advance(10);
  map.set('b', 'xxxxxx', LONG_MS);
  expect([map.get('b'), map.size()]).toEqual(['xxxxxx', 1]);
  map.set('a', 'xxxxxxx', LONG_MS);
  expect([map.get('a'), map.get('b')]).toEqual([undefined, 'xxxxxx']);
});

test('the values of a memory hot store are bounded together, keys included', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0), charsMax: 100 });
  for (let i = 0; i < 10; i++) await hot.mset([[`key${i}`, 'x'.repeat(40)]], LONG_MS);
  const kept = await hot.mget(Array.from({ length: 10 }, (_, i) => `key${i}`));
  expect(kept.map((value) => value !== null)).toEqual([...Array.from({ length: 8 }, () => false), true, true]);
});

test('whatever is set, deleted and waited for, an expiring map gives what a plain one would and stays within its size', () => {
  const clock = createManualClock(0);
  const random = createSeededRandom('expiring map');
  const entriesMax = 40;
  const map = createExpiringMap<number>({ clock, entriesMax });
  const model = new Map<string, { value: number; expiresAtMs: number }>();
  for (let step = 0; step < 20_000; step++) {
    const key = `k${random.int(60)}`;
    const action = random.int(10);
    if (action < 6) {
      const expiresAtMs = clock.nowMs() + 1 + random.int(50);
      model.delete(key);
      const nowMs = clock.nowMs();
      if (model.size >= entriesMax) for (const [old, entry] of model) if (entry.expiresAtMs <= nowMs) model.delete(old);
      const oldest = model.keys().next();
      if (model.size >= entriesMax && !oldest.done) model.delete(oldest.value);
      model.set(key, { value: step, expiresAtMs });
      map.set(key, step, expiresAtMs);
    } else if (action === 6) {
      model.delete(key);
      map.delete(key);
    } else if (action === 7) {
      clock.advance(random.int(5));
    } else {
      const entry = model.get(key);
      const expected = entry && entry.expiresAtMs > clock.nowMs() ? entry.value : undefined;
      expect(map.get(key)).toBe(expected);
      if (expected === undefined) model.delete(key);
    }
    expect(map.size()).toBe(model.size);
  }
  expect(map.size()).toBeLessThanOrEqual(entriesMax);
});

test('a memory hot store holds no more plain keys than it may', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0), keysMax: 10 });
  const entries = Array.from({ length: 25 }, (_, i) => [`key ${i}`, String(i)] as const);
  await hot.mset(entries, LONG_MS);
  const left = await hot.mget(entries.map(([key]) => key));
  expect(left.filter((value) => value !== null)).toEqual(['15', '16', '17', '18', '19', '20', '21', '22', '23', '24']);
});

test('past its counters a memory hot store forgets the oldest one whole, so that it is loaded anew', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0), countersMax: 2 });
  for (const key of ['a', 'b', 'c']) await hot.setAvailable(key, 1);
  expect(await Promise.all(['a', 'b', 'c'].map((key) => hot.reserve(key, 'ada', 1)))).toEqual([
    'UNKNOWN',
    'RESERVED',
    'RESERVED',
  ]);
});

test('past its ranked members a memory hot store forgets whole sets, never the one that is being written', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0), rankedMembersMax: 3 });
  const scores = (count: number) => Array.from({ length: count }, (_, i) => ({ member: `m${i}`, score: i }));
  await hot.setScores('a', scores(2));
  await hot.setScores('b', scores(1));
  await hot.setScores('c', scores(1));
  expect(await Promise.all(['a', 'b', 'c'].map((key) => hot.countMembers(key)))).toEqual([0, 1, 1]);
  await hot.setScores('b', scores(5));
  expect(await Promise.all(['a', 'b', 'c'].map((key) => hot.countMembers(key)))).toEqual([0, 5, 0]);
});

test('a token bucket that has filled up again is forgotten, and one that is pushed out counts as full', async () => {
  const clock = createManualClock(0);
  const hot = createMemoryHotStore({ clock, tokenBucketsMax: 1 });
  const bucket = { capacity: 1, refillPerSecond: 1, cost: 1 };
  await hot.takeTokens({ key: 'a', ...bucket });
  expect((await hot.takeTokens({ key: 'a', ...bucket })).isAllowed).toBe(false);
  await hot.takeTokens({ key: 'b', ...bucket });
  expect((await hot.takeTokens({ key: 'a', ...bucket })).isAllowed).toBe(true);
});

test('limits, amounts and ranks that make no sense are refused and change nothing', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0) });
  await hot.setAvailable('stock', 5);
  const refused = [
    hot.mset([['key', 'value']], 0),
    hot.setIfAbsent('key', 'value', Number.NaN),
    hot.takeTokens({ key: 'limit', capacity: 1, refillPerSecond: 1, cost: 2 }),
    hot.takeTokens({ key: 'limit', capacity: 1, refillPerSecond: 0, cost: 1 }),
    hot.setAvailable('stock', -1),
    hot.reserve('stock', 'ada', 0),
    hot.reserve('stock', 'ada', 1.5),
    hot.rangeByRank('board', 0, 10),
  ];
  for (const attempt of refused) await expect(attempt).rejects.toThrow(RangeError);
  expect(await hot.mget(['key'])).toEqual([null]);
  expect(await hot.available('stock')).toBe(5);
});

test('a listener that throws keeps neither the others nor the publisher from going on', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0) });
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const heard: string[] = [];
  await hot.subscribe('news', () => {
    throw new Error('a listener failed');
  });
  await hot.subscribe('news', (message) => heard.push(message));
  await hot.publish('news', '1');
  expect(heard).toEqual(['1']);
  expect((await warned).message).toBe('a listener failed');
});

test('what a listener publishes is heard by all after what it answers', async () => {
  const hot = createMemoryHotStore({ clock: createManualClock(0) });
  const heard: string[] = [];
  await hot.subscribe('news', (message) => void (message === '1' && hot.publish('news', '2')));
  await hot.subscribe('news', (message) => heard.push(message));
  await hot.publish('news', '1');
  expect(heard).toEqual(['1', '2']);
});
