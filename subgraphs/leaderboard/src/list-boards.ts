import { type Connection, type PageArgs, parsePage, toConnection } from '@playgraph/kernel/page';
import { type Board, DEFAULT_BOARD_KEY } from './domain.ts';
import type { Loaders } from './loaders.ts';

/** The boards of a game, the default one first. A game has few: they are read whole and paged here. */
export async function listBoards(loaders: Loaders, gameId: string, args: PageArgs): Promise<Connection<Board>> {
  const page = parsePage(args, ['string']);
  const boards = [...(await loaders.boardsOfGame.load(gameId))].sort((left, right) =>
    keyOf(left) < keyOf(right) ? -1 : 1,
  );
  const from = page.keyset ? String(page.keyset[0]) : null;
  if (page.direction === 'backward') boards.reverse();
  const isPast = (board: Board) =>
    page.direction === 'forward' ? from === null || keyOf(board) > from : from === null || keyOf(board) < from;
  return toConnection(boards.filter(isPast).slice(0, page.limit + 1), page, (board) => [keyOf(board)]);
}

function keyOf(board: Board): string {
  return board.key === DEFAULT_BOARD_KEY ? '' : board.key;
}
