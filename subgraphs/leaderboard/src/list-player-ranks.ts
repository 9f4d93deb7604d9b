import { type Connection, type PageArgs, toConnection } from '@playgraph/kernel/page';
import { parseTimePage, timeKeyset } from '@playgraph/kernel/time-page';
import type { Entry } from './domain.ts';
import type { Loaders } from './loaders.ts';

/**
 * The boards that a player has a score on, the one entered last first, with the place on each. What a page costs: one
 * read of the player's shard, and one call of the hot store a board.
 */
export async function listPlayerRanks(loaders: Loaders, playerId: string, args: PageArgs): Promise<Connection<Entry>> {
  const page = parseTimePage(args);
  const rows = await loaders.playerBoards.load({ playerId, page });
  const boards = toConnection(rows, page, (row) => timeKeyset({ at: row.enteredAt, id: row.leaderboardId }));
  const places = await Promise.all(
    boards.nodes.map(({ leaderboardId }) => loaders.place.load({ leaderboardId, playerId })),
  );
  const edges = boards.edges.flatMap(({ cursor }, i) => {
    const node = places[i];
    return node ? [{ node, cursor }] : [];
  });
  return { edges, nodes: edges.map((edge) => edge.node), pageInfo: boards.pageInfo };
}
