import { parseId } from '@playgraph/kernel/ids';
import type { SocialDeps } from './deps.ts';
import type { Side } from './domain/friendship.ts';
import { FRIENDS_MAX } from './domain.ts';
import {
  type AlreadyFriends,
  type CannotBlockYourself,
  type FriendLimitReached,
  type NoSuchRequest,
  type NotBlocked,
  type NotFriends,
  type RequestPending,
  refusals,
  socialErrors,
  type UserBlocked,
} from './errors.ts';
import { requireKnownUser } from './known-users.ts';
import { moveFriendship } from './move-friendship.ts';

export type FriendshipSuccess = {
  readonly __typename: 'FriendshipSuccess';
  readonly user: { readonly id: string };
  readonly friendship: Side;
};

/** Who acts, and whom the input names. */
export type Encounter = { readonly actorId: string; readonly userId: string };

export async function requestFriendship(
  deps: SocialDeps,
  encounter: Encounter,
): Promise<FriendshipSuccess | AlreadyFriends | RequestPending | UserBlocked | FriendLimitReached> {
  const pair = parseEncounter(encounter);
  await requireKnownUser(deps, pair.otherId);
  const veto = await vetoWhenFull(deps, pair.actorId);
  const moved = await moveFriendship(deps, { ...pair, action: 'request', veto });
  if ('side' in moved) return succeeded(pair.otherId, moved.side);
  switch (moved.refusal) {
    case 'ALREADY_FRIENDS':
      return refusals.alreadyFriends(pair.otherId);
    case 'REQUEST_PENDING':
      return refusals.requestPending(pair.otherId);
    case 'USER_BLOCKED':
      return refusals.userBlocked(pair.otherId);
    default:
      return moved.refusal;
  }
}

export async function acceptFriendship(
  deps: SocialDeps,
  encounter: Encounter,
): Promise<FriendshipSuccess | NoSuchRequest | FriendLimitReached> {
  const pair = parseEncounter(encounter);
  const veto = await vetoWhenFull(deps, pair.actorId);
  const moved = await moveFriendship(deps, { ...pair, action: 'accept', veto });
  if ('side' in moved) return succeeded(pair.otherId, moved.side);
  return moved.refusal === 'NO_SUCH_REQUEST' ? refusals.noSuchRequest() : moved.refusal;
}

export async function declineFriendship(
  deps: SocialDeps,
  encounter: Encounter,
): Promise<FriendshipSuccess | NoSuchRequest> {
  const pair = parseEncounter(encounter);
  const moved = await moveFriendship(deps, { ...pair, action: 'decline' });
  return 'side' in moved ? succeeded(pair.otherId, moved.side) : refusals.noSuchRequest();
}

export async function removeFriend(deps: SocialDeps, encounter: Encounter): Promise<FriendshipSuccess | NotFriends> {
  const pair = parseEncounter(encounter);
  const moved = await moveFriendship(deps, { ...pair, action: 'remove' });
  return 'side' in moved ? succeeded(pair.otherId, moved.side) : refusals.notFriends([pair.otherId]);
}

export async function blockUser(
  deps: SocialDeps,
  encounter: Encounter,
): Promise<FriendshipSuccess | CannotBlockYourself> {
  if (encounter.userId === encounter.actorId) return refusals.cannotBlockYourself();
  const pair = parseEncounter(encounter);
  await requireKnownUser(deps, pair.otherId);
  const moved = await moveFriendship(deps, { ...pair, action: 'block' });
  return succeeded(pair.otherId, 'side' in moved ? moved.side : moved.refusal);
}

export async function unblockUser(deps: SocialDeps, encounter: Encounter): Promise<FriendshipSuccess | NotBlocked> {
  const pair = parseEncounter(encounter);
  const moved = await moveFriendship(deps, { ...pair, action: 'unblock' });
  return 'side' in moved ? succeeded(pair.otherId, moved.side) : refusals.notBlocked(pair.otherId);
}

function parseEncounter({ actorId, userId }: Encounter): { readonly actorId: string; readonly otherId: string } {
  const otherId = parseId('user', userId, 'input.userId');
  if (otherId === actorId) throw socialErrors.yourself();
  return { actorId, otherId };
}

/** Counted before the change: two requests at the same moment may pass the limit by one, which harms nobody. */
async function vetoWhenFull(deps: SocialDeps, actorId: string): Promise<() => FriendLimitReached | null> {
  const isFull = (await deps.store.countFriends(actorId)) >= FRIENDS_MAX;
  return () => (isFull ? refusals.friendLimitReached() : null);
}

function succeeded(userId: string, friendship: Side): FriendshipSuccess {
  return { __typename: 'FriendshipSuccess', user: { id: userId }, friendship };
}
