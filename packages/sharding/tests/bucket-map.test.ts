import { BUCKET_COUNT } from '@playgraph/kernel/ids';
import { createSeededRandom } from '@playgraph/kernel/random';
import { admitShards, createBucketMap, formatOwners, parseOwners } from '@playgraph/sharding/bucket-map';
import { expect, test } from 'vitest';

const CASES = 200;
const random = createSeededRandom('bucket map');
const shardIds = (count: number): string[] => Array.from({ length: count }, (_, shard) => `shard-${shard}`);

function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.int(rest.length), 1));
}

test('the first map gives every bucket one owner and every shard its equal share', () => {
  for (let i = 0; i < CASES; i++) {
    const count = 1 + random.int(BUCKET_COUNT);
    const { owners } = createBucketMap(shardIds(count));
    expect(owners).toHaveLength(BUCKET_COUNT);
    const shares = shardIds(count).map((_, place) => owners.filter((owner) => owner === place).length);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  }
});

test('there are at least one and at most 1024 shards', () => {
  expect(() => createBucketMap([])).toThrow(RangeError);
  expect(() => createBucketMap(shardIds(BUCKET_COUNT + 1))).toThrow(RangeError);
});

test('owners survive being written and read, however they are spread', () => {
  for (let i = 0; i < CASES; i++) {
    const count = 1 + random.int(8);
    const owners = Array.from({ length: BUCKET_COUNT }, () => random.int(count));
    expect(parseOwners(formatOwners(owners), count)).toEqual(owners);
  }
});

test('text that does not give every bucket one known owner is refused', () => {
  const bad = [
    '',
    '0-1023',
    '0-1022:0',
    '0-1024:0',
    '0-511:0 511-1023:1',
    '0-511:0 513-1023:1',
    '0-1023:2',
    '1-1023:0',
    '5-3:0',
    'x',
  ];
  for (const text of bad)
    expect(() => parseOwners(text, 2)).toThrow(expect.objectContaining({ reason: 'MAP_UNREADABLE' }));
});

test('naming the shards in another order, with new ones among them, moves no bucket', () => {
  for (let i = 0; i < CASES; i++) {
    const map = createBucketMap(shardIds(1 + random.int(8)));
    const present = shuffled([...map.shardIds, ...Array.from({ length: random.int(4) }, (_, n) => `new-${n}`)]);
    const admitted = admitShards(map, present);
    expect(admitted.version).toBe(map.version);
    expect([...admitted.shardIds].sort()).toEqual([...present].sort());
    const ownerIds = (of: typeof map): (string | undefined)[] => of.owners.map((owner) => of.shardIds[owner]);
    expect(ownerIds(admitted)).toEqual(ownerIds(map));
  }
});

test('a shard that owns buckets may not be left out, one that owns none may', () => {
  const map = { ...createBucketMap(['a', 'b']), shardIds: ['a', 'b', 'idle'] };
  expect(admitShards(map, ['b', 'a']).shardIds).toEqual(['a', 'b']);
  expect(() => admitShards(map, ['a', 'idle'])).toThrow(expect.objectContaining({ reason: 'SHARD_MISSING' }));
});
