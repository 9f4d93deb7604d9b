import { groupBy, keyBy } from '@playgraph/kernel/collections';
import { isId } from '@playgraph/kernel/ids';
import DataLoader from 'dataloader';
import { emptyWallet, type Payment, type Wallet } from './domain.ts';
import type { PaymentStore } from './store.ts';

const BATCH_MAX = 500;

export type Loaders = {
  /** By owner. A player without a deposit has an empty wallet. */
  readonly wallet: DataLoader<string, Wallet>;
  readonly payment: DataLoader<string, Payment | null>;
  readonly paymentsOfOrder: DataLoader<string, readonly Payment[]>;
};

/** One set a request. Money is never cached beyond it. */
export function createLoaders(store: PaymentStore): Loaders {
  const options = { maxBatchSize: BATCH_MAX };
  return {
    wallet: new DataLoader<string, Wallet>(async (ownerIds) => {
      const found = keyBy(await store.findWallets(ownerIds), (wallet) => wallet.ownerId);
      return ownerIds.map((ownerId) => found.get(ownerId) ?? emptyWallet(ownerId));
    }, options),
    payment: new DataLoader<string, Payment | null>(async (ids) => {
      const known = ids.filter((id) => isId('payment', id));
      const found = keyBy(await store.findPayments(known), (payment) => payment.id);
      return ids.map((id) => found.get(id) ?? null);
    }, options),
    paymentsOfOrder: new DataLoader<string, readonly Payment[]>(async (orderIds) => {
      const known = orderIds.filter((id) => isId('order', id));
      const found = groupBy(await store.findPaymentsOfOrders(known), (payment) => payment.orderId);
      return orderIds.map((id) => found.get(id) ?? []);
    }, options),
  };
}
