import { rmSync } from 'node:fs';
import path from 'node:path';
import { BUCKET_COUNT } from '@playgraph/kernel/ids';
import { parseSqliteUrl } from '@playgraph/sharding/sqlite-url';
import { expect, test } from 'vitest';
import { makeFolder } from './sample/files.ts';
import { ids, newGame, openSampleShards, shardUrls } from './sample/store.ts';

/** A store of two shards with one game in each half of the buckets. */
async function makeStore(): Promise<{ urls: string[]; gameIds: string[]; folder: string }> {
  const folder = makeFolder();
  const urls = shardUrls(folder, 2);
  const shards = await openSampleShards(urls);
  const gameIds = [ids.make('game', 0), ids.make('game', BUCKET_COUNT - 1)];
  for (const id of gameIds) await shards.forId(id).game.create({ data: newGame({ id }) });
  await shards.close();
  return { urls, gameIds, folder };
}

async function findAll(urls: readonly string[], gameIds: readonly string[]): Promise<string[]> {
  const shards = await openSampleShards(urls);
  const rows = await shards.mapIds(gameIds, (db, own) => db.game.findMany({ where: { id: { in: own } } }));
  const counts = await shards.scatter((db) => db.game.count());
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  await shards.close();
  return rows.map((row) => row.id).sort();
}

test('a store that is opened again finds every row, in whatever order its shards are named', async () => {
  const { urls, gameIds } = await makeStore();
  expect(await findAll(urls, gameIds)).toEqual(gameIds.toSorted());
  expect(await findAll(urls.toReversed(), gameIds)).toEqual(gameIds.toSorted());
});

test('a shard that is added owns nothing and moves nothing', async () => {
  const { urls, gameIds, folder } = await makeStore();
  const more = [`file:${path.join(folder, 'new.db')}`, ...urls];
  expect(await findAll(more, gameIds)).toEqual(gameIds.toSorted());
  const shards = await openSampleShards(more);
  expect(shards.count).toBe(3);
  const owners = new Set(Array.from({ length: BUCKET_COUNT }, (_, bucket) => shards.forBucket(bucket)));
  expect(owners.size).toBe(2);
  expect(shards.all().map((db) => owners.has(db))).toEqual([true, true, false]);
  await shards.close();
});

test('a store with a shard missing is refused and untouched', async () => {
  const { urls, gameIds } = await makeStore();
  const [first = '', second = ''] = urls;
  const refusals = [
    [[first], 'SHARD_MISSING'],
    [[second], 'MAP_MISSING'],
    [[first, `file:${path.join(makeFolder(), 'new.db')}`], 'SHARD_MISSING'],
    [[first, first], 'DUPLICATE_SHARD'],
  ] as const;
  for (const [named, reason] of refusals) {
    await expect(openSampleShards(named)).rejects.toMatchObject({ name: 'ShardMapError', reason });
  }
  expect(await findAll(urls, gameIds)).toEqual(gameIds.toSorted());
});

test('a shard whose file was lost is missed, not replaced by an empty one', async () => {
  const { urls, folder } = await makeStore();
  for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(folder, `1.db${suffix}`), { force: true });
  await expect(openSampleShards(urls)).rejects.toMatchObject({ reason: 'SHARD_MISSING' });
});

test("another store's shard is refused", async () => {
  const [one, other] = [await makeStore(), await makeStore()];
  await expect(openSampleShards([...one.urls, ...other.urls])).rejects.toMatchObject({ reason: 'FOREIGN_SHARD' });
  expect(await findAll(one.urls, one.gameIds)).toEqual(one.gameIds.toSorted());
});

test('several openings of a new store at the same time agree on one map', async () => {
  const urls = shardUrls(makeFolder(), 3);
  const stores = await Promise.all([1, 2, 3].map(() => openSampleShards(urls)));
  const places = stores.map((shards) =>
    Array.from({ length: BUCKET_COUNT }, (_, bucket) => shards.all().indexOf(shards.forBucket(bucket))),
  );
  expect(places[1]).toEqual(places[0]);
  expect(places[2]).toEqual(places[0]);
  await Promise.all(stores.map((shards) => shards.close()));
});

test('urls that name no SQLite file are refused without being repeated', async () => {
  const bad = [
    '',
    'file:',
    'file::memory:',
    'mysql://app:secret@db/x',
    'file:a.db?synchronous=off',
    'file:a.db?mode=ro',
  ];
  for (const url of bad) {
    expect(() => parseSqliteUrl(url)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
    expect(() => parseSqliteUrl(url)).not.toThrow('secret');
  }
  await expect(openSampleShards([])).rejects.toMatchObject({ name: 'ConfigError' });
  expect(parseSqliteUrl('file:a/b.db?synchronous=full')).toEqual({ file: 'a/b.db', synchronous: 'FULL' });
});
