import type { EventStore } from '@playgraph/events/event-store';
import { transactWithEvents } from '@playgraph/events/transact-with-events';
import type { Order } from './domain.ts';
import { gameIdsOf } from './domain.ts';
import type { OrderStore, Tx } from './store.ts';

/** What can happen to an order, as its events are called. */
export type OrderEventType =
  | 'order.placed'
  | 'order.reserved'
  | 'order.payment_requested'
  | 'order.payment_declined'
  | 'order.paid'
  | 'order.fulfilled'
  | 'order.cancelled'
  | 'order.expired';

/** The facts that every event of an order carries. */
export type OrderEventData = {
  readonly orderId: string;
  readonly buyerId: string;
  readonly state: string;
  readonly totalMinor: string;
  readonly currency: string;
  readonly gameIds: readonly string[];
  /** In `order.payment_requested`, `order.payment_declined` and, when money was moved, `order.paid`. */
  readonly paymentId?: string;
};

/** One transaction on the order's shard, and the events that it causes. */
export type Unit = {
  readonly tx: Tx;
  /** Writes the event with the change that caused it. `order` is as it is after the change. */
  emit(type: OrderEventType, order: Order): Promise<void>;
};

/** Runs `work` in one transaction on the shard of `id`, then lets the relay and the followers know what happened. */
export type Transact = <Result>(id: string, work: (unit: Unit) => Promise<Result>) => Promise<Result>;

const carriesPayment: readonly OrderEventType[] = ['order.payment_requested', 'order.payment_declined', 'order.paid'];

export function createTransact(deps: { readonly store: OrderStore; readonly events: EventStore }): Transact {
  return (id, work) =>
    transactWithEvents(deps, id, (tx, emit) =>
      work({ tx, emit: (type, order) => emit({ stream: order.id, type, data: dataOf(type, order) }) }),
    );
}

function dataOf(type: OrderEventType, order: Order): OrderEventData {
  const paymentId = type === 'order.payment_declined' ? order.declinedPaymentId : order.paymentId;
  return {
    orderId: order.id,
    buyerId: order.buyerId,
    state: order.state,
    totalMinor: String(order.totalMinor),
    currency: order.currency,
    gameIds: gameIdsOf(order),
    ...(paymentId && carriesPayment.includes(type) ? { paymentId } : {}),
  };
}
