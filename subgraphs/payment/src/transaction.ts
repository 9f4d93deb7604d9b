import type { DomainEvent } from '@playgraph/events/event-log';
import type { EventStore } from '@playgraph/events/event-store';
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
  return async (id, work) => {
    let appended: DomainEvent[] = [];
    const result = await deps.store.transact(id, (tx) => {
      appended = []; // a second attempt after a race starts anew
      const emit = async (stream: string, type: string, data: object): Promise<void> => {
        appended.push(await deps.events.append(tx, { stream, type, data }));
      };
      return work({
        tx,
        emitPayment: (type, payment, more) => emit(payment.id, type, { ...paymentFacts(payment), ...more }),
        emitWalletChanged: (transfer) => emit(transfer.walletId, WALLET_CHANGED, transferFacts(transfer)),
      });
    });
    if (appended.length > 0) deps.events.committed(appended);
    return result;
  };
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
