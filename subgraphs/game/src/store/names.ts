import { isUniqueViolation } from '@playgraph/sharding/prisma-errors';
import type { Shards } from '@playgraph/sharding/shards';
import type { Genre } from '../domain.ts';
import type { Db } from './client.ts';

/** How often a write of names is begun again when another process took one of them in between. */
const TAKEN_RETRIES_MAX = 5;
/** How many genres a store can list. */
const GENRES_MAX = 1_000;

/** Slugs and genres: rows in the bucket of their name. */
export type NameStore = {
  /** Whose slugs these are, by slug; free ones are left out. */
  findGameIds(slugs: readonly string[]): Promise<Map<string, string>>;
  /** Reserves each slug that is free for the id that `idOf` makes. Answers whose the slugs are now, by slug. */
  reserveSlugs(slugs: readonly string[], idOf: (slug: string) => string, now: Date): Promise<Map<string, string>>;
  /** Notes that the games of these slugs are written. */
  confirmSlugs(slugs: readonly string[], now: Date): Promise<void>;
  /** Writes down the genres that are not there yet. */
  ensureGenres(slugs: readonly string[], create: (slug: string) => Genre): Promise<void>;
  findGenresBySlug(slugs: readonly string[]): Promise<Genre[]>;
  findGenresById(ids: readonly string[]): Promise<Genre[]>;
  listGenres(): Promise<Genre[]>;
};

export function createNameStore(shards: Shards<Db>): NameStore {
  /** As `shards.mapIds`, for names. */
  const mapNames = async <Row>(names: readonly string[], read: (db: Db, own: string[]) => Promise<Row[]>) => {
    const owners = new Map<Db, string[]>();
    for (const name of new Set(names)) {
      const db = shards.forName(name);
      owners.set(db, [...(owners.get(db) ?? []), name]);
    }
    return (await Promise.all([...owners].map(([db, own]) => read(db, own)))).flat();
  };

  return {
    findGameIds: async (slugs) => new Map(await mapNames(slugs, readSlugs)),
    reserveSlugs: async (slugs, idOf, now) =>
      new Map(
        await mapNames(slugs, (db, own) =>
          againWhenTaken(async () => {
            const known = new Map(await readSlugs(db, own));
            const free = own.filter((slug) => !known.has(slug));
            const data = free.map((slug) => ({ slug, gameId: idOf(slug), reservedAt: now }));
            if (data.length > 0) await db.gameSlug.createMany({ data });
            return [...known, ...data.map(({ slug, gameId }): [string, string] => [slug, gameId])];
          }),
        ),
      ),
    confirmSlugs: async (slugs, now) => {
      await mapNames(slugs, async (db, own) => {
        await db.gameSlug.updateMany({ where: { slug: { in: own }, confirmedAt: null }, data: { confirmedAt: now } });
        return [];
      });
    },
    ensureGenres: async (slugs, create) => {
      await mapNames(slugs, (db, own) =>
        againWhenTaken(async () => {
          const known = new Set((await readGenres(db, own)).map((genre) => genre.slug));
          const data = own.filter((slug) => !known.has(slug)).map(create);
          if (data.length > 0) await db.genre.createMany({ data });
          return data;
        }),
      );
    },
    findGenresBySlug: (slugs) => mapNames(slugs, readGenres),
    findGenresById: (ids) => shards.mapIds(ids, (db, own) => db.genre.findMany({ where: { id: { in: own } } })),
    listGenres: async () => {
      const genres = await shards.scatter((db) => db.genre.findMany({ orderBy: { id: 'asc' }, take: GENRES_MAX }));
      return genres.flat();
    },
  };
}

async function readSlugs(db: Db, slugs: string[]): Promise<[slug: string, gameId: string][]> {
  const rows = await db.gameSlug.findMany({ where: { slug: { in: slugs } } });
  return rows.map(({ slug, gameId }) => [slug, gameId]);
}

function readGenres(db: Db, slugs: string[]): Promise<Genre[]> {
  return db.genre.findMany({ where: { slug: { in: slugs } } });
}

async function againWhenTaken<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isUniqueViolation(error) || attempt > TAKEN_RETRIES_MAX) throw error;
    }
  }
}
