import type { Identity } from '@playgraph/auth/identity';
import { createEntityCache, type EntityCache } from '@playgraph/cache/entity-cache';
import type { HotStore } from '@playgraph/cache/hot-store';
import { keyBy } from '@playgraph/kernel/collections';
import DataLoader from 'dataloader';
import type { Game, Genre, PlaySession } from './domain.ts';
import type { Store } from './store.ts';

/** How many keys one read of a loader has; well below what a statement can take. */
const BATCH_MAX = 500;
/** A game that was changed behind the back of every process is seen as changed after this. */
const GAME_TTL_MS = 60_000;
/** Names of genres, and whose a slug is, do not change. */
const NAME_TTL_MS = 600_000;

/** Public entities that outlive a request. */
export type GameCaches = {
  readonly games: EntityCache<Game>;
  /** By slug. */
  readonly genres: EntityCache<Genre>;
  /** Game ids by slug. */
  readonly slugs: EntityCache<string>;
};

export function createCaches(hot: HotStore): GameCaches {
  return {
    games: createEntityCache<Game>({ hot, namespace: 'game:game', ttlMs: GAME_TTL_MS }),
    genres: createEntityCache<Genre>({ hot, namespace: 'game:genre', ttlMs: NAME_TTL_MS }),
    slugs: createEntityCache<string>({ hot, namespace: 'game:slug', ttlMs: NAME_TTL_MS }),
  };
}

/** The reads of one request, batched. Null: there is no such entity, or the caller may not see it. */
export type Loaders = {
  readonly game: DataLoader<string, Game | null>;
  readonly gameIdBySlug: DataLoader<string, string | null>;
  readonly genreBySlug: DataLoader<string, Genre | null>;
  readonly genreById: DataLoader<string, Genre | null>;
  /** By game id: whether the caller owns it; null when nobody is signed in. */
  readonly ownership: DataLoader<string, boolean | null>;
  /** The caller's own sessions. */
  readonly playSession: DataLoader<string, PlaySession | null>;
};

export type LoaderDeps = { readonly store: Store; readonly caches: GameCaches; readonly identity: Identity | null };

export function createLoaders({ store, caches, identity }: LoaderDeps): Loaders {
  return {
    game: cached(caches.games, async (ids) => keyBy(await store.findGames(ids), (game) => game.id)),
    gameIdBySlug: cached(caches.slugs, (slugs) => store.findGameIds(slugs)),
    genreBySlug: cached(caches.genres, async (slugs) =>
      keyBy(await store.findGenresBySlug(slugs), (genre) => genre.slug),
    ),
    genreById: batched(async (ids) => keyBy(await store.findGenresById(ids), (genre) => genre.id)),
    ownership: batched(async (gameIds) => {
      if (!identity) return new Map<string, boolean>();
      const owned = await store.findOwnedGameIds(identity.userId, gameIds);
      return new Map(gameIds.map((id) => [id, owned.has(id)]));
    }),
    playSession: batched(async (ids) => {
      if (!identity) return new Map<string, PlaySession>();
      const sessions = await store.findPlaySessions(ids);
      const own = sessions.filter((session) => session.userId === identity.userId);
      return keyBy(own, (session) => session.id);
    }),
  };
}

type Read<Value> = (keys: readonly string[]) => Promise<Map<string, Value>>;

function cached<Value>(cache: EntityCache<Value>, read: Read<Value>): DataLoader<string, Value | null> {
  return batched((keys) => cache.readMany(keys, read));
}

function batched<Value>(read: Read<Value>): DataLoader<string, Value | null> {
  return new DataLoader(
    async (keys) => {
      const values = await read(keys);
      return keys.map((key) => values.get(key) ?? null);
    },
    { maxBatchSize: BATCH_MAX },
  );
}
