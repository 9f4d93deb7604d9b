/**
 * The `Shards` port. Promise: 1024 buckets lie on shards by a versioned map; an id alone routes; a batch costs one
 * read per owning shard; a list over all shards is merged in order, by keyset and never by offset.
 * `Db` is the Prisma client of one shard.
 */
export type Shards<Db> = {
  /** How many shards there are. */
  readonly count: number;
  /** The version of the bucket map in force; it rises when buckets move. */
  readonly mapVersion: number;
  /** The shard that owns a well-formed id. @throws TypeError when `id` is not one. */
  forId(id: string): Db;
  /** The shard that owns a bucket (0..1023). */
  forBucket(bucket: number): Db;
  /** The shard that owns a unique name (email, username, slug), by hash of its lower-cased form. */
  forName(name: string): Db;
  /** Every shard, in map order. */
  all(): readonly Db[];
  /** Reads a batch: `read` runs once per owning shard, at the same time, each id once. Results in no order. */
  mapIds<Row>(ids: readonly string[], read: (db: Db, ids: string[]) => Promise<Row[]>): Promise<Row[]>;
  /** Runs `read` on every shard at the same time; results in shard order. Fails when one fails. */
  scatter<Result>(read: (db: Db, shard: number) => Promise<Result>): Promise<Result[]>;
  /**
   * A page across all shards: each shard gives at most `limit` rows already in order, and the first `limit` of their
   * merge come back. The keyset condition is `read`'s business.
   */
  mergePage<Row>(options: {
    readonly limit: number;
    readonly read: (db: Db, limit: number) => Promise<Row[]>;
    readonly compare: (left: Row, right: Row) => number;
  }): Promise<Row[]>;
  /** Closes every shard's client. */
  close(): Promise<void>;
};
