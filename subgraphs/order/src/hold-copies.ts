import type { OrderDeps } from './deps.ts';
import { gameIdsOf, type Offer, type Order } from './domain.ts';
import { findOffers, findReservations, insertReservations, type Reservation, type Tx, takeCopy } from './store.ts';

/**
 * Holds one copy of every game of a PENDING order, in one transaction per owning shard, and gives back the games that
 * could not be had. Safe to repeat and to run twice at once: a copy that the order holds already is not taken again.
 */
export async function holdCopies(deps: OrderDeps, order: Order): Promise<string[]> {
  const heldAt = deps.clock.now();
  const gameIds = gameIdsOf(order);
  const refused = await deps.store.transactByShard(gameIds, (tx, owned) =>
    holdInShard(tx, { orderId: order.id, gameIds: owned, heldAt }),
  );
  await deps.offers.forget(gameIds);
  return gameIds.filter((gameId) => refused.includes(gameId));
}

async function holdInShard(
  tx: Tx,
  hold: { readonly orderId: string; readonly gameIds: readonly string[]; readonly heldAt: Date },
): Promise<string[]> {
  const { orderId, heldAt } = hold;
  const known = new Map((await findReservations(tx, orderId, hold.gameIds)).map((it) => [it.gameId, it]));
  const offers = new Map((await findOffers(tx, hold.gameIds)).map((offer) => [offer.gameId, offer]));
  const refused: string[] = [];
  const held: Reservation[] = [];
  // Sorted, so that two orders of the same games take row locks in the same order.
  for (const gameId of hold.gameIds.toSorted()) {
    const reservation = known.get(gameId);
    // RELEASED is the tombstone of an order that ended: taking a copy now would lose it.
    if (reservation?.state === 'RELEASED') refused.push(gameId);
    if (reservation) continue;
    const isTaken = await takeFrom(tx, offers.get(gameId));
    if (isTaken === null) refused.push(gameId);
    else held.push({ orderId, gameId, state: 'HELD', isCounted: isTaken, heldAt, settledAt: null });
  }
  await insertReservations(tx, held);
  return refused;
}

/** True when a counted copy was taken, false when none needs to be, null when there is none. */
async function takeFrom(tx: Tx, offer: Offer | undefined): Promise<boolean | null> {
  if (!offer) return null;
  if (offer.available === null) return false;
  return (await takeCopy(tx, offer.gameId)) ? true : null;
}
