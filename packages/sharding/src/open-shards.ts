import { ConfigError } from '@playgraph/kernel/config';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { SHARDS_MAX } from './bucket-map.ts';
import { loadBucketMap } from './bucket-map-store.ts';
import { createShards } from './create-shards.ts';
import { migrateShard } from './migrate.ts';
import type { Shards } from './shards.ts';
import { createSqliteAdapterFactory } from './sqlite-adapter.ts';
import { parseSqliteUrl } from './sqlite-url.ts';

/** What `openShards` opens. */
export type OpenShardsOptions<Db> = {
  /** `file:<path>[?synchronous=normal|full]` of every shard. */
  readonly urls: readonly string[];
  readonly migrationsDir: URL;
  readonly openClient: (adapter: SqlDriverAdapterFactory) => Db;
};

/**
 * Makes or opens the store that lies on `urls`: finds (or makes) the bucket map, migrates every shard, opens a client
 * for each. Several processes may open the same store at the same time. With more shards than the map knows the
 * new ones own nothing.
 * @throws ConfigError on bad urls; MigrationError; ShardMapError when the shards are not a whole store.
 */
export async function openShards<Db extends { $disconnect(): Promise<void> }>(
  options: OpenShardsOptions<Db>,
): Promise<Shards<Db>> {
  const { urls, migrationsDir, openClient } = options;
  if (urls.length === 0 || urls.length > SHARDS_MAX) throw new ConfigError([`shard urls: 1 to ${SHARDS_MAX} of them`]);
  const locations = urls.map(parseSqliteUrl);
  // The map first: what is no whole store is refused before a migration touches it.
  const { map, places } = await loadBucketMap(locations);
  for (const url of urls) await migrateShard({ url, migrationsDir });
  const dbs = places.map((place) => {
    const location = locations[place];
    if (!location) throw new RangeError('a map has no shard without a url');
    return openClient(createSqliteAdapterFactory(location));
  });
  return createShards({ map, dbs });
}
