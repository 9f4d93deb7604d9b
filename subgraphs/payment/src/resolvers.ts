import { requireIdentity } from '@playgraph/auth/identity';
import { parseId } from '@playgraph/kernel/ids';
import { type Connection, parsePage, toConnection } from '@playgraph/kernel/page';
import type { Context } from './context.ts';
import { depositToWallet } from './deposit-to-wallet.ts';
import { type Payment, signedAmount, type Transfer, type Wallet } from './domain.ts';
import type { Resolvers, WalletTransactionsArgs } from './generated/resolvers.ts';
import { watchWallet } from './watch-wallet.ts';

export const resolvers: Resolvers<Context> = {
  Query: {
    payment: (_root, { id }, context) => findOwnPayment(parseId('payment', id, 'id'), context),
  },
  Mutation: {
    depositToWallet: (_root, { input }, { deps, identity }) => depositToWallet(deps, requireIdentity(identity), input),
  },
  Subscription: {
    walletUpdated: {
      subscribe: (_root, { after }, { deps, identity, signal }) =>
        watchWallet(deps, requireIdentity(identity).userId, { after: after ?? null, signal }),
      resolve: (event: unknown) => event as never,
    },
  },
  User: {
    wallet: (user, _args, { identity, loaders }) =>
      identity?.userId === user.id ? loaders.wallet.load(user.id) : null,
  },
  Order: {
    payments: async (order, _args, { identity, loaders }) => {
      const payments = await loaders.paymentsOfOrder.load(order.id);
      return payments.filter((payment) => payment.buyerId === identity?.userId);
    },
  },
  Wallet: {
    balance: ({ postedMinor, currency }) => ({ amountMinor: postedMinor, currency }),
    held: ({ heldMinor, currency }) => ({ amountMinor: heldMinor, currency }),
    available: ({ availableMinor, currency }) => ({ amountMinor: availableMinor, currency }),
    transactions: listTransactions,
  },
  WalletTransaction: {
    amount: signedAmount,
    at: ({ createdAt }) => createdAt,
    order: ({ orderId }) => (orderId ? { id: orderId } : null),
  },
  Payment: {
    __resolveReference: ({ id }, context) => findOwnPayment(id, context),
    amount: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    order: ({ orderId }) => ({ id: orderId }),
    declineReason: ({ reason }) => reason,
  },
};

async function findOwnPayment(id: string, { identity, loaders }: Context): Promise<Payment | null> {
  const payment = await loaders.payment.load(id);
  return payment?.buyerId === identity?.userId ? payment : null;
}

async function listTransactions(
  wallet: Wallet,
  args: WalletTransactionsArgs,
  { deps }: Context,
): Promise<Connection<Transfer>> {
  const page = parsePage(args, ['string']);
  const transfers = await deps.store.findTransfersOfWallet(wallet.id, page);
  return toConnection(transfers, page, (transfer) => [transfer.id]);
}
