import type { Clock } from '@playgraph/kernel/clock';
import { notFound } from '@playgraph/kernel/errors';
import { parseId } from '@playgraph/kernel/ids';
import type { PlaySession } from './domain.ts';
import type { Store } from './store.ts';

export type EndPlaySessionDeps = {
  readonly store: Pick<Store, 'endPlaySession' | 'findPlaySessions'>;
  readonly clock: Clock;
};

/**
 * Ends a player's own session; one that has ended stays as it is.
 * @throws DomainError BAD_USER_INPUT for something that is no session id, NOT_FOUND when the player has no such session.
 */
export async function endPlaySession(
  request: { readonly playSessionId: string; readonly userId: string },
  { store, clock }: EndPlaySessionDeps,
): Promise<PlaySession & { readonly __typename: 'PlaySession' }> {
  const id = parseId('play', request.playSessionId, 'input.playSessionId');
  await store.endPlaySession(id, request.userId, clock.now());
  const [session] = await store.findPlaySessions([id]);
  if (session?.userId !== request.userId) throw notFound('play session');
  return { __typename: 'PlaySession', ...session };
}
