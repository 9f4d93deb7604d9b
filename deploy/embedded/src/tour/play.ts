import type { Player } from './accounts.ts';
import type { TourGame } from './purchase.ts';
import { holds, type Reporter } from './reporter.ts';

const BOARD = 'query B($id: ID!) { game(id: $id) { leaderboards(first: 1) { nodes { id name eventCursor } } } }';
const START =
  'mutation P($id: ID!) { startPlaySession(input: { gameId: $id }) { __typename ... on PlaySession { id scoreTicket } ... on Refusal { code } } }';
const SUBMIT = `mutation S($input: SubmitScoreInput!) {
  submitScore(input: $input) { __typename ... on SubmitScoreSuccess { isPersonalBest entry { rank score } } ... on Refusal { code } }
}`;
const RANKS =
  'subscription R($id: ID!, $after: String) { rankChanged(leaderboardId: $id, after: $after) { sequence previousRank entry { rank score player { displayName } } } }';
type RankData = {
  rankChanged: {
    sequence: number;
    previousRank: number | null;
    entry: { rank: number; score: number; player: { displayName: string } };
  };
};
type Board = { id: string; name: string; eventCursor: string };

/** Both play, both scores arrive live, and each sees the other among friends. */
export async function playForRanks(
  reporter: Reporter,
  players: readonly [Player, Player],
  game: TourGame,
): Promise<void> {
  const [one, other] = players;
  const board = await reporter.step(`${game.title} has a leaderboard`, async () => {
    const { game: found } = await one.client.ask<{ game: { leaderboards: { nodes: Board[] } } }>(BOARD, {
      id: game.id,
    });
    const [first] = found.leaderboards.nodes;
    holds(first !== undefined, 'a leaderboard', found);
    return [first as Board, first?.name ?? ''];
  });
  await reporter.step('both play and watch the ranks', async () => {
    const live = await other.client.follow<RankData>(RANKS, { id: board.id, after: board.eventCursor });
    const scores = new Map([
      [one.displayName, 48_000],
      [other.displayName, 51_000],
    ]);
    for (const player of players) {
      await submitScore(player, { game, board, score: scores.get(player.displayName) ?? 0 });
      const { rankChanged } = await live.next();
      const { entry } = rankChanged;
      reporter.live(
        `${entry.player.displayName} takes rank ${entry.rank} with ${entry.score} (#${rankChanged.sequence})`,
      );
      holds(entry.player.displayName === player.displayName, `${player.displayName}'s rank`, entry);
    }
    await live.close();
    return [undefined, 'both ranks arrived'];
  });
  await seeFriends(reporter, one, { board, friend: other });
}

async function submitScore(
  { client, displayName }: Player,
  { game, board, score }: { game: TourGame; board: Board; score: number },
) {
  type Session = { startPlaySession: { __typename: string; id: string; scoreTicket: string } };
  const { startPlaySession: session } = await client.ask<Session>(START, { id: game.id });
  holds(session.__typename === 'PlaySession', 'PlaySession', session);
  const input = { leaderboardId: board.id, playSessionId: session.id, scoreTicket: session.scoreTicket, score };
  const { submitScore } = await client.ask<{ submitScore: { isPersonalBest?: boolean } }>(SUBMIT, { input });
  holds(submitScore.isPersonalBest === true, `a personal best of ${displayName}`, submitScore);
}

async function seeFriends(
  reporter: Reporter,
  player: Player,
  { board, friend }: { board: Board; friend: Player },
): Promise<void> {
  await reporter.step(`${player.displayName} compares with friends`, async () => {
    const query = 'query F($id: ID!) { leaderboard(id: $id) { friends(first: 5) { rank player { displayName } } } }';
    type Data = { leaderboard: { friends: { rank: number; player: { displayName: string } }[] } };
    const { leaderboard } = await player.client.ask<Data>(query, { id: board.id });
    const names = leaderboard.friends.map((entry) => `${entry.player.displayName} at ${entry.rank}`);
    holds(
      names.some((name) => name.startsWith(friend.displayName)),
      `${friend.displayName} among friends`,
      names,
    );
    return [undefined, names.join(', ')];
  });
}
