import { groupBy } from '@playgraph/kernel/collections';
import { BUCKET_COUNT, bucketOf, bucketOfName } from '@playgraph/kernel/ids';
import type { BucketMap } from './bucket-map.ts';
import { mergeOrdered } from './merge-ordered.ts';
import type { Shards } from './shards.ts';

/** `Shards` over open clients: `dbs` in the order of `map.shardIds`. */
export function createShards<Db extends { $disconnect(): Promise<void> }>(deps: {
  readonly map: BucketMap;
  readonly dbs: readonly Db[];
}): Shards<Db> {
  const { map, dbs } = deps;
  if (dbs.length !== map.shardIds.length) throw new RangeError('one client for each shard of the map');

  const forBucket = (bucket: number): Db => {
    const db = dbs[map.owners[bucket] ?? -1];
    if (!db) throw new RangeError(`a bucket is an integer from 0 to ${BUCKET_COUNT - 1}, not ${bucket}`);
    return db;
  };
  const scatter: Shards<Db>['scatter'] = (read) => allDone(dbs.map((db, shard) => read(db, shard)));

  return {
    count: dbs.length,
    mapVersion: map.version,
    forId: (id) => forBucket(bucketOf(id)),
    forBucket,
    forName: (name) => forBucket(bucketOfName(name)),
    all: () => dbs,
    mapIds: async (ids, read) => {
      const idsOf = groupBy([...new Set(ids)], (id) => forBucket(bucketOf(id)));
      const rows = await allDone([...idsOf].map(([db, own]) => read(db, own)));
      return rows.flat();
    },
    scatter,
    mergePage: async ({ limit, read, compare }) => {
      const pages = await scatter((db) => read(db, limit));
      return mergeOrdered(pages, { limit, compare });
    },
    close: async () => {
      await allDone(dbs.map((db) => db.$disconnect()));
    },
  };
}

/** All results, or the first error, but only when all have ended: nothing goes on behind the caller's back. */
async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(work);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
