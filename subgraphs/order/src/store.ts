import type { Currency } from '@playgraph/kernel/money';
import type { TimePage } from '@playgraph/kernel/time-page';
import { beyondKeyset, orderByKeyset } from '@playgraph/sharding/keyset';
import { openShards } from '@playgraph/sharding/open-shards';
import type { Shards } from '@playgraph/sharding/shards';
import { TRANSACTION_OPTIONS, transactOn } from '@playgraph/sharding/transact';
import type { CancelReason, Offer, Order, OrderState, ReservationState } from './domain.ts';
import { type Prisma, PrismaClient } from './generated/sqlite/client.ts';

/** One shard of the order store. */
export type Db = PrismaClient;
/** A transaction on one shard; a shard itself will do where one statement is enough. */
export type Tx = Prisma.TransactionClient;

export type Reservation = {
  readonly orderId: string;
  readonly gameId: string;
  readonly state: ReservationState;
  readonly isCounted: boolean;
  readonly heldAt: Date;
  readonly settledAt: Date | null;
};

export type Claim = { readonly buyerId: string; readonly gameId: string; readonly orderId: string };

/** What may change on an order, besides its state. */
export type OrderPatch = Partial<
  Pick<
    Order,
    | 'expiresAt'
    | 'reservedAt'
    | 'paidAt'
    | 'fulfilledAt'
    | 'cancelledAt'
    | 'expiredAt'
    | 'cancelReason'
    | 'soldOutGameId'
    | 'paymentId'
    | 'declinedPaymentId'
    | 'declinedAvailableMinor'
  >
>;

/** What must hold for a change to happen, besides the id. */
export type OrderGuard = Pick<Prisma.OrderWhereInput, 'state' | 'paymentId' | 'expiresAt'>;

export type OrderStore = {
  readonly shards: Shards<Db>;
  /** Runs `work` in one transaction on the shard that owns `id`; again, a bounded number of times, when it met a race. */
  transact<Result>(id: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** One such transaction per shard that owns some of `ids`. */
  transactByShard<Row>(ids: readonly string[], work: (tx: Tx, ids: string[]) => Promise<Row[]>): Promise<Row[]>;
  findOrder(id: string): Promise<Order | null>;
  findOrders(ids: readonly string[]): Promise<Order[]>;
  /** Up to `limit + 1` orders of one buyer that were reserved at some time, newest first (oldest first backwards). */
  findOrdersOfBuyer(buyerId: string, page: TimePage): Promise<Order[]>;
  findOffers(gameIds: readonly string[]): Promise<Offer[]>;
  /** Resolves when every shard answers. */
  checkReady(): Promise<void>;
};

const migrationsDir = new URL('../../../prisma/order/migrations/sqlite/', import.meta.url);

/** Migrates and opens the shards. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({
    urls,
    migrationsDir,
    openClient: (adapter) => new PrismaClient({ adapter, transactionOptions: TRANSACTION_OPTIONS }),
  });
}

export function createStore(shards: Shards<Db>): OrderStore {
  return {
    shards,
    transact: (id, work) => transactOn(shards.forId(id), work),
    transactByShard: (ids, work) => shards.mapIds(ids, (db, owned) => transactOn(db, (tx) => work(tx, owned))),
    findOrder: (id) => findOrder(shards.forId(id), id),
    findOrders: (ids) =>
      shards.mapIds(ids, async (db, owned) => {
        const rows = await db.order.findMany({ where: { id: { in: owned } } });
        return rows.map(toOrder);
      }),
    findOrdersOfBuyer: (buyerId, page) => findOrdersOfBuyer(shards.forId(buyerId), buyerId, page),
    findOffers: (gameIds) => shards.mapIds(gameIds, findOffers),
    async checkReady() {
      await shards.scatter((db) => db.offer.findFirst({ select: { gameId: true } }));
    },
  };
}

export async function findOrder(tx: Tx, id: string): Promise<Order | null> {
  const row = await tx.order.findUnique({ where: { id } });
  return row ? toOrder(row) : null;
}

export async function insertOrders(tx: Tx, orders: readonly Order[]): Promise<void> {
  await tx.order.createMany({ data: orders.map(toOrderRow) });
}

/**
 * Changes an order only while `guard` holds, and counts its sequence number up: one event goes with every change.
 * False when the guard did not hold; then nothing was written.
 */
export async function updateOrder(
  tx: Tx,
  id: string,
  change: { readonly guard: OrderGuard; readonly set: OrderPatch & { readonly state?: OrderState } },
): Promise<boolean> {
  const { count } = await tx.order.updateMany({
    where: { id, ...change.guard },
    data: { ...change.set, seq: { increment: 1 } },
  });
  return count === 1;
}

/** Orders in `state` that ended before `before`, the most overdue first. A batch of a sweeper. */
export async function findOverdue(
  tx: Tx,
  due: { readonly state: OrderState; readonly before: Date; readonly after: Order | null; readonly limit: number },
): Promise<Order[]> {
  const { state, before, after, limit } = due;
  const rows = await tx.order.findMany({
    where: { state, expiresAt: { lte: before }, ...(after ? behind(after) : {}) },
    orderBy: [{ expiresAt: 'asc' }, { id: 'asc' }],
    take: limit,
  });
  return rows.map(toOrder);
}

export async function findExistingOrderIds(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.order.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
  return rows.map((row) => row.id);
}

export function findClaims(tx: Tx, buyerId: string, gameIds: readonly string[]): Promise<Claim[]> {
  return tx.purchaseClaim.findMany({ where: { buyerId, gameId: { in: [...gameIds] } } });
}

export function findClaimsOfBuyers(tx: Tx, buyerIds: readonly string[]): Promise<Claim[]> {
  return tx.purchaseClaim.findMany({ where: { buyerId: { in: [...buyerIds] } } });
}

export async function insertClaims(tx: Tx, claims: readonly Claim[]): Promise<void> {
  await tx.purchaseClaim.createMany({ data: [...claims] });
}

export async function deleteClaims(tx: Tx, orderId: string): Promise<void> {
  await tx.purchaseClaim.deleteMany({ where: { orderId } });
}

export async function findOffers(tx: Tx, gameIds: readonly string[]): Promise<Offer[]> {
  const rows = await tx.offer.findMany({ where: { gameId: { in: [...gameIds] } } });
  return rows.map((row) => ({ ...row, currency: row.currency as Currency }));
}

export async function insertOffer(tx: Tx, offer: Offer, createdAt: Date): Promise<void> {
  await tx.offer.createMany({ data: [{ ...offer, createdAt }] });
}

/** Takes one copy of a counted offer; false when none is left. */
export async function takeCopy(tx: Tx, gameId: string): Promise<boolean> {
  const { count } = await tx.offer.updateMany({
    where: { gameId, available: { gte: 1 } },
    data: { available: { decrement: 1 } },
  });
  return count === 1;
}

/** Gives one copy of a counted offer back. */
export async function returnCopy(tx: Tx, gameId: string): Promise<void> {
  await tx.offer.updateMany({ where: { gameId, available: { not: null } }, data: { available: { increment: 1 } } });
}

export async function findReservations(tx: Tx, orderId: string, gameIds: readonly string[]): Promise<Reservation[]> {
  const rows = await tx.reservation.findMany({ where: { orderId, gameId: { in: [...gameIds] } } });
  return rows.map((row) => ({ ...row, state: row.state as ReservationState }));
}

export async function insertReservations(tx: Tx, reservations: readonly Reservation[]): Promise<void> {
  if (reservations.length > 0) await tx.reservation.createMany({ data: [...reservations] });
}

/** Settles a copy while it is in the state that `held` was read in; false when someone else did. */
export async function updateReservation(
  tx: Tx,
  held: Reservation,
  settled: { readonly state: ReservationState; readonly at: Date },
): Promise<boolean> {
  const { count } = await tx.reservation.updateMany({
    where: { orderId: held.orderId, gameId: held.gameId, state: held.state },
    data: { state: settled.state, settledAt: settled.at },
  });
  return count === 1;
}

async function findOrdersOfBuyer(tx: Tx, buyerId: string, page: TimePage): Promise<Order[]> {
  const order = { key: 'placedAt', id: 'id', isUpwards: page.direction === 'backward' };
  const beyond = page.place ? beyondKeyset(order, page.place.at, page.place.id) : {};
  const rows = await tx.order.findMany({
    where: { buyerId, reservedAt: { not: null }, ...beyond },
    orderBy: orderByKeyset(order),
    take: page.limit + 1,
  });
  return rows.map(toOrder);
}

function behind(order: Order): Prisma.OrderWhereInput {
  return { OR: [{ expiresAt: { gt: order.expiresAt } }, { expiresAt: order.expiresAt, id: { gt: order.id } }] };
}

function toOrder(row: Prisma.OrderModel): Order {
  return {
    ...row,
    state: row.state as OrderState,
    currency: row.currency as Currency,
    cancelReason: row.cancelReason as CancelReason | null,
    lines: (JSON.parse(row.lines) as { gameId: string; priceMinor: string }[]).map((line) => ({
      gameId: line.gameId,
      priceMinor: BigInt(line.priceMinor),
    })),
  };
}

function toOrderRow(order: Order): Prisma.OrderCreateManyInput {
  const lines = order.lines.map((line) => ({ gameId: line.gameId, priceMinor: String(line.priceMinor) }));
  return { ...order, lines: JSON.stringify(lines) };
}
