import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMemoryHotStore } from '@playgraph/cache/memory-hot-store';
import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { createLocalEventLog } from '@playgraph/events/local-event-log';
import { createManualClock } from '@playgraph/kernel/clock';
import { bucketOf, createIds } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import { createSeededRandom } from '@playgraph/kernel/random';
import { executeLocal, subscribeLocal } from '@playgraph/server/execute-local';
import { onTestFinished } from 'vitest';
import { auditLedger } from '../src/audit-ledger.ts';
import { depositToWallet } from '../src/deposit-to-wallet.ts';
import type { PaymentLimits } from '../src/deps.ts';
import { emptyWallet, type Payment, type Wallet } from '../src/domain.ts';
import type { PaymentProvider } from '../src/provider.ts';
import { createSandboxProvider } from '../src/sandbox-provider.ts';
import { openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

const START_MS = Date.parse('2026-11-21T08:00:00.000Z');
/** Deposits are resumed when a test says so: the sweeper's timer never fires while one lasts. */
const NEVER_MS = 2 ** 31 - 1;
const SHARD_COUNT = 2;

export type World = Awaited<ReturnType<typeof openWorld>>;
type Options = { readonly provider?: PaymentProvider; readonly limits?: Partial<PaymentLimits> };
type Json = Record<string, unknown>;
export type TestOrder = { readonly orderId: string; readonly buyerId: string; readonly totalMinor: bigint };
type OrderEventType = 'order.payment_requested' | 'order.paid' | 'order.cancelled' | 'order.expired';

let lastKey = 0;

/** A fresh idempotency key. */
export function freshKey(): string {
  lastKey += 1;
  return `key-${String(lastKey).padStart(16, '0')}`;
}

/** A payment subgraph over real SQLite shards, with the order subgraph's side played by the test. Closed after it. */
export async function openWorld({ provider = createSandboxProvider(), limits = {} }: Options = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'playgraph-payment-'));
  const urls = Array.from({ length: SHARD_COUNT }, (_, shard) => `file:${path.join(folder, `${shard}.db`)}`);
  const clock = createManualClock(START_MS);
  const random = createSeededRandom(folder);
  const ids = createIds({ clock, random });
  const logger = silentLogger;
  const log = createLocalEventLog({ logger });
  const hot = createMemoryHotStore({ clock });
  const shards = await openStore(urls);
  const subgraph = await createSubgraph({
    ...{ shards, hot, log, clock, ids, random, logger, provider },
    limits: { resumeEveryMs: NEVER_MS, ...limits },
  });
  onTestFinished(async () => {
    await subgraph.close();
    await log.close();
    await hot.close();
    await shards.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { deps } = subgraph;
  const identityOf = (userId: string) => ({ userId, sessionId: ids.make('session', bucketOf(userId)), scopes: [] });
  const infoOf = (userId: string | null, signal = new AbortController().signal) => ({
    identity: userId ? identityOf(userId) : null,
    correlationId: 'test',
    signal,
  });
  const eventOf = (type: OrderEventType, order: TestOrder, paymentId?: string): DomainEvent => ({
    id: ids.make('event', bucketOf(order.orderId)),
    stream: order.orderId,
    seq: 1,
    type,
    at: clock.now().toISOString(),
    data: {
      ...order,
      totalMinor: String(order.totalMinor),
      currency: 'EUR',
      gameIds: [],
      state: 'RESERVED',
      paymentId,
    },
  });
  const send = (event: DomainEvent) => log.publish(topicOf('order'), [event]);

  return {
    ...{ deps, subgraph, clock, ids, shards, log, identityOf, eventOf, send },
    /** A player; with a bucket, in that bucket. */
    player: (bucket?: number) => ids.make('user', bucket),
    async richPlayer(amountMinor: bigint): Promise<string> {
      const userId = ids.make('user');
      await this.deposit(userId, amountMinor);
      return userId;
    },
    deposit: (userId: string, amountMinor: bigint, idempotencyKey = freshKey()) =>
      depositToWallet(deps, identityOf(userId), { idempotencyKey, amount: { amountMinor, currency: 'EUR' } }),
    order: (buyerId: string, totalMinor: bigint): TestOrder => ({
      orderId: ids.make('order', bucketOf(buyerId)),
      buyerId,
      totalMinor,
    }),
    /** The order asks for its payment; resolves when this subgraph has answered. Gives the payment's id. */
    async requestPayment(order: TestOrder): Promise<string> {
      const paymentId = ids.make('payment', bucketOf(order.buyerId));
      await send(eventOf('order.payment_requested', order, paymentId));
      return paymentId;
    },
    decide: (type: Exclude<OrderEventType, 'order.payment_requested'>, order: TestOrder) => send(eventOf(type, order)),
    async wallet(userId: string): Promise<Wallet> {
      return (await deps.store.findWallets([userId]))[0] ?? emptyWallet(userId);
    },
    payments: (order: TestOrder): Promise<Payment[]> => deps.store.findPaymentsOfOrders([order.orderId]),
    audit: () => auditLedger(shards),
    run: (userId: string | null, query: string, variables: Json = {}) =>
      executeLocal(subgraph, { query, variables }, infoOf(userId)),
    subscribe: (userId: string | null, query: string, signal?: AbortSignal) =>
      subscribeLocal(subgraph, { query }, infoOf(userId, signal)),
    eventsOf: (stream: string) =>
      shards.forId(stream).outboxEvent.findMany({ where: { stream }, orderBy: { seq: 'asc' } }),
    /** Every row that money depends on, of every shard. */
    contents: () =>
      shards.scatter(async (db) => ({
        accounts: await db.account.findMany({ orderBy: { id: 'asc' } }),
        transfers: await db.transfer.findMany({ orderBy: { id: 'asc' } }),
        deposits: await db.deposit.findMany({ orderBy: { id: 'asc' } }),
        payments: await db.payment.findMany({ orderBy: { id: 'asc' } }),
        events: await db.outboxEvent.count(),
      })),
  };
}

/** The three balances of a wallet, for one look. */
export function balancesOf(wallet: Wallet) {
  return { posted: wallet.postedMinor, held: wallet.heldMinor, available: wallet.availableMinor };
}
