import type { DomainEvent } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
import { bucketOf, type Ids } from '@playgraph/kernel/ids';
import type { Entitlement } from './domain.ts';
import { insertEntitlements } from './store/players.ts';
import type { Store } from './store.ts';

/** Who remembers which events it has dealt with. */
export const ENTITLEMENT_CONSUMER = 'game-entitlements';

export type PaidOrder = { readonly orderId: string; readonly buyerId: string; readonly gameIds: readonly string[] };

export type GrantEntitlementsDeps = {
  readonly store: Pick<Store, 'inShardOf'>;
  readonly events: Pick<EventStore, 'append' | 'committed' | 'isFirstDelivery'>;
  readonly ids: Ids;
};

/**
 * Puts the games of a paid order into the buyer's library, once, however often the event comes. A game that the buyer
 * owns already stays as it is.
 */
export async function grantEntitlements(
  cause: DomainEvent,
  order: PaidOrder,
  { store, events, ids }: GrantEntitlementsDeps,
): Promise<void> {
  const { orderId, buyerId: userId } = order;
  const gameIds = [...new Set(order.gameIds)];
  const grantedAt = new Date(cause.at);
  const granted = await store.inShardOf(userId, async (tx) => {
    if (!(await events.isFirstDelivery(tx, ENTITLEMENT_CONSUMER, cause))) return null;
    const entitlements = gameIds.map((gameId): Entitlement => {
      return { id: ids.make('entitlement', bucketOf(userId)), userId, gameId, orderId, grantedAt };
    });
    await insertEntitlements(tx, entitlements);
    const data = { userId, orderId, gameIds };
    return events.append(tx, { stream: `library:${userId}`, type: 'game.entitlement_granted', data });
  });
  if (granted) events.committed([granted]);
}
