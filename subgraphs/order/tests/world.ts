import type { AnnounceChanges } from '@playgraph/cache/entity-changes';
import { silentLogger } from '@playgraph/kernel/logger';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { createNeighbours, type NeighbourEvent } from '@playgraph/testkit/neighbours';
import { createSubgraphClient, type JsonObject } from '@playgraph/testkit/subgraph-client';
import { NEVER_MS, openSubgraphPorts } from '@playgraph/testkit/subgraph-ports';
import { onTestFinished } from 'vitest';
import type { OrderSettings } from '../src/deps.ts';
import { historyOf, type Order } from '../src/domain.ts';
import { type PlaceOrderResult, placeOrder } from '../src/place-order.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;
type LaunchOffer = { readonly stock: number | null; readonly priceMinor?: bigint; readonly listPriceMinor?: bigint };

/** An order subgraph over real SQLite shards, whose neighbours speak through the event log. Closed after the test. */
export async function openWorld(settings: Partial<OrderSettings> = {}, announce?: AnnounceChanges) {
  const ports = await openSubgraphPorts({ name: 'order', openStore, logger: silentLogger });
  const { clock, ids, log, shards, hot, urls } = ports;
  const subgraph = await createSubgraph({
    ...ports,
    ...(announce && { announce }),
    settings: { expireEveryMs: NEVER_MS, resumeEveryMs: NEVER_MS, ...settings },
  });
  onTestFinished(async () => {
    await subgraph.close();
    await ports.close();
  });
  const { deps } = subgraph;
  const publish = createNeighbours({ log, ids, clock }).tell;

  return {
    ...{ deps, subgraph, clock, ids, log, shards, hot, publish, urls },
    player: () => ids.make('user'),
    /** Puts a new game on sale, as the game subgraph would. */
    async game(offer: LaunchOffer = { stock: 5 }): Promise<string> {
      const gameId = ids.make('game');
      await publish('game', { stream: gameId, type: 'game.published', data: publishedData(gameId, offer) });
      return gameId;
    },
    place: (userId: string, gameIds: readonly string[], idempotencyKey = freshKey()) =>
      placeOrder(deps, userId, { gameIds, idempotencyKey }),
    async reservedOrder(userId: string, gameIds: readonly string[]): Promise<Order> {
      return orderOf(await placeOrder(deps, userId, { gameIds, idempotencyKey: freshKey() }));
    },
    async order(id: string): Promise<Order> {
      const order = await deps.store.findOrder(id);
      if (!order) throw new Error(`no order ${id}`);
      return order;
    },
    /** Resolves when the events of everything that was done are handled, and the events that this caused, too. */
    async settle(): Promise<void> {
      for (let last = -1, count = 0; last !== count; ) {
        last = count;
        await subgraph.drained();
        const counts = await shards.scatter((db) => db.outboxEvent.count());
        count = counts.reduce((sum, it) => sum + it, 0);
      }
    },
    eventsOf: (stream: string) =>
      shards.forId(stream).outboxEvent.findMany({ where: { stream }, orderBy: { seq: 'asc' } }),
    run: <Data = JsonObject>(userId: string | null, query: string, variables: object = {}) =>
      createSubgraphClient(subgraph, userId).run<Data>(query, variables),
    subscribe: <Data = JsonObject>(userId: string | null, query: string, variables: object, signal?: AbortSignal) =>
      createSubgraphClient(subgraph, userId).subscribe<Data>(query, variables, signal),
    stock: (gameId: string) => readStock(shards, gameId),
    /** Everything in every shard that a refusal must leave as it was. */
    contents: () => readContents(shards),
  };
}

/** What payment says when it set the money aside. */
export function authorized(order: Order): NeighbourEvent {
  return paymentEvent('payment.authorized', order, {});
}

/** What payment says when the wallet had too little. */
export function declined(order: Order, availableMinor: bigint): NeighbourEvent {
  const reason = { reason: 'INSUFFICIENT_FUNDS', availableMinor: String(availableMinor) };
  return paymentEvent('payment.declined', order, reason);
}

/** What game says when the games are in the library. */
export function granted(order: Order): NeighbourEvent {
  const data = { userId: order.buyerId, orderId: order.id, gameIds: order.lines.map((line) => line.gameId) };
  return { stream: `library:${order.buyerId}`, type: 'game.entitlement_granted', data };
}

/** The order of a success. */
export function orderOf(result: PlaceOrderResult): Order {
  if (result.__typename !== 'PlaceOrderSuccess') throw new Error(`refused: ${result.code}`);
  return result.order;
}

export function statesOf(order: Order): string[] {
  return historyOf(order).map((change) => change.state);
}

function paymentEvent(type: string, order: Order, more: object): NeighbourEvent {
  const paymentId = order.paymentId ?? '';
  const money = { amountMinor: String(order.totalMinor), currency: order.currency };
  return { stream: paymentId, type, data: { paymentId, orderId: order.id, buyerId: order.buyerId, ...money, ...more } };
}

function publishedData(
  gameId: string,
  { stock, priceMinor = 1999n, listPriceMinor = priceMinor }: LaunchOffer,
): object {
  const launchOffer = {
    priceMinor: String(priceMinor),
    listPriceMinor: String(listPriceMinor),
    currency: 'EUR',
    stock,
  };
  return { gameId, slug: gameId.toLowerCase(), title: 'A game', launchOffer };
}

type Shards = Awaited<ReturnType<typeof openStore>>;

/** One game's copies, read in one transaction. */
async function readStock(shards: Shards, gameId: string) {
  return shards.forId(gameId).$transaction(async (tx) => {
    const offer = await tx.offer.findUniqueOrThrow({ where: { gameId } });
    const groups = await tx.reservation.groupBy({
      by: ['state'],
      where: { gameId, isCounted: true },
      _count: { _all: true },
    });
    const countOf = (state: string): number => groups.find((group) => group.state === state)?._count._all ?? 0;
    const available = offer.available ?? 0;
    const [held, committed, released] = [countOf('HELD'), countOf('COMMITTED'), countOf('RELEASED')];
    return { stock: offer.stock, available, held, committed, released, accountedFor: available + held + committed };
  });
}

async function readContents(shards: Shards) {
  return shards.scatter(async (db) => ({
    offers: await db.offer.findMany({ orderBy: { gameId: 'asc' } }),
    reservations: await db.reservation.findMany({ orderBy: [{ orderId: 'asc' }, { gameId: 'asc' }] }),
    orders: await db.order.findMany({ orderBy: { id: 'asc' } }),
    claims: await db.purchaseClaim.findMany({ orderBy: [{ buyerId: 'asc' }, { gameId: 'asc' }] }),
    events: await db.outboxEvent.count(),
  }));
}
