import path from 'node:path';
import { systemClock } from '@playgraph/kernel/clock';
import { createIds, type Ids } from '@playgraph/kernel/ids';
import { systemRandom } from '@playgraph/kernel/random';
import { openShards } from '@playgraph/sharding/open-shards';
import type { Shards } from '@playgraph/sharding/shards';
import { createSqliteAdapterFactory, type SqliteAdapterOptions } from '@playgraph/sharding/sqlite-adapter';
import { PrismaClient } from './generated/sqlite/client.ts';
import type { GameModel } from './generated/sqlite/models.ts';

export const migrationsDir = new URL('./migrations/sqlite/', import.meta.url);

export const ids: Ids = createIds({ clock: systemClock, random: systemRandom });

export function shardUrls(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, shard) => `file:${path.join(folder, `${shard}.db`)}`);
}

const WAIT_MS = 20_000;

export function openClient(options: SqliteAdapterOptions): PrismaClient {
  return new PrismaClient({
    adapter: createSqliteAdapterFactory(options),
    transactionOptions: { maxWait: WAIT_MS, timeout: WAIT_MS },
  });
}

export function openSampleShards(urls: readonly string[]): Promise<Shards<PrismaClient>> {
  return openShards({ urls, migrationsDir, openClient: (adapter) => new PrismaClient({ adapter }) });
}

export function newGame(overrides: Partial<GameModel> = {}): GameModel {
  const id = overrides.id ?? ids.make('game');
  return {
    id,
    slug: id.toLowerCase(),
    title: 'Lantern Keep',
    price: 1999n,
    stock: 10,
    rating: 4.5,
    isListed: true,
    releaseAt: new Date('2026-11-21T08:30:00.123Z'),
    summary: null,
    cover: null,
    ...overrides,
  };
}
