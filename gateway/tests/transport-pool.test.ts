import { expect, test } from 'vitest';
import { createTransportPool } from '../src/transport-pool.ts';
import { createTestGraph } from './test-graph.ts';

const local = createTestGraph({ one: { typeDefs: 'type Query { one: Int }', resolvers: {} } }).graph.transports.get(
  'one',
);

/** A pool whose transports are told apart by their address; a bad address has none. */
function openPool() {
  const open = new Set<string>();
  const pool = createTransportPool(({ url }) => {
    if (!local) throw new Error('no transport');
    if (url === 'bad') throw new Error('this address cannot be reached');
    open.add(url);
    return {
      ...local,
      close: async () => {
        open.delete(url);
      },
    };
  });
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
