import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MigrationError } from './sharding-errors.ts';
import { openConnection, retryWhileBusy, type SqliteConnection } from './sqlite-connection.ts';
import { parseSqliteUrl } from './sqlite-url.ts';

/** One folder of `migrationsDir`: `<timestamp>_<name>/migration.sql`, as Prisma lays them out. */
export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

const LOCK_WAIT_MS_MAX = 60_000;

/** Letter for letter the table of `prisma migrate deploy`, so that either may carry on where the other stopped. */
const RECORDS = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

/**
 * Applies what is pending to one shard, all or nothing: a run that is killed leaves the shard as it was, and of several
 * processes one does it while the others wait. A shard that has migrations of a newer version is left at that.
 * @throws MigrationError; the shard is as it was.
 */
export async function migrateShard(options: {
  readonly url: string;
  readonly migrationsDir: URL;
}): Promise<{ applied: string[] }> {
  const migrations = readMigrations(options.migrationsDir);
  return onShard(options.url, async (connection) => {
    // Scripts that rebuild a table switch foreign keys off, which does nothing inside a transaction: so before it.
    connection.execute('PRAGMA foreign_keys=OFF');
    await retryWhileBusy(LOCK_WAIT_MS_MAX, () => connection.execute('BEGIN IMMEDIATE'));
    try {
      connection.execute(RECORDS);
      const pending = pendingOf(connection, migrations);
      for (const migration of pending) apply(connection, migration);
      if (pending.length > 0) checkForeignKeys(connection);
      connection.execute('COMMIT');
      return { applied: pending.map((migration) => migration.name) };
    } finally {
      if (connection.isInTransaction()) connection.execute('ROLLBACK');
    }
  });
}

/** What `migrateShard` would apply, without doing it. @throws MigrationError as it would. */
export async function pendingMigrations(options: {
  readonly url: string;
  readonly migrationsDir: URL;
}): Promise<{ pending: string[] }> {
  const migrations = readMigrations(options.migrationsDir);
  const { file } = parseSqliteUrl(options.url);
  if (!existsSync(file)) return { pending: migrations.map((migration) => migration.name) };
  return onShard(options.url, async (connection) => {
    const [table] = connection.prepare(`SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`).all([]);
    const pending = table ? pendingOf(connection, migrations) : migrations;
    return { pending: pending.map((migration) => migration.name) };
  });
}

async function onShard<T>(url: string, work: (connection: SqliteConnection) => Promise<T>): Promise<T> {
  const location = parseSqliteUrl(url);
  const connection = await retryWhileBusy(LOCK_WAIT_MS_MAX, () => openConnection(location, 'write'));
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

function readMigrations(migrationsDir: URL): Migration[] {
  const folder = fileURLToPath(migrationsDir);
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  if (names.length === 0) throw new MigrationError('NO_MIGRATIONS', `There are no migrations in ${folder}.`);
  return names.sort().map((name) => {
    const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8').replaceAll('\r\n', '\n');
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

function pendingOf(connection: SqliteConnection, migrations: readonly Migration[]): Migration[] {
  const rows = connection
    .prepare(
      'SELECT "migration_name", "checksum", "finished_at" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL',
    )
    .all([]);
  const half = rows.find(([, , finishedAt]) => finishedAt === null);
  if (half) throw new MigrationError('HALF_APPLIED', `Migration ${half[0]} failed half way; repair the shard first.`);
  const checksums = new Map(rows.map(([name, checksum]) => [String(name), String(checksum)]));
  if (rows.length > 0 && !migrations.some((migration) => checksums.has(migration.name))) {
    throw new MigrationError('FOREIGN_SHARD', 'The shard was made by the migrations of another store.');
  }
  for (const { name, checksum } of migrations) {
    if ((checksums.get(name) ?? checksum) === checksum) continue;
    throw new MigrationError('EDITED', `Migration ${name} was edited after it was applied here; write a new one.`);
  }
  return migrations.filter((migration) => !checksums.has(migration.name));
}

function apply(connection: SqliteConnection, migration: Migration): void {
  const startedAtMs = Date.now();
  try {
    connection.execute(migration.sql);
  } catch (cause) {
    throw new MigrationError('FAILED', `Migration ${migration.name} failed; the shard is as it was.`, { cause });
  }
  connection
    .prepare(
      'INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count") VALUES (?, ?, ?, ?, ?, 1)',
    )
    .run([randomUUID(), migration.checksum, migration.name, startedAtMs, Date.now()]);
}

function checkForeignKeys(connection: SqliteConnection): void {
  const broken = connection.prepare('PRAGMA foreign_key_check').all([]);
  if (broken.length === 0) return;
  const tables = [...new Set(broken.map(([table]) => table))].join(', ');
  throw new MigrationError(
    'FAILED',
    `The migrations would leave ${broken.length} rows that point nowhere, in ${tables}.`,
  );
}
