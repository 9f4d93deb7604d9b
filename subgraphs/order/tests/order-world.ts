import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createManualClock } from '@playgraph/kernel/clock';
import { bucketOf, createIds, type Ids } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { executeLocal, subscribeLocal } from '@playgraph/server/execute-local';
import { onTestFinished } from 'vitest';
import type { OrderSettings } from '../src/deps.ts';
import { historyOf, type Order } from '../src/domain.ts';
import { type PlaceOrderResult, placeOrder } from '../src/place-order.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

const START_MS = Date.parse('2026-11-21T08:00:00.000Z');
/** Sweepers run when a test says so: no timer of theirs fires while one lasts. */
const NEVER_MS = 2 ** 31 - 1;
const SHARD_COUNT = 2;

export type World = Awaited<ReturnType<typeof openWorld>>;
type LaunchOffer = { readonly stock: number | null; readonly priceMinor?: bigint; readonly listPriceMinor?: bigint };
type Json = Record<string, unknown>;

let lastKey = 0;

/** A fresh idempotency key. */
export function freshKey(): string {
  lastKey += 1;
  return `key-${String(lastKey).padStart(16, '0')}`;
}

/** An order subgraph over real SQLite shards, whose neighbours speak through the event log. Closed after the test. */
export async function openWorld(settings: Partial<OrderSettings> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'playgraph-order-'));
  const urls = Array.from({ length: SHARD_COUNT }, (_, shard) => `file:${path.join(folder, `${shard}.db`)}`);
  const clock = createManualClock(START_MS);
  const ids = createIds({ clock, random: createSeededRandom(folder) });
  const logger = silentLogger;
  const log = createLocalEventLog({ logger });
  const hot = createMemoryHotStore({ clock });
  const shards = await openStore(urls);
  const subgraph = await createSubgraph({
    ...{ shards, hot, log, clock, ids, logger },
    settings: { expireEveryMs: NEVER_MS, resumeEveryMs: NEVER_MS, ...settings },
  });
  onTestFinished(async () => {
    await subgraph.close();
    await log.close();
    await hot.close();
    await shards.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { deps } = subgraph;
  const publish = createPublisher(ids, clock.now, (topic, event) => log.publish(topic, [event]));
  const infoOf = (userId: string | null, signal = new AbortController().signal) => ({
    identity: userId ? { userId, sessionId: ids.make('session', bucketOf(userId)), scopes: [] } : null,
    correlationId: 'test',
    signal,
  });

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
    run: (userId: string | null, query: string, variables: Json = {}) =>
      executeLocal(subgraph, { query, variables }, infoOf(userId)),
    subscribe: (userId: string | null, query: string, variables: Json, signal?: AbortSignal) =>
      subscribeLocal(subgraph, { query, variables }, infoOf(userId, signal)),
    stock: (gameId: string) => readStock(shards, gameId),
    /** Everything in every shard that a refusal must leave as it was. */
    contents: () => readContents(shards),
  };
}

/** What payment says when it set the money aside. */
export function authorized(order: Order): EventDraft {
  return paymentEvent('payment.authorized', order, {});
}

/** What payment says when the wallet had too little. */
export function declined(order: Order, availableMinor: bigint): EventDraft {
  const reason = { reason: 'INSUFFICIENT_FUNDS', availableMinor: String(availableMinor) };
  return paymentEvent('payment.declined', order, reason);
}

/** What game says when the games are in the library. */
export function granted(order: Order): EventDraft {
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

export type EventDraft = { readonly stream: string; readonly type: string; readonly data: Json };

function paymentEvent(type: string, order: Order, more: Json): EventDraft {
  const paymentId = order.paymentId ?? '';
  const money = { amountMinor: String(order.totalMinor), currency: order.currency };
  return { stream: paymentId, type, data: { paymentId, orderId: order.id, buyerId: order.buyerId, ...money, ...more } };
}

function publishedData(gameId: string, { stock, priceMinor = 1999n, listPriceMinor = priceMinor }: LaunchOffer): Json {
  const launchOffer = {
    priceMinor: String(priceMinor),
    listPriceMinor: String(listPriceMinor),
    currency: 'EUR',
    stock,
  };
  return { gameId, slug: gameId.toLowerCase(), title: 'A game', launchOffer };
}

/** Publishes what a neighbour would; resolves when this subgraph has handled it. Gives the event, to send it again. */
function createPublisher(ids: Ids, now: () => Date, send: (topic: string, event: DomainEvent) => Promise<void>) {
  const seqs = new Map<string, number>();
  return async (subgraph: string, draft: EventDraft | DomainEvent): Promise<DomainEvent> => {
    const seq = (seqs.get(draft.stream) ?? 0) + 1;
    const event = 'id' in draft ? draft : { ...draft, id: ids.make('event'), seq, at: now().toISOString() };
    seqs.set(event.stream, event.seq);
    await send(topicOf(subgraph), event);
    return event;
  };
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
