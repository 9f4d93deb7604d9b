import { requireIdentity } from '@playgraph/auth/identity';
import { encodeStreamCursor } from '@playgraph/events/stream-cursor';
import { parseId } from '@playgraph/kernel/ids';
import type { Money } from '@playgraph/kernel/money';
import { cancelOrder } from './cancel-order.ts';
import { historyOf, isOpen, type Order, totalOf } from './domain.ts';
import { followOrder, type OrderEvent } from './follow-order.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { listOrders } from './list-orders.ts';
import { payOrder } from './pay-order.ts';
import { placeOrder } from './place-order.ts';

/** A line with its price in the order's currency. */
export type PricedLine = { readonly gameId: string; readonly price: Money };

export const resolvers: Resolvers = {
  Query: {
    order: (_, { id }, { loaders }) => loaders.order.load(parseId('order', id, 'id')),
  },
  Mutation: {
    placeOrder: (_, { input }, { deps, identity }) => placeOrder(deps, requireIdentity(identity).userId, input),
    payOrder: (_, { input }, { deps, identity, signal }) =>
      payOrder(deps, { userId: requireIdentity(identity).userId, signal }, input),
    cancelOrder: (_, { input }, { deps, identity }) => cancelOrder(deps, requireIdentity(identity).userId, input),
  },
  Subscription: {
    orderUpdated: {
      subscribe: (_, args, { deps, identity, signal }) => followOrder(deps, { identity, signal }, args),
      resolve: (event: OrderEvent) => event,
    },
  },
  Order: {
    __resolveReference: ({ id }, { loaders }) => loaders.order.load(id),
    buyer: (order) => ({ id: order.buyerId }),
    lines: (order) => order.lines.map((line) => toPricedLine(order, line)),
    total: totalOf,
    expiresAt: (order) => (isOpen(order.state) ? order.expiresAt : null),
    history: historyOf,
    eventCursor: (order) => encodeStreamCursor(order.id, order.seq),
  },
  OrderLine: {
    game: (line) => ({ id: line.gameId }),
  },
  User: {
    orders: ({ id }, args, { deps, identity }) => (identity?.userId === id ? listOrders(deps, id, args) : null),
  },
  Game: {
    offer: ({ id }, _, { loaders }) => loaders.offer.load(id),
  },
  Offer: {
    price: (offer) => ({ amountMinor: offer.priceMinor, currency: offer.currency }),
    listPrice: (offer) => ({ amountMinor: offer.listPriceMinor, currency: offer.currency }),
    isOnSale: (offer) => offer.priceMinor < offer.listPriceMinor,
  },
};

function toPricedLine(order: Order, line: Order['lines'][number]): PricedLine {
  return { gameId: line.gameId, price: { amountMinor: line.priceMinor, currency: order.currency } };
}
