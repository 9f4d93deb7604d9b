import { notFound } from '@playgraph/kernel/errors';
import { parseId } from '@playgraph/kernel/ids';
import type { Game } from './domain.ts';
import { gameRefusals, type NotOwned } from './errors.ts';
import type { Store } from './store.ts';

export type OwnedGameDeps = {
  readonly store: Pick<Store, 'findGames' | 'findOwnedGameIds'>;
};

/**
 * The game that an input names, when the player owns it.
 * @throws DomainError BAD_USER_INPUT for something that is no game id, NOT_FOUND when there is no such game.
 */
export async function findOwnedGame(
  request: { readonly gameId: string; readonly userId: string },
  { store }: OwnedGameDeps,
): Promise<{ readonly game: Game } | { readonly refusal: NotOwned }> {
  const gameId = parseId('game', request.gameId, 'input.gameId');
  const [[game], owned] = await Promise.all([
    store.findGames([gameId]),
    store.findOwnedGameIds(request.userId, [gameId]),
  ]);
  if (!game) throw notFound('game');
  return owned.has(gameId) ? { game } : { refusal: gameRefusals.notOwned(game) };
}
