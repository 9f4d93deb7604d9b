import type { Currency, Money } from '@playgraph/kernel/money';
import type { TransitionTable } from '@playgraph/kernel/transition';

/** The most games one order can have. The schema says so too. */
export const ORDER_LINES_MAX = 20;
/** Up to this many copies left, an offer is LOW. The schema says so too. */
export const LOW_STOCK_MAX = 10;

export type OrderState = 'PENDING' | 'RESERVED' | 'PAID' | 'FULFILLED' | 'CANCELLED' | 'EXPIRED';

/** The life of an order. It has no cycle: each state is entered at most once, so a state guards an update like a version. */
export const orderTransitions = {
  PENDING: ['RESERVED', 'CANCELLED', 'EXPIRED'],
  RESERVED: ['PAID', 'CANCELLED', 'EXPIRED'],
  PAID: ['FULFILLED'],
  FULFILLED: [],
  CANCELLED: [],
  EXPIRED: [],
} as const satisfies TransitionTable<OrderState>;

export type ReservationState = 'HELD' | 'COMMITTED' | 'RELEASED';

/** The life of a kept copy: it is settled once, one way or the other. */
export const reservationTransitions = {
  HELD: ['COMMITTED', 'RELEASED'],
  COMMITTED: [],
  RELEASED: [],
} as const satisfies TransitionTable<ReservationState>;

export type CancelReason = 'BUYER' | 'SOLD_OUT';

export type OrderLine = { readonly gameId: string; readonly priceMinor: bigint };

/** A purchase, as one row holds it. */
export type Order = {
  readonly id: string;
  readonly buyerId: string;
  readonly state: OrderState;
  /** The sequence number of the last event on the order's stream; 0 when it has none. */
  readonly seq: number;
  readonly lines: readonly OrderLine[];
  readonly totalMinor: bigint;
  readonly currency: Currency;
  readonly placedAt: Date;
  readonly expiresAt: Date;
  readonly reservedAt: Date | null;
  readonly paidAt: Date | null;
  readonly fulfilledAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly expiredAt: Date | null;
  readonly cancelReason: CancelReason | null;
  readonly soldOutGameId: string | null;
  readonly paymentId: string | null;
  readonly declinedPaymentId: string | null;
  readonly declinedAvailableMinor: bigint | null;
};

/** What one game costs. `stock` and `available` are null when copies are not counted. */
export type Offer = {
  readonly gameId: string;
  readonly priceMinor: bigint;
  readonly listPriceMinor: bigint;
  readonly currency: Currency;
  readonly stock: number | null;
  readonly available: number | null;
};

export type StockBand = 'IN_STOCK' | 'LOW' | 'SOLD_OUT' | 'UNLIMITED';

/** What an order is going to be: lines at today's prices and their sum. */
export type Quote = { readonly lines: readonly OrderLine[]; readonly total: Money };

/** The times of the states, in the order in which an order can enter them. */
const enteredAt = {
  PENDING: 'placedAt',
  RESERVED: 'reservedAt',
  PAID: 'paidAt',
  FULFILLED: 'fulfilledAt',
  CANCELLED: 'cancelledAt',
  EXPIRED: 'expiredAt',
} as const satisfies { readonly [State in OrderState]: keyof Order };

/** The column that says when a state was entered. */
export type EnteredAtColumn = (typeof enteredAt)[OrderState];

export function enteredAtColumn(state: OrderState): EnteredAtColumn {
  return enteredAt[state];
}

/** Every state that the order has been in, oldest first. */
export function historyOf(order: Order): { readonly state: OrderState; readonly at: Date }[] {
  const states = Object.keys(enteredAt) as OrderState[];
  return states.flatMap((state) => {
    const at = order[enteredAt[state]];
    return at ? [{ state, at }] : [];
  });
}

/** True when nothing can happen to the order any more. */
export function isFinal(state: OrderState): boolean {
  return orderTransitions[state].length === 0;
}

/** True while the order keeps copies that are not paid. */
export function isOpen(state: OrderState): boolean {
  return state === 'PENDING' || state === 'RESERVED';
}

export function gameIdsOf(order: Order): string[] {
  return order.lines.map((line) => line.gameId);
}

export function totalOf(order: Order): Money {
  return { amountMinor: order.totalMinor, currency: order.currency };
}

export function stockBandOf(available: number | null): StockBand {
  if (available === null) return 'UNLIMITED';
  if (available <= 0) return 'SOLD_OUT';
  return available <= LOW_STOCK_MAX ? 'LOW' : 'IN_STOCK';
}
