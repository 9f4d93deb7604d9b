import type { PageRequest } from '@playgraph/kernel/page';
import { beyondKeyset, orderByKeyset } from '@playgraph/sharding/keyset';
import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import type { CatalogueGame } from '../catalogue-line.ts';
import {
  type Build,
  compareKeys,
  type Game,
  type GameFeature,
  type GameFilter,
  type SortKey,
  type SortOrder,
  sortValueOf,
} from '../domain.ts';
import type { Prisma } from '../generated/sqlite/client.ts';
import type { Db, Tx } from './client.ts';

/** How many games one read of a scan brings. */
const SCAN_BATCH = 500;
/** How many changes one read brings. */
const CHANGES_BATCH = 1_000;

/** Games, their builds, and lists of them. */
export type CatalogueStore = {
  /** In no order; those that do not exist are left out. */
  findGames(ids: readonly string[]): Promise<Game[]>;
  /** Up to `page.limit + 1` games in reading order. The filter's query is not looked at. */
  listGames(filter: GameFilter, order: SortOrder, page: PageRequest): Promise<Game[]>;
  countGames(filter: GameFilter): Promise<number>;
  /** Every game, in batches. */
  scanGames(): AsyncGenerator<Game[]>;
  /** Which games changed since then. */
  listChanges(since: Date): Promise<GameVersion[]>;
  findBuild(gameId: string, fingerprint: string): Promise<Build | null>;
  /** Writes a build down, unless somebody else just did. */
  saveBuild(build: Build, now: Date): Promise<void>;
  /** Runs `write` as one transaction on the shard that owns `id`. */
  inShardOf<Result>(id: string, write: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Resolves when every shard answers. */
  checkReady(): Promise<void>;
  /** The shard that an id lies on: only to be told from another one. */
  shardOf(id: string): object;
};

export type GameVersion = Pick<Game, 'id' | 'updatedAt' | 'fingerprint'>;

export function createCatalogueStore(shards: Shards<Db>): CatalogueStore {
  return {
    findGames: async (ids) => {
      const rows = await shards.mapIds(ids, (db, own) => db.game.findMany({ where: { id: { in: own } } }));
      return rows.map(toGame);
    },
    listGames: async (filter, order, page) => {
      const isUpwards = order.isDescending !== (page.direction === 'forward');
      const side = { key: order.key, id: 'id', isUpwards };
      const [value, id] = page.keyset ?? [];
      const beyond = page.keyset ? beyondKeyset(side, toColumn(order.key, Number(value), value), String(id)) : {};
      const rows = await shards.mergePage({
        limit: page.limit + 1,
        read: (db, limit) =>
          db.game.findMany({ where: { AND: [whereOf(filter), beyond] }, orderBy: orderByKeyset(side), take: limit }),
        compare: (left, right) => {
          const upwards = compareKeys(keyOf(left, order.key), keyOf(right, order.key));
          return isUpwards ? upwards : -upwards;
        },
      });
      return rows.map(toGame);
    },
    countGames: async (filter) => {
      const counts = await shards.scatter((db) => db.game.count({ where: whereOf(filter) }));
      return counts.reduce((total, count) => total + count, 0);
    },
    async *scanGames() {
      for (const db of shards.all()) yield* scanShard(db);
    },
    listChanges: async (since) => (await shards.scatter((db) => listShardChanges(db, since))).flat(),
    findBuild: (gameId, fingerprint) =>
      shards.forId(gameId).build.findUnique({
        where: { gameId_fingerprint: { gameId, fingerprint } },
        select: { gameId: true, fingerprint: true, sizeBytes: true, sha256: true },
      }),
    saveBuild: async (build, now) => {
      try {
        await shards.forId(build.gameId).build.createMany({ data: [{ ...build, createdAt: now }] });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
      }
    },
    inShardOf: (id, write) => shards.forId(id).$transaction(write),
    checkReady: async () => {
      await shards.scatter((db) => db.game.findFirst({ select: { id: true } }));
    },
    shardOf: (id) => shards.forId(id),
  };
}

/** Writes new games of one shard with the rows that they are filtered by. */
export async function insertGames(tx: Tx, games: readonly Game[]): Promise<void> {
  await tx.game.createMany({ data: games.map(toRow) });
  await insertTags(tx, games);
}

/** Replaces what an import can change, when the game is still as `before` says; says whether it was. */
export async function updateGame(
  tx: Tx,
  before: GameVersion,
  game: CatalogueGame & { updatedAt: Date },
): Promise<boolean> {
  const { slug: _, ...changed } = toColumns(game);
  const where = { id: before.id, fingerprint: before.fingerprint };
  const { count } = await tx.game.updateMany({ where, data: { ...changed, updatedAt: game.updatedAt } });
  if (count === 0) return false;
  await tx.gameGenre.deleteMany({ where: { gameId: before.id } });
  await tx.gameFeature.deleteMany({ where: { gameId: before.id } });
  await insertTags(tx, [{ ...game, id: before.id }]);
  return true;
}

async function insertTags(tx: Tx, games: readonly Pick<Game, 'id' | 'genres' | 'features'>[]): Promise<void> {
  const genres = games.flatMap(({ id, genres }) => genres.map((genre) => ({ gameId: id, genre })));
  const features = games.flatMap(({ id, features }) => features.map((feature) => ({ gameId: id, feature })));
  if (genres.length > 0) await tx.gameGenre.createMany({ data: genres });
  if (features.length > 0) await tx.gameFeature.createMany({ data: features });
}

async function* scanShard(db: Db): AsyncGenerator<Game[]> {
  let lastId = '';
  for (;;) {
    const rows = await db.game.findMany({ where: { id: { gt: lastId } }, orderBy: { id: 'asc' }, take: SCAN_BATCH });
    const last = rows.at(-1);
    if (!last) return;
    lastId = last.id;
    yield rows.map(toGame);
  }
}

async function listShardChanges(db: Db, since: Date): Promise<GameVersion[]> {
  const side = { key: 'updatedAt', id: 'id', isUpwards: true };
  const changes: GameVersion[] = [];
  for (;;) {
    const last = changes.at(-1);
    const batch = await db.game.findMany({
      where: last ? beyondKeyset(side, last.updatedAt, last.id) : { updatedAt: { gte: since } },
      orderBy: orderByKeyset(side),
      select: { id: true, updatedAt: true, fingerprint: true },
      take: CHANGES_BATCH,
    });
    changes.push(...batch);
    if (batch.length < CHANGES_BATCH) return changes;
  }
}

function whereOf(filter: GameFilter): Prisma.GameWhereInput {
  const conditions: Prisma.GameWhereInput[] = filter.features.map((feature) => ({
    featureRows: { some: { feature } },
  }));
  if (filter.genres.length > 0) conditions.push({ genreRows: { some: { genre: { in: [...filter.genres] } } } });
  if (filter.sizeBytesMax !== null) conditions.push({ upstreamSizeBytes: { lte: BigInt(filter.sizeBytesMax) } });
  return { AND: conditions };
}

type GameRow = Prisma.GameGetPayload<object>;

function keyOf(row: GameRow, key: SortKey): [string | number, string] {
  return [sortValueOf({ ...row, upstreamSizeBytes: Number(row.upstreamSizeBytes) }, key), row.id];
}

/** A cursor's value as the column holds it. */
function toColumn(key: SortKey, number: number, value: unknown): unknown {
  if (key === 'publishedAt') return new Date(number);
  return key === 'upstreamSizeBytes' ? BigInt(number) : value;
}

function toRow(game: Game): GameRow {
  return { id: game.id, ...toColumns(game), publishedAt: game.publishedAt, updatedAt: game.updatedAt };
}

function toColumns(game: CatalogueGame): Omit<GameRow, 'id' | 'publishedAt' | 'updatedAt'> {
  return {
    slug: game.slug,
    title: game.title,
    sortTitle: game.sortTitle,
    summary: game.summary,
    description: game.description,
    homepage: game.homepage,
    version: game.version,
    genres: JSON.stringify(game.genres),
    features: JSON.stringify(game.features),
    upstreamSizeBytes: BigInt(game.upstreamSizeBytes),
    upstreamInstalledBytes: BigInt(game.upstreamInstalledBytes),
    upstreamSha256: game.upstreamSha256,
    fingerprint: game.fingerprint,
  };
}

function toGame(row: GameRow): Game {
  return {
    ...row,
    genres: JSON.parse(row.genres) as string[],
    features: JSON.parse(row.features) as GameFeature[],
    upstreamSizeBytes: Number(row.upstreamSizeBytes),
    upstreamInstalledBytes: Number(row.upstreamInstalledBytes),
  };
}
