import { type Identity, requireIdentity } from '@playgraph/auth/identity';
import { isId, parseId } from '@playgraph/kernel/ids';
import { isStorableText } from '@playgraph/kernel/text';
import { type Context, loadGames } from './context.ts';
import type { Game, Genre } from './domain.ts';
import { endPlaySession } from './end-play-session.ts';
import { parseGameFilter } from './game-filter.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { listGames } from './list-games.ts';
import { listLibrary } from './list-library.ts';
import { listPlaySessions } from './list-play-sessions.ts';
import type { Loaders } from './loaders.ts';
import { requestDownload } from './request-download.ts';
import { signScoreTicket } from './score-tickets.ts';
import { startPlaySession } from './start-play-session.ts';

export const resolvers: Resolvers = {
  Query: {
    game: (_root, { id }, { loaders }) => loaders.game.load(parseId('game', id, 'id')),
    gameBySlug: async (_root, { slug }, { loaders }) => {
      // No game can be called what no store can hold.
      if (!isStorableText(slug)) return null;
      const id = await loaders.gameIdBySlug.load(slug.toLowerCase());
      return id === null ? null : loaders.game.load(id);
    },
    games: (_root, { filter, sort, ...page }, { loaders, services }) =>
      listGames(
        { filter: parseGameFilter(filter), sort, page },
        { ...services, loadGames: (ids) => loadGames(loaders, ids) },
      ),
    genres: async (_root, _args, { services }) => byName(await services.store.listGenres()),
  },
  Mutation: {
    requestDownload: (_root, { input }, { identity, services }) => {
      const { userId } = requireIdentity(identity);
      return requestDownload({ gameId: input.gameId, userId }, { ...services, tickets: services.downloadTickets });
    },
    startPlaySession: (_root, { input }, { identity, services }) => {
      const { userId } = requireIdentity(identity);
      return startPlaySession({ gameId: input.gameId, userId }, services);
    },
    endPlaySession: (_root, { input }, { identity, services }) => {
      const { userId } = requireIdentity(identity);
      return endPlaySession({ playSessionId: input.playSessionId, userId }, services);
    },
  },
  Game: {
    __resolveReference: ({ id }, { loaders }) => (isId('game', id) ? loaders.game.load(id) : null),
    genres: async ({ genres }, _args, { loaders }) => {
      const found = await Promise.all(genres.map((slug) => loaders.genreBySlug.load(slug)));
      return byName(found.filter((genre) => genre !== null));
    },
    upstream: (game) => ({
      sizeBytes: game.upstreamSizeBytes,
      installedSizeBytes: game.upstreamInstalledBytes,
      sha256: game.upstreamSha256,
    }),
    isOwned: ({ id }, _args, { loaders }) => loaders.ownership.load(id),
  },
  GameConnection: { totalCount: ({ countAll }) => countAll() },
  Genre: {
    __resolveReference: ({ id }, { loaders }) => (isId('genre', id) ? loaders.genreById.load(id) : null),
  },
  User: {
    __resolveReference: ({ id }) => (isId('user', id) ? { id } : null),
    library: ({ id }, page, { identity, services }) => (isSelf(identity, id) ? listLibrary(id, page, services) : null),
    playSessions: ({ id }, page, { identity, services }) =>
      isSelf(identity, id) ? listPlaySessions(id, page, services) : null,
  },
  LibraryConnection: { totalCount: ({ countAll }) => countAll() },
  LibraryEntry: {
    acquiredAt: ({ grantedAt }) => grantedAt,
    game: ({ gameId }, _args, { loaders }) => getGame(loaders, gameId),
    order: ({ orderId }) => ({ id: orderId }),
  },
  PlaySession: {
    __resolveReference: ({ id }, { loaders }) => (isId('play', id) ? loaders.playSession.load(id) : null),
    game: ({ gameId }, _args, { loaders }) => getGame(loaders, gameId),
    player: ({ userId }) => ({ id: userId }),
    scoreTicket: (session, _args, { services }) => signScoreTicket(session, services.scoreTickets),
  },
  Refusal: { __resolveType: ({ __typename }) => __typename },
  RequestDownloadResult: { __resolveType: ({ __typename }) => __typename ?? 'DownloadTicket' },
  StartPlaySessionResult: { __resolveType: (result) => ('code' in result ? 'NotOwned' : 'PlaySession') },
  EndPlaySessionResult: { __resolveType: (result) => ('code' in result ? 'PlaySessionNotFound' : 'PlaySession') },
};

function isSelf(identity: Context['identity'], userId: string): identity is Identity {
  return identity?.userId === userId;
}

/** Games are never taken out of the store: what names one that is not there is a broken store. */
async function getGame(loaders: Loaders, id: string): Promise<Game> {
  const game = await loaders.game.load(id);
  if (!game) throw new Error(`the store names a game that is not there: ${id}`);
  return game;
}

function byName(genres: readonly Genre[]): Genre[] {
  return [...genres].sort((left, right) => (left.name < right.name ? -1 : 1));
}
