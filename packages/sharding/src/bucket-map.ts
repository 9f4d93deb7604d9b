import { BUCKET_COUNT } from '@playgraph/kernel/ids';
import { ShardMapError } from './sharding-errors.ts';

/** Which shard owns which bucket. */
export type BucketMap = {
  /** Rises when buckets move. */
  readonly version: number;
  /** The shards' own ids, in map order. */
  readonly shardIds: readonly string[];
  /** For each bucket (0..1023) the place of its owner in `shardIds`. */
  readonly owners: readonly number[];
};

/** The most shards one store can have: one bucket each. */
export const SHARDS_MAX = BUCKET_COUNT;

/** The first map of a store: every shard gets an equal run of buckets (to within one). */
export function createBucketMap(shardIds: readonly string[]): BucketMap {
  if (shardIds.length === 0 || shardIds.length > SHARDS_MAX) throw new RangeError(`1 to ${SHARDS_MAX} shards`);
  const owners = Array.from({ length: BUCKET_COUNT }, (_, bucket) =>
    Math.floor((bucket * shardIds.length) / BUCKET_COUNT),
  );
  return { version: 1, shardIds, owners };
}

/**
 * The map with every shard of `presentIds` in it: those that it does not know come last and own nothing, until buckets
 * are moved to them.
 * @throws ShardMapError SHARD_MISSING when one that owns buckets is not present.
 */
export function admitShards(map: BucketMap, presentIds: readonly string[]): BucketMap {
  const missing = map.shardIds.filter((id, place) => !presentIds.includes(id) && map.owners.includes(place));
  if (missing.length > 0) {
    const share = map.owners.filter((owner) => missing.includes(map.shardIds[owner] ?? '')).length;
    throw new ShardMapError(
      'SHARD_MISSING',
      `${missing.length} of the store's ${map.shardIds.length} shards, owners of ${share} of ${BUCKET_COUNT} buckets, are not among those named. Name all shards that the store had.`,
    );
  }
  const kept = map.shardIds.filter((id) => presentIds.includes(id));
  const shardIds = [...kept, ...presentIds.filter((id) => !kept.includes(id))];
  return { ...map, shardIds, owners: map.owners.map((owner) => shardIds.indexOf(map.shardIds[owner] ?? '')) };
}

/** The owners as text, one run of buckets after the other: `0-511:0 512-1023:1`. */
export function formatOwners(owners: readonly number[]): string {
  const runs: { first: number; last: number; owner: number }[] = [];
  for (const [bucket, owner] of owners.entries()) {
    const run = runs.at(-1);
    if (run?.owner === owner) run.last = bucket;
    else runs.push({ first: bucket, last: bucket, owner });
  }
  return runs.map((run) => `${run.first}-${run.last}:${run.owner}`).join(' ');
}

/** Reads what `formatOwners` wrote. @throws ShardMapError MAP_UNREADABLE unless every bucket has one of the shards. */
export function parseOwners(text: string, shardCount: number): number[] {
  const owners: number[] = [];
  for (const run of text.split(' ')) {
    const [, first, last, owner] = (/^(\d+)-(\d+):(\d+)$/.exec(run) ?? []).map(Number);
    const isNext = first === owners.length && last !== undefined && last >= first && last < BUCKET_COUNT;
    if (!isNext || owner === undefined || owner >= shardCount) throw unreadable();
    for (let bucket = first; bucket <= last; bucket++) owners.push(owner);
  }
  if (owners.length !== BUCKET_COUNT) throw unreadable();
  return owners;
}

function unreadable(): ShardMapError {
  return new ShardMapError('MAP_UNREADABLE', 'The stored bucket map does not give every bucket one owner.');
}
