import type { Player } from './accounts.ts';
import type { TourGame } from './purchase.ts';
import { holds, type Reporter } from './reporter.ts';

/** One operation that reads all six subgraphs. */
export const OVERVIEW = `query Overview($gameId: ID!) {
  me {
    displayName
    wallet { available { amountMinor currency } transactions(first: 5) { nodes { kind state } } }
    library(first: 5) { nodes { game { title } } }
    orders(first: 5) { nodes { state payments { state } lines { game { title } } } }
    friends(first: 5) { nodes { displayName } }
    ranks(first: 5) { nodes { rank leaderboard { game { title } } } }
  }
  game(id: $gameId) { isOwned friendsPlaying(first: 5) { nodes { displayName } } offer { stockBand } leaderboards(first: 1) { nodes { entryCount } } }
}`;

type OverviewData = {
  me: {
    displayName: string;
    library: { nodes: unknown[] };
    orders: { nodes: { state: string; payments: { state: string }[] }[] };
    friends: { nodes: unknown[] };
    ranks: { nodes: unknown[] };
  };
  game: { isOwned: boolean };
};

/** Everything above, as one front end would read it, in one operation. */
export async function readOverview(reporter: Reporter, { client, displayName }: Player, game: TourGame): Promise<void> {
  await reporter.step(`${displayName} reads six subgraphs in one operation`, async () => {
    const { me, game: owned } = await client.ask<OverviewData>(OVERVIEW, { gameId: game.id });
    const counts = [me.library, me.orders, me.friends, me.ranks].map(({ nodes }) => nodes.length);
    holds(counts.every((count) => count > 0) && owned.isOwned, 'library, orders, friends and ranks', me);
    return [undefined, `${counts[0]} game, ${counts[1]} order, ${counts[2]} friend, ${counts[3]} rank`];
  });
}
