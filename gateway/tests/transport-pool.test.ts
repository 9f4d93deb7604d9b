import { ConfigError } from '@playgraph/kernel/config';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTransportPool } from '../src/transport-pool.ts';
import { createTestGraph } from './test-graph.ts';

const local = createTestGraph({ one: { typeDefs: 'type Query { one: Int }', resolvers: {} } }).graph.transports.get(
  'one',
);

/** A pool whose transports are told apart by their address; a bad address has none. */
function openPool(longestCallMs?: () => number) {
  const open = new Set<string>();
  const pool = createTransportPool(({ name, url }) => {
    if (!local) throw new Error('no transport');
    if (url === 'bad') throw new Error('this address cannot be reached');
    if (url === '') throw new ConfigError([`${name} has no address`]);
    open.add(url);
    return {
      ...local,
      close: async () => {
        open.delete(url);
      },
    };
  }, longestCallMs);
  return { pool, open };
}

test('where one transport cannot be made, those made along with it are closed, and those in use stay', async () => {
  const { pool, open } = openPool();
  pool.open(new Map([['a', 'a1']])).use();
  const newer = new Map([
    ['a', 'a1'],
    ['b', 'b1'],
    ['c', 'bad'],
  ]);
  expect(() => pool.open(newer)).toThrow('cannot be reached');
  expect([...open]).toEqual(['a1']);
  await pool.close();
  expect(open.size).toBe(0);
});

test('all subgraphs without an address are told at once', async () => {
  const { pool, open } = openPool();
  const urls = new Map([
    ['a', ''],
    ['b', 'b1'],
    ['c', ''],
  ]);
  const problems = ['a has no address', 'c has no address'];
  expect(() => pool.open(urls)).toThrow(expect.objectContaining({ problems }));
  expect(open.size).toBe(0);
  await pool.close();
});

test('a version that never comes into force leaves the transports of the older one open', async () => {
  const { pool, open } = openPool();
  const first = pool.open(new Map([['a', 'a1']]));
  first.use();
  pool.open(new Map([['a', 'a2']])).discard();
  expect([...open]).toEqual(['a1']);
  const again = pool.open(new Map([['a', 'a1']]));
  expect(again.transports.get('a')).toBe(first.transports.get('a'));
  again.use();
  await pool.close();
  expect(open.size).toBe(0);
});

test('what only older versions used stays open for what is under way, and is closed with the pool at the latest', async () => {
  const { pool, open } = openPool();
  pool.open(new Map([['a', 'a1']])).use();
  pool.open(new Map([['a', 'a2']])).use();
  expect([...open]).toEqual(['a1', 'a2']);
  await pool.close();
  expect(open.size).toBe(0);
});

test('what only older versions used stays open for longer than any call may take', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { pool, open } = openPool(() => 300_000);
  pool.open(new Map([['a', 'a1']])).use();
  pool.open(new Map([['a', 'a2']])).use();
  await vi.advanceTimersByTimeAsync(300_000);
  expect([...open]).toEqual(['a1', 'a2']);
  await vi.advanceTimersByTimeAsync(30_000);
  expect([...open]).toEqual(['a2']);
  await pool.close();
});
