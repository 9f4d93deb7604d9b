/** Why the shards that were named cannot be one store. */
export type ShardMapRefusal =
  /** A shard that owns buckets is not among those named. */
  | 'SHARD_MISSING'
  /** The shards belong to a store, but the one that keeps its map is not among those named. */
  | 'MAP_MISSING'
  /** A shard belongs to another store. */
  | 'FOREIGN_SHARD'
  /** The same shard, or a copy of it, is named twice. */
  | 'DUPLICATE_SHARD'
  /** The stored map makes no sense. */
  | 'MAP_UNREADABLE';

/** The shards were not opened, rows and map are untouched: with these, ids would be looked for in the wrong place. */
export class ShardMapError extends Error {
  override readonly name = 'ShardMapError';
  readonly reason: ShardMapRefusal;

  constructor(reason: ShardMapRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Why a shard was not migrated. */
export type MigrationRefusal =
  /** A migration that is applied has another content now. */
  | 'EDITED'
  /** An earlier run by another tool left a migration half applied. */
  | 'HALF_APPLIED'
  /** The SQL failed, or left rows whose foreign key points nowhere. */
  | 'FAILED'
  /** The shard has migrations, none of which is among these: it is another store's. */
  | 'FOREIGN_SHARD'
  /** The folder of migrations is absent or holds none. */
  | 'NO_MIGRATIONS';

/** The shard is as it was before the run. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly reason: MigrationRefusal;

  constructor(reason: MigrationRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
