import type { Clock } from '@playgraph/kernel/clock';
import { bucketOf, type Ids } from '@playgraph/kernel/ids';
import type { PlaySession } from './domain.ts';
import type { NotOwned } from './errors.ts';
import { findOwnedGame, type OwnedGameDeps } from './owned-game.ts';
import type { Store } from './store.ts';

export type StartPlaySessionDeps = OwnedGameDeps & {
  readonly store: Pick<Store, 'insertPlaySession'>;
  readonly clock: Clock;
  readonly ids: Ids;
};

/** Starts playing an owned game. @throws DomainError as `findOwnedGame`. */
export async function startPlaySession(
  request: { readonly gameId: string; readonly userId: string },
  deps: StartPlaySessionDeps,
): Promise<(PlaySession & { readonly __typename: 'PlaySession' }) | NotOwned> {
  const found = await findOwnedGame(request, deps);
  if ('refusal' in found) return found.refusal;
  const session: PlaySession = {
    id: deps.ids.make('play', bucketOf(request.userId)),
    userId: request.userId,
    gameId: found.game.id,
    startedAt: deps.clock.now(),
    endedAt: null,
  };
  await deps.store.insertPlaySession(session);
  return { __typename: 'PlaySession', ...session };
}
