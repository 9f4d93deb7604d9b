import { type Connection, type Keyset, type PageArgs, parsePage, toConnection } from '@playgraph/kernel/page';
import type { Entry } from './domain.ts';
import type { Loaders } from './loaders.ts';

/**
 * The boards that a player has a score on, the one entered last first, with the place on each. What a page costs: one
 * read of the player's shard, and one call of the hot store a board.
 */
export async function listPlayerRanks(loaders: Loaders, playerId: string, args: PageArgs): Promise<Connection<Entry>> {
  const page = parsePage(args, ['number', 'string']);
  const from = toPlace(page.keyset);
  const rows = await loaders.playerBoards.load({
    playerId,
    page: { limit: page.limit, direction: page.direction, from },
  });
  const boards = toConnection(rows, page, (row) => [row.enteredAt.getTime(), row.leaderboardId]);
  const places = await Promise.all(
    boards.nodes.map(({ leaderboardId }) => loaders.place.load({ leaderboardId, playerId })),
  );
  const edges = boards.edges.flatMap(({ cursor }, i) => {
    const node = places[i];
    return node ? [{ node, cursor }] : [];
  });
  return { edges, nodes: edges.map((edge) => edge.node), pageInfo: boards.pageInfo };
}

function toPlace(keyset: Keyset | null): { enteredAt: Date; leaderboardId: string } | null {
  return keyset && { enteredAt: new Date(Number(keyset[0])), leaderboardId: String(keyset[1]) };
}
