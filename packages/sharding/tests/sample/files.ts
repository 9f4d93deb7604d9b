import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrateShard } from '@playgraph/sharding/migrate';
import type { SqliteAdapterOptions } from '@playgraph/sharding/sqlite-adapter';
import { onTestFinished } from 'vitest';
import type { PrismaClient } from './generated/sqlite/client.ts';
import { migrationsDir, openClient } from './store.ts';

/** A folder of its own below the system's temporary one, gone when the test ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'playgraph-sharding-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One migrated file and a client on it. */
export async function openFile(
  options: Omit<SqliteAdapterOptions, 'file'> = {},
): Promise<{ db: PrismaClient; file: string }> {
  const file = path.join(makeFolder(), 'sample.db');
  await migrateShard({ url: `file:${file}`, migrationsDir });
  return { db: openClient({ ...options, file }), file };
}
