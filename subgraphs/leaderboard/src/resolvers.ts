import { requireIdentity } from '@playgraph/auth/identity';
import { encodeStreamCursor } from '@playgraph/events/stream-cursor';
import { isId, parseId } from '@playgraph/kernel/ids';
import type { Context } from './context.ts';
import { type Board, type Entry, SCORE_MAX, SCORE_MIN } from './domain.ts';
import { leaderboardErrors } from './errors.ts';
import { followRanks, type RankChange } from './follow-ranks.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { listBoards } from './list-boards.ts';
import { listPlayerRanks } from './list-player-ranks.ts';
import { forgetLoaded } from './loaders.ts';
import { readAround, readFriends, readTop } from './read-ranking.ts';

const RADIUS_DEFAULT = 5;
const FRIENDS_DEFAULT = 20;

export const resolvers: Resolvers = {
  Query: {
    leaderboard: (_root, { id }, { loaders }) => loaders.board.load(parseId('leaderboard', id, 'id')),
  },
  Mutation: {
    submitScore: (_root, { input }, { identity, services }) => {
      const { userId } = requireIdentity(identity);
      return services.submitScore({ ...input, userId, idempotencyKey: input.idempotencyKey ?? null });
    },
  },
  Subscription: {
    rankChanged: {
      subscribe: async (_root, { leaderboardId, after }, { loaders, services, signal }) => {
        const board = await loaders.board.load(parseId('leaderboard', leaderboardId, 'leaderboardId'));
        if (!board) throw leaderboardErrors.boardNotFound();
        return followRanks(services, board, { after: after ?? null, signal });
      },
      // One context serves the whole subscription: each event reads afresh.
      resolve: (event: RankChange, _args: object, { loaders }: Context) => {
        forgetLoaded(loaders);
        return event;
      },
    },
  },
  Leaderboard: {
    __resolveReference: ({ id }, { loaders }) => (isId('leaderboard', id) ? loaders.board.load(id) : null),
    order: () => 'HIGHEST_FIRST',
    scoreMin: () => SCORE_MIN,
    scoreMax: () => SCORE_MAX,
    game: ({ gameId }) => ({ id: gameId }),
    eventCursor: async ({ id }, _args, { loaders }) => encodeStreamCursor(id, await loaders.streamSeq.load(id)),
    entryCount: async ({ id }, _args, { loaders, services }) => {
      await loaders.ready.load(id);
      return services.ranks.count(id);
    },
    top: ({ id }, args, context) => readTop(reading(context), id, args),
    around: async ({ id }, args, context) => {
      const userId = args.userId == null ? context.identity?.userId : parseId('user', args.userId, 'userId');
      return userId ? readAround(reading(context), id, { userId, radius: args.radius ?? RADIUS_DEFAULT }) : [];
    },
    friends: async ({ id }, { first }, context) => {
      const userId = context.identity?.userId;
      return userId ? readFriends(reading(context), id, { userId, first: first ?? FRIENDS_DEFAULT }) : [];
    },
    viewerEntry: async ({ id }, _args, { identity, loaders }) =>
      identity && loaders.place.load({ leaderboardId: id, playerId: identity.userId }),
  },
  LeaderboardEntry: {
    leaderboard: ({ leaderboardId }, _args, { loaders }) => getBoard(loaders.board.load(leaderboardId)),
    player: ({ playerId }) => ({ id: playerId }),
    achievedAt: (entry, _args, { loaders }) => entry.achievedAt ?? getAchievedAt(entry, loaders.score.load(entry)),
  },
  Game: {
    __resolveReference: ({ id }) => (isId('game', id) ? { id } : null),
    leaderboards: ({ id }, args, { loaders }) => listBoards(loaders, id, args),
  },
  User: {
    __resolveReference: ({ id }) => (isId('user', id) ? { id } : null),
    ranks: ({ id }, args, { loaders }) => listPlayerRanks(loaders, id, args),
  },
  Refusal: { __resolveType: () => 'InvalidPlaySession' },
  SubmitScoreResult: { __resolveType: ({ __typename }) => __typename ?? 'InvalidPlaySession' },
};

function reading({ loaders, services }: Context) {
  return { loaders, ranks: services.ranks };
}

/** Boards are never deleted: an entry without one is a broken store. */
async function getBoard(found: Promise<Board | null>): Promise<Board> {
  const board = await found;
  if (!board) throw new Error('an entry names a board that is not there');
  return board;
}

async function getAchievedAt(entry: Entry, found: Promise<{ achievedAt: Date } | null>): Promise<Date> {
  const row = await found;
  if (!row) throw new Error(`${entry.playerId} has a place on ${entry.leaderboardId} and no score`);
  return row.achievedAt;
}
