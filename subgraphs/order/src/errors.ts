import { badUserInput, conflict, notFound, type Refused } from '@playgraph/kernel/errors';
import type { Money } from '@playgraph/kernel/money';
import { ORDER_LINES_MAX, type Order, totalOf } from './domain.ts';

/** What the caller got wrong, or what cannot be: `extensions.code`. */
export const orderErrors = {
  empty: () => badUserInput('An order needs at least one game.', 'input.gameIds'),
  tooManyLines: () => badUserInput(`An order has at most ${ORDER_LINES_MAX} games.`, 'input.gameIds'),
  sameGameTwice: (index: number) => badUserInput('This game is in the order already.', `input.gameIds.${index}`),
  mixedCurrencies: () => badUserInput('All games of an order must be sold in one currency.', 'input.gameIds'),
  notFound: () => notFound('order'),
  busy: () => conflict('The order is changing right now. Try again.'),
};

export type SoldOut = Refused<'SoldOut', 'SOLD_OUT'> & GameRef & { readonly restockExpectedAt: Date | null };
export type NotForSale = Refused<'NotForSale', 'NOT_FOR_SALE'> & GameRef;
export type AlreadyOwned = Refused<'AlreadyOwned', 'ALREADY_OWNED'> & GameRef;
export type AlreadyOrdered = Refused<'AlreadyOrdered', 'ALREADY_ORDERED'> & GameRef & { readonly order: Order };
export type InsufficientFunds = Refused<'InsufficientFunds', 'INSUFFICIENT_FUNDS'> & {
  readonly required: Money;
  readonly available: Money;
};
export type OrderNotPayable = Refused<'OrderNotPayable', 'ORDER_NOT_PAYABLE'> & { readonly order: Order };
export type OrderNotCancellable = Refused<'OrderNotCancellable', 'ORDER_NOT_CANCELLABLE'> & { readonly order: Order };

/** Every expected "no", as the schema's unions have it. */
export const refusals = {
  soldOut: (gameId: string): SoldOut => ({
    __typename: 'SoldOut',
    code: 'SOLD_OUT',
    message: 'A game of this order is sold out.',
    game: { id: gameId },
    restockExpectedAt: null,
  }),
  notForSale: (gameId: string): NotForSale => ({
    __typename: 'NotForSale',
    code: 'NOT_FOR_SALE',
    message: 'A game of this order is not for sale.',
    game: { id: gameId },
  }),
  alreadyOwned: (gameId: string): AlreadyOwned => ({
    __typename: 'AlreadyOwned',
    code: 'ALREADY_OWNED',
    message: 'You have a game of this order already.',
    game: { id: gameId },
  }),
  alreadyOrdered: (gameId: string, order: Order): AlreadyOrdered => ({
    __typename: 'AlreadyOrdered',
    code: 'ALREADY_ORDERED',
    message: 'You have an open order with a game of this one. Pay it or cancel it.',
    game: { id: gameId },
    order,
  }),
  insufficientFunds: (order: Order, availableMinor: bigint): InsufficientFunds => ({
    __typename: 'InsufficientFunds',
    code: 'INSUFFICIENT_FUNDS',
    message: 'Your wallet has less than this order costs.',
    required: totalOf(order),
    available: { amountMinor: availableMinor, currency: order.currency },
  }),
  orderNotPayable: (order: Order): OrderNotPayable => ({
    __typename: 'OrderNotPayable',
    code: 'ORDER_NOT_PAYABLE',
    message: 'This order cannot be paid in the state that it is in.',
    order,
  }),
  orderNotCancellable: (order: Order): OrderNotCancellable => ({
    __typename: 'OrderNotCancellable',
    code: 'ORDER_NOT_CANCELLABLE',
    message: 'This order cannot be cancelled in the state that it is in.',
    order,
  }),
};

type GameRef = { readonly game: { readonly id: string } };
