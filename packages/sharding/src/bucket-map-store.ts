import { randomUUID } from 'node:crypto';
import { admitShards, type BucketMap, createBucketMap, formatOwners, parseOwners } from './bucket-map.ts';
import { ShardMapError } from './sharding-errors.ts';
import { openConnection, retryWhileBusy, type SqliteConnection } from './sqlite-connection.ts';
import type { SqliteLocation } from './sqlite-url.ts';

const LOCK_WAIT_MS_MAX = 10_000;

/**
 * Two small tables beside Prisma's, in every shard: who the shard is and which store it belongs to (null: none yet),
 * and the versions of the store's bucket map. The map itself is in one shard: the first that the store was made with.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS "_shard_identity" ("shardId" TEXT NOT NULL PRIMARY KEY, "storeId" TEXT);
CREATE TABLE IF NOT EXISTS "_bucket_map" (
  "version" INTEGER NOT NULL PRIMARY KEY, "storeId" TEXT NOT NULL, "shardIds" TEXT NOT NULL, "owners" TEXT NOT NULL
)`;

/** A shard as it is found: who it is, and the newest map if it keeps one. */
type Found = { readonly shardId: string; readonly storeId: string | null; readonly kept: StoredMap | null };
type StoredMap = BucketMap & { readonly storeId: string };

/**
 * The bucket map of the store that these shards are, with each one's place in `locations`: made when all are new; else
 * the stored one, in which new shards own nothing. The order of `locations` does not matter to a store that exists.
 * Several processes may do this at the same time.
 * @throws ShardMapError when they are not a whole store.
 */
export async function loadBucketMap(
  locations: readonly SqliteLocation[],
): Promise<{ readonly map: BucketMap; readonly places: readonly number[] }> {
  const connections: SqliteConnection[] = [];
  try {
    for (const location of locations) {
      connections.push(await retryWhileBusy(LOCK_WAIT_MS_MAX, () => openConnection(location, 'write')));
    }
    const found: Found[] = [];
    for (const connection of connections) found.push(await inTransaction(connection, () => identify(connection)));
    const shardIds = found.map((shard) => shard.shardId);
    if (new Set(shardIds).size < shardIds.length) {
      throw new ShardMapError('DUPLICATE_SHARD', 'The same shard, or a copy of it, is named twice.');
    }
    const stored = storedMapOf(found) ?? (await storeFirstMap(connections, shardIds));
    checkMembership(found, stored.storeId);
    const map = admitShards(stored, shardIds);
    for (const connection of connections) await inTransaction(connection, () => join(connection, stored.storeId));
    return { map, places: map.shardIds.map((id) => shardIds.indexOf(id)) };
  } finally {
    for (const connection of connections) connection.close();
  }
}

function identify(connection: SqliteConnection): Found {
  connection.execute(TABLES);
  connection
    .prepare('INSERT INTO "_shard_identity" ("shardId") SELECT ? WHERE NOT EXISTS (SELECT 1 FROM "_shard_identity")')
    .run([randomUUID()]);
  const [identity] = connection.prepare('SELECT "shardId", "storeId" FROM "_shard_identity"').all([]);
  const [shardId, storeId] = identity ?? [];
  return {
    shardId: String(shardId),
    storeId: storeId === null ? null : String(storeId),
    kept: readNewestMap(connection),
  };
}

function readNewestMap(connection: SqliteConnection): StoredMap | null {
  const [row] = connection
    .prepare('SELECT "version", "storeId", "shardIds", "owners" FROM "_bucket_map" ORDER BY "version" DESC LIMIT 1')
    .all([]);
  if (!row) return null;
  const [version, storeId, ids, owners] = row.map(String);
  const shardIds = (ids ?? '').split(' ');
  return {
    version: Number(version),
    storeId: storeId ?? '',
    shardIds,
    owners: parseOwners(owners ?? '', shardIds.length),
  };
}

function storedMapOf(found: readonly Found[]): StoredMap | null {
  const [newest] = found.flatMap((shard) => shard.kept ?? []).sort((left, right) => right.version - left.version);
  if (newest) return newest;
  if (found.every((shard) => shard.storeId === null)) return null;
  throw new ShardMapError('MAP_MISSING', 'The shard that keeps the bucket map is not among those named.');
}

/** Of several processes that make the first map at once, one does; the others take over what it wrote. */
function storeFirstMap(connections: readonly SqliteConnection[], shardIds: readonly string[]): Promise<StoredMap> {
  const [keeper] = connections;
  if (!keeper) throw new RangeError('a store has at least one shard');
  return inTransaction(keeper, () => {
    const present = readNewestMap(keeper);
    if (present) return present;
    const map: StoredMap = { ...createBucketMap(shardIds), storeId: randomUUID() };
    keeper
      .prepare('INSERT INTO "_bucket_map" ("version", "storeId", "shardIds", "owners") VALUES (?, ?, ?, ?)')
      .run([map.version, map.storeId, map.shardIds.join(' '), formatOwners(map.owners)]);
    return map;
  });
}

function checkMembership(found: readonly Found[], storeId: string): void {
  const isForeign = (shard: Found): boolean =>
    (shard.storeId !== null && shard.storeId !== storeId) || (shard.kept !== null && shard.kept.storeId !== storeId);
  if (found.some(isForeign)) throw new ShardMapError('FOREIGN_SHARD', 'One of the shards belongs to another store.');
}

function join(connection: SqliteConnection, storeId: string): void {
  connection.prepare('UPDATE "_shard_identity" SET "storeId" = ? WHERE "storeId" IS NULL').run([storeId]);
}

async function inTransaction<T>(connection: SqliteConnection, work: () => T): Promise<T> {
  await retryWhileBusy(LOCK_WAIT_MS_MAX, () => connection.execute('BEGIN IMMEDIATE'));
  try {
    const result = work();
    connection.execute('COMMIT');
    return result;
  } finally {
    if (connection.isInTransaction()) connection.execute('ROLLBACK');
  }
}
