import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { migrateShard, pendingMigrations } from '@playgraph/sharding/migrate';
import { openConnection } from '@playgraph/sharding/sqlite-connection';
import { expect, test, vi } from 'vitest';
import { runChild, startChild } from './sample/child.ts';
import { makeFolder } from './sample/files.ts';
import { migrationsDir, newGame, openClient } from './sample/store.ts';

type Scratch = { readonly file: string; readonly url: string; readonly migrations: URL };

/** A shard that does not exist yet, and a copy of the sample's migrations to change. */
function makeScratch(): Scratch {
  const folder = makeFolder();
  cpSync(fileURLToPath(migrationsDir), path.join(folder, 'migrations'), { recursive: true });
  const file = path.join(folder, 'shard.db');
  return { file, url: `file:${file}`, migrations: pathToFileURL(`${path.join(folder, 'migrations')}/`) };
}

function addMigration(scratch: Scratch, name: string, sql: string): void {
  const folder = path.join(fileURLToPath(scratch.migrations), name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'migration.sql'), sql);
}

const migrate = (scratch: Scratch): Promise<{ applied: string[] }> =>
  migrateShard({ url: scratch.url, migrationsDir: scratch.migrations });

function query(file: string, sql: string): unknown[][] {
  const connection = openConnection({ file, synchronous: 'NORMAL' }, 'read');
  try {
    return connection.prepare(sql).all([]);
  } finally {
    connection.close();
  }
}

const tables = (file: string): unknown[] => query(file, "SELECT name FROM sqlite_master WHERE type = 'table'").flat();

test('a shard is migrated once, and recorded as Prisma does', async () => {
  const scratch = makeScratch();
  const pending = await pendingMigrations({ url: scratch.url, migrationsDir: scratch.migrations });
  expect(existsSync(scratch.file)).toBe(false);
  const { applied } = await migrate(scratch);
  expect(applied).toEqual(pending.pending);
  expect(await migrate(scratch)).toEqual({ applied: [] });
  const [record, ...others] = query(
    scratch.file,
    'SELECT "migration_name", "applied_steps_count", "finished_at" >= "started_at", length("checksum"), "logs" FROM "_prisma_migrations"',
  );
  expect(others).toEqual([]);
  expect(record?.map(String)).toEqual([applied[0], '1', '1', '64', 'null']);
});

test('a migration that fails leaves the shard as it was, and repaired it is applied', async () => {
  const scratch = makeScratch();
  await migrate(scratch);
  addMigration(scratch, '20990101000000_good', 'CREATE TABLE "good" ("id" TEXT);');
  addMigration(scratch, '20990101000001_bad', 'CREATE TABLE "half" ("id" TEXT); CREATE TABLE "half" ("id" TEXT);');
  const before = tables(scratch.file);
  await expect(migrate(scratch)).rejects.toMatchObject({ name: 'MigrationError', reason: 'FAILED' });
  expect(tables(scratch.file)).toEqual(before);
  addMigration(scratch, '20990101000001_bad', 'CREATE TABLE "half" ("id" TEXT);');
  expect(await migrate(scratch)).toEqual({ applied: ['20990101000000_good', '20990101000001_bad'] });
});

test('a migration that would leave rows pointing nowhere is refused', async () => {
  const scratch = makeScratch();
  await migrate(scratch);
  const db = openClient({ file: scratch.file });
  const game = await db.game.create({ data: newGame() });
  await db.review.create({ data: { id: 'r', gameId: game.id, stars: 5 } });
  await db.$disconnect();
  addMigration(scratch, '20990101000000_drop', 'DELETE FROM "game";');
  await expect(migrate(scratch)).rejects.toMatchObject({ reason: 'FAILED' });
  expect(query(scratch.file, 'SELECT "id" FROM "game"')).toEqual([[game.id]]);
});

test('a script that rebuilds a table keeps the rows that point to it', async () => {
  const scratch = makeScratch();
  await migrate(scratch);
  const db = openClient({ file: scratch.file });
  const game = await db.game.create({ data: newGame() });
  await db.review.create({ data: { id: 'r', gameId: game.id, stars: 5 } });
  await db.$disconnect();
  addMigration(
    scratch,
    '20990101000000_rebuild',
    `PRAGMA defer_foreign_keys=ON; PRAGMA foreign_keys=OFF;
     CREATE TABLE "new_game" AS SELECT * FROM "game"; DROP TABLE "game";
     CREATE TABLE "game" ("id" TEXT NOT NULL PRIMARY KEY, "slug" TEXT NOT NULL);
     INSERT INTO "game" SELECT "id", "slug" FROM "new_game"; DROP TABLE "new_game";
     PRAGMA foreign_keys=ON; PRAGMA defer_foreign_keys=OFF;`,
  );
  await migrate(scratch);
  expect(query(scratch.file, 'SELECT "gameId" FROM "review"')).toEqual([[game.id]]);
});

test('a migration that was edited after it was applied is refused', async () => {
  const scratch = makeScratch();
  const { applied } = await migrate(scratch);
  const file = path.join(fileURLToPath(scratch.migrations), applied[0] ?? '', 'migration.sql');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n-- edited`);
  await expect(migrate(scratch)).rejects.toMatchObject({ reason: 'EDITED' });
});

test("another store's shard, a half applied one, and an empty folder of migrations are refused", async () => {
  const scratch = makeScratch();
  await migrate(scratch);
  const other: Scratch = { ...scratch, migrations: pathToFileURL(`${makeFolder()}/`) };
  await expect(migrate(other)).rejects.toMatchObject({ reason: 'NO_MIGRATIONS' });
  addMigration(other, '20200101000000_other', 'CREATE TABLE "other" ("id" TEXT);');
  await expect(migrate(other)).rejects.toMatchObject({ reason: 'FOREIGN_SHARD' });
  expect(tables(scratch.file)).not.toContain('other');

  const connection = openConnection({ file: scratch.file, synchronous: 'NORMAL' }, 'write');
  connection.execute('UPDATE "_prisma_migrations" SET "finished_at" = NULL');
  connection.close();
  await expect(migrate(scratch)).rejects.toMatchObject({ reason: 'HALF_APPLIED' });
});

test('of several processes that migrate at the same time one does it, and the others find it done', async () => {
  const scratch = makeScratch();
  const outputs = await Promise.all(
    [1, 2, 3].map(() => runChild('migrate.ts', [scratch.url, scratch.migrations.href])),
  );
  const applied = outputs.map(([, line]) => JSON.parse(line ?? '') as string[]);
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  expect(query(scratch.file, 'SELECT "migration_name" FROM "_prisma_migrations"')).toHaveLength(1);
});

test("Prisma's own engine finds a shard that we migrated up to date", async () => {
  const scratch = makeScratch();
  await migrate(scratch);
  const [diagnosis = '', applied = ''] = await runChild('diagnose.mjs', [scratch.file, scratch.migrations.href]);
  expect(JSON.parse(diagnosis)).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
  expect(JSON.parse(applied)).toEqual({ appliedMigrationNames: [] });
});

const MANY_ROWS = `CREATE TABLE "many" ("n" INTEGER, "text" TEXT);
INSERT INTO "many" WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000000) SELECT n, hex(randomblob(16)) FROM c;`;
const WAL_BYTES_BEFORE_KILL = 1_000_000;

test('killed in the middle of a migration, a shard is as it was and can be migrated', { timeout: 60_000 }, async () => {
  const scratch = makeScratch();
  const { applied } = await migrate(scratch);
  addMigration(scratch, '20990101000000_long', MANY_ROWS);
  const child = startChild('migrate.ts', [scratch.url, scratch.migrations.href]);
  const wal = `${scratch.file}-wal`;
  const isUnderWay = (): void => expect(existsSync(wal) && statSync(wal).size).toBeGreaterThan(WAL_BYTES_BEFORE_KILL);
  await vi.waitFor(isUnderWay, { timeout: 30_000, interval: 2 });
  await child.kill();

  expect(query(scratch.file, 'SELECT "migration_name" FROM "_prisma_migrations"')).toEqual([applied]);
  expect(tables(scratch.file)).not.toContain('many');
  addMigration(scratch, '20990101000000_long', 'CREATE TABLE "many" ("n" INTEGER);');
  expect(await migrate(scratch)).toEqual({ applied: ['20990101000000_long'] });
});
