import type { Clock } from '@playgraph/kernel/clock';
import { parseId } from '@playgraph/kernel/ids';
import type { PlaySession } from './domain.ts';
import { gameRefusals, type PlaySessionNotFound } from './errors.ts';
import type { Store } from './store.ts';

export type EndPlaySessionDeps = {
  readonly store: Pick<Store, 'endPlaySession' | 'findPlaySessions'>;
  readonly clock: Clock;
};

/**
 * Ends a player's own session; one that has ended stays as it is. Another player's looks like one that is not there.
 * @throws DomainError BAD_USER_INPUT for something that is no session id.
 */
export async function endPlaySession(
  request: { readonly playSessionId: string; readonly userId: string },
  { store, clock }: EndPlaySessionDeps,
): Promise<(PlaySession & { readonly __typename: 'PlaySession' }) | PlaySessionNotFound> {
  const id = parseId('play', request.playSessionId, 'input.playSessionId');
  await store.endPlaySession(id, request.userId, clock.now());
  const [session] = await store.findPlaySessions([id]);
  if (session?.userId !== request.userId) return gameRefusals.playSessionNotFound();
  return { __typename: 'PlaySession', ...session };
}
