import type { AnnounceChanges } from '@playgraph/cache/entity-changes';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import { z } from 'zod';
import { boardIdOf } from './board-id.ts';
import { DEFAULT_BOARD_KEY, DEFAULT_BOARD_NAME } from './domain.ts';
import type { BoardCaches } from './loaders.ts';
import type { Ranks } from './ranks.ts';
import { type Store, setFriendLink } from './store.ts';

/** The fact that this subgraph publishes, on the board's stream: a player reached a new best score. */
export const SCORE_SUBMITTED = 'leaderboard.score_submitted';

const CONSUMER = 'leaderboard';

const scoreSubmitted = z.object({
  leaderboardId: z.string(),
  gameId: z.string(),
  userId: z.string(),
  score: z.int(),
  /** Right after the submission, and right before it (null: the player's first score on the board). */
  rank: z.int(),
  previousRank: z.int().nullable(),
});
export type ScoreSubmitted = z.output<typeof scoreSubmitted>;

const gamePublished = z.object({ gameId: z.string() });
const friendshipChanged = z.object({
  friendshipId: z.string(),
  requesterId: z.string(),
  addresseeId: z.string(),
  state: z.string(),
});

export function parseScoreSubmitted(data: unknown): ScoreSubmitted {
  return scoreSubmitted.parse(data);
}

type Deps = {
  readonly events: EventStore;
  readonly store: Store;
  readonly ranks: Ranks;
  readonly caches: BoardCaches;
  readonly announce: AnnounceChanges;
};

/** Starts to consume. Every handler may run again for the same event and then changes nothing. */
export function consumeEvents(deps: Deps): Promise<void> {
  return deps.events.consume({
    consumer: CONSUMER,
    topics: [topicOf('game'), topicOf('social'), topicOf('leaderboard')],
    handlers: {
      'game.published': (event) => createDefaultBoard(deps, event),
      'social.friendship_changed': (event) => projectFriendship(deps, event),
      [SCORE_SUBMITTED]: (event) => indexScore(deps, event),
    },
  });
}

/** The board's id follows from the game, so a second delivery meets the same row. */
async function createDefaultBoard({ store, caches, announce }: Deps, event: DomainEvent): Promise<void> {
  const { gameId } = gamePublished.parse(event.data);
  const id = boardIdOf(gameId, DEFAULT_BOARD_KEY);
  await store.createBoard({ id, gameId, key: DEFAULT_BOARD_KEY, name: DEFAULT_BOARD_NAME }, new Date(event.at));
  await Promise.all([caches.byId.invalidate([id]), caches.ofGame.invalidate([gameId])]);
  await announce([
    { typename: 'Leaderboard', key: { id } },
    { subgraph: 'leaderboard', typename: 'Game' },
  ]);
}

/**
 * Both directions, each in its user's bucket. They may lie on different shards, so each is its own transaction with its
 * own inbox row: a repeated event cannot bring a removed friendship back.
 */
async function projectFriendship({ events, store }: Deps, event: DomainEvent): Promise<void> {
  const { friendshipId, requesterId, addresseeId, state } = friendshipChanged.parse(event.data);
  const directions = [
    { userId: requesterId, friendId: addresseeId, friendshipId },
    { userId: addresseeId, friendId: requesterId, friendshipId },
  ];
  for (const link of directions) {
    await store.transact(link.userId, async (tx) => {
      if (!(await events.isFirstDelivery(tx, `${CONSUMER}:${link.userId}`, event))) return;
      await setFriendLink(tx, link, state === 'ACCEPTED');
    });
  }
}

/**
 * The player's index of boards, in the player's bucket. Also brings the hot copy up to date, which the submission has
 * done already unless its process died right after the commit.
 */
async function indexScore({ store, ranks, announce }: Deps, event: DomainEvent): Promise<void> {
  const { leaderboardId, userId, previousRank } = parseScoreSubmitted(event.data);
  await ranks.refresh([leaderboardId]);
  await announce([{ typename: 'Leaderboard', key: { id: leaderboardId } }]);
  if (previousRank !== null) return;
  await store.enterBoard({ playerId: userId, leaderboardId, enteredAt: new Date(event.at) });
}
