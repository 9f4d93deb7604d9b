import type { DomainEvent } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import type { Clock } from '@playgraph/kernel/clock';
import { bucketOf, type Ids } from '@playgraph/kernel/ids';
import type { SocialDeps } from './deps.ts';
import {
  type FriendshipAction,
  type FriendshipRefusals,
  friendshipTable,
  mirrorOf,
  moveTo,
  pairOf,
  type Relation,
  type Side,
  type Standing,
  standingOf,
} from './domain/friendship.ts';
import { findRelation, writeMirror, writeRelation } from './store/relations.ts';
import type { Tx } from './store.ts';

export const FRIENDSHIP_CHANGED = 'social.friendship_changed';

/** What other subgraphs may know of a pair: a block shows as no friendship. */
export type FriendshipState = 'REQUESTED' | 'ACCEPTED' | 'NONE';

/** The data of `social.friendship_changed`. `truth` is for this subgraph alone: the row that the mirror is made from. */
export type FriendshipChanged = {
  readonly friendshipId: string;
  readonly requesterId: string;
  readonly addresseeId: string;
  readonly state: FriendshipState;
  readonly truth: Omit<Relation, 'since' | 'otherSince'> & { readonly since: string; readonly otherSince: string };
};

export type FriendshipMove<Action extends FriendshipAction, Veto> = {
  readonly actorId: string;
  readonly otherId: string;
  readonly action: Action;
  /** What else is against a change that the table allows; null: nothing. Not asked when nothing would change. */
  readonly veto?: () => Veto | null;
};

export type Moved<Refusal> = { readonly side: Side } | { readonly refusal: Refusal };

/**
 * Applies an action to a pair. The row of the lower user id decides: both players' actions meet there, one after the
 * other, so crossing requests become one friendship. It is written with the event, in one transaction; the other
 * player's row follows at once, or by the event when this process dies in between.
 */
export async function moveFriendship<Action extends FriendshipAction, Veto = never>(
  deps: SocialDeps,
  move: FriendshipMove<Action, Veto>,
): Promise<Moved<FriendshipRefusals[Action] | Veto>> {
  const { lowId } = pairOf(move.actorId, move.otherId);
  const decided = await deps.store.transact(lowId, (tx) => decide(deps, tx, move));
  if ('refusal' in decided || !decided.event) return decided;
  const { event, truth, side } = decided;
  try {
    await deps.store.transact(truth.otherId, (tx) => writeMirror(tx, truth));
  } catch (error) {
    deps.logger.warn({ err: error, friendshipId: truth.friendshipId }, 'a mirror could not be written; the event will');
  }
  deps.events.committed([event]);
  return { side };
}

type Decided<Refusal> =
  | { readonly refusal: Refusal }
  | { readonly side: Side; readonly event: null }
  | { readonly side: Side; readonly event: DomainEvent; readonly truth: Relation };

/** The part that must not be torn: the row that is the truth, and the event that the mirror heals from. */
export async function decide<Action extends FriendshipAction, Veto>(
  deps: Pick<SocialDeps, 'clock' | 'ids'> & { readonly events: Pick<EventStore, 'append'> },
  tx: Tx,
  move: FriendshipMove<Action, Veto>,
): Promise<Decided<FriendshipRefusals[Action] | Veto>> {
  const { actorId, otherId, action } = move;
  const { lowId, highId } = pairOf(actorId, otherId);
  const stored = (await findRelation(tx, lowId, highId)) ?? strangers(lowId, highId, deps);
  const seen = lowId === actorId ? stored : mirrorOf(stored);
  const standing = standingOf(seen);
  const outcome = friendshipTable[action][standing];
  if ('refusal' in outcome) return outcome;
  if (outcome.to === standing) return { side: seen.side, event: null };
  const vetoed = move.veto?.() ?? null;
  if (vetoed !== null) return { refusal: vetoed };

  const moved = moveTo(seen, outcome.to, deps.clock.now());
  const truth = lowId === actorId ? moved : mirrorOf(moved);
  await writeRelation(tx, truth);
  const data = toEventData(truth, { actorId, from: standing, to: outcome.to });
  const event = await deps.events.append(tx, { stream: truth.friendshipId, type: FRIENDSHIP_CHANGED, data });
  return { side: moved.side, event, truth };
}

/** A pair that never had to do with each other: version 0 is not stored. */
function strangers(lowId: string, highId: string, deps: { clock: Clock; ids: Ids }): Relation {
  const now = deps.clock.now();
  return {
    userId: lowId,
    otherId: highId,
    friendshipId: deps.ids.make('friendship', bucketOf(lowId)),
    side: 'NONE',
    otherSide: 'NONE',
    since: now,
    otherSince: now,
    version: 0,
  };
}

function toEventData(
  truth: Relation,
  step: { readonly actorId: string; readonly from: Standing; readonly to: Standing },
): FriendshipChanged {
  const partnerId = truth.userId === step.actorId ? truth.otherId : truth.userId;
  const isAnswer = step.from === 'REQUEST_RECEIVED:REQUEST_SENT';
  const [requesterId, addresseeId] = isAnswer ? [partnerId, step.actorId] : [step.actorId, partnerId];
  return {
    friendshipId: truth.friendshipId,
    requesterId,
    addresseeId,
    state: publicState(step.to),
    truth: { ...truth, since: truth.since.toISOString(), otherSince: truth.otherSince.toISOString() },
  };
}

function publicState(standing: Standing): FriendshipState {
  if (standing === 'FRIENDS:FRIENDS') return 'ACCEPTED';
  return standing === 'REQUEST_SENT:REQUEST_RECEIVED' ? 'REQUESTED' : 'NONE';
}
