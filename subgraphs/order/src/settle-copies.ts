import { transition } from '@playgraph/kernel/transition';
import type { OrderDeps } from './deps.ts';
import { gameIdsOf, type Order, type ReservationState, reservationTransitions } from './domain.ts';
import {
  findReservations,
  insertReservations,
  type Reservation,
  returnCopy,
  type Tx,
  updateReservation,
} from './store.ts';

type Settlement = {
  readonly orderId: string;
  readonly gameIds: readonly string[];
  readonly to: 'COMMITTED' | 'RELEASED';
  readonly at: Date;
};

/**
 * Settles the copies that a decided order holds: committed when it is paid, released when it ended unpaid. Always after
 * the decision is in the order's row, and repeated from its event until it is done, so that a crash in between loses no
 * copy. Safe to repeat: each reservation is settled once. The outcome follows from the decision, which never changes.
 */
export async function settleCopies(deps: OrderDeps, order: Order, to: Settlement['to']): Promise<void> {
  const gameIds = gameIdsOf(order);
  const at = deps.clock.now();
  await deps.store.transactByShard(gameIds, async (tx, owned) => {
    await settleInShard(tx, { orderId: order.id, gameIds: owned, to, at });
    return [];
  });
  if (to === 'RELEASED') await deps.offers.forget(gameIds);
}

async function settleInShard(tx: Tx, settlement: Settlement): Promise<void> {
  const { orderId, gameIds, to, at } = settlement;
  const reservations = await findReservations(tx, orderId, gameIds);
  for (const held of reservations.filter((it) => it.state === 'HELD')) {
    const state: ReservationState = transition(reservationTransitions, held.state, to);
    const isSettled = await updateReservation(tx, held, { state, at });
    if (isSettled && to === 'RELEASED' && held.isCounted) await returnCopy(tx, held.gameId);
  }
  if (to === 'RELEASED') await insertReservations(tx, tombstones(settlement, reservations));
}

/** A slow or resumed placeOrder may still be on its way to these games: it must find that the order has ended. */
function tombstones({ orderId, gameIds, at }: Settlement, known: readonly Reservation[]): Reservation[] {
  const unknown = gameIds.filter((gameId) => !known.some((it) => it.gameId === gameId));
  return unknown.map((gameId) => ({
    orderId,
    gameId,
    state: 'RELEASED',
    isCounted: false,
    heldAt: at,
    settledAt: at,
  }));
}
