import type { EventStore } from '@playgraph/events/event-store';
import { transactWithEvents } from '@playgraph/events/transact-with-events';
import type { Payment, Transfer } from './domain.ts';
import type { PaymentStore, Tx } from './store.ts';

/** What can happen to a payment, as its events on the payment's stream are called. */
export type PaymentEventType = 'payment.authorized' | 'payment.declined' | 'payment.captured' | 'payment.released';

/** On the wallet's stream: a transfer was written or settled. */
export const WALLET_CHANGED = 'payment.wallet_changed';

/** One transaction on one shard, and the events that it causes. */
export type Unit = {
  readonly tx: Tx;
  /** Writes the event of a payment that has just changed; `more` are the facts of this type alone. */
  emitPayment(type: PaymentEventType, payment: Payment, more?: Readonly<Record<string, string>>): Promise<void>;
  /** Tells those who follow the wallet. */
  emitWalletChanged(transfer: Transfer): Promise<void>;
};

/** Runs `work` in one transaction on the shard of `id`, then lets the relay and the followers know what happened. */
export type Transact = <Result>(id: string, work: (unit: Unit) => Promise<Result>) => Promise<Result>;

export function createTransact(deps: { readonly store: PaymentStore; readonly events: EventStore }): Transact {
  return (id, work) =>
    transactWithEvents(deps, id, (tx, emit) =>
      work({
        tx,
        emitPayment: (type, payment, more) =>
          emit({ stream: payment.id, type, data: { ...paymentFacts(payment), ...more } }),
        emitWalletChanged: (transfer) =>
          emit({ stream: transfer.walletId, type: WALLET_CHANGED, data: transferFacts(transfer) }),
      }),
    );
}

function paymentFacts(payment: Payment) {
  return {
    paymentId: payment.id,
    orderId: payment.orderId,
    buyerId: payment.buyerId,
    amountMinor: String(payment.amountMinor),
    currency: payment.currency,
  };
}

function transferFacts(transfer: Transfer) {
  return {
    walletId: transfer.walletId,
    transferId: transfer.id,
    kind: transfer.kind,
    state: transfer.state,
    amountMinor: String(transfer.amountMinor),
    currency: transfer.currency,
    orderId: transfer.orderId,
  };
}
