import { type DomainEvent, topicOf } from '@playgraph/events/event-log';
import { bucketOf } from '@playgraph/kernel/ids';
import { silentLogger } from '@playgraph/kernel/logger';
import type { Shards } from '@playgraph/sharding/shards';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { createSubgraphClient, type JsonObject } from '@playgraph/testkit/subgraph-client';
import { NEVER_MS, openSubgraphPorts } from '@playgraph/testkit/subgraph-ports';
import { onTestFinished } from 'vitest';
import { auditLedger } from '../src/audit-ledger.ts';
import { depositToWallet } from '../src/deposit-to-wallet.ts';
import type { PaymentLimits } from '../src/deps.ts';
import { emptyWallet, type Payment, type Wallet } from '../src/domain.ts';
import type { PaymentProvider } from '../src/provider.ts';
import { createSandboxProvider } from '../src/sandbox-provider.ts';
import { type Db, openStore } from '../src/store.ts';
import { createSubgraph } from '../src/subgraph.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;
type Options = { readonly provider?: PaymentProvider; readonly limits?: Partial<PaymentLimits> };
export type TestOrder = { readonly orderId: string; readonly buyerId: string; readonly totalMinor: bigint };
type OrderEventType = 'order.payment_requested' | 'order.paid' | 'order.cancelled' | 'order.expired';

/** A payment subgraph over real SQLite shards, with the order subgraph's side played by the test. Closed after it. */
export async function openWorld({ provider = createSandboxProvider(), limits = {} }: Options = {}) {
  const ports = await openSubgraphPorts({ name: 'payment', openStore, logger: silentLogger });
  const { clock, ids, log, shards } = ports;
  const subgraph = await createSubgraph({ ...ports, provider, limits: { resumeEveryMs: NEVER_MS, ...limits } });
  onTestFinished(async () => {
    await subgraph.close();
    await ports.close();
  });
  const { deps } = subgraph;
  const identityOf = (userId: string) => ({ userId, sessionId: ids.make('session', bucketOf(userId)), scopes: [] });
  const eventOf = (type: OrderEventType, order: TestOrder, paymentId?: string): DomainEvent => ({
    id: ids.make('event', bucketOf(order.orderId)),
    stream: order.orderId,
    seq: 1,
    type,
    at: clock.now().toISOString(),
    data: { ...factsOf(order), paymentId },
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
    run: <Data = JsonObject>(userId: string | null, query: string, variables: object = {}) =>
      createSubgraphClient(subgraph, userId).run<Data>(query, variables),
    subscribe: <Data = JsonObject>(userId: string | null, query: string, signal?: AbortSignal) =>
      createSubgraphClient(subgraph, userId).subscribe<Data>(query, {}, signal),
    eventsOf: (stream: string) =>
      shards.forId(stream).outboxEvent.findMany({ where: { stream }, orderBy: { seq: 'asc' } }),
    contents: () => readContents(shards),
  };
}

/** Every row that money depends on, of every shard. */
function readContents(shards: Shards<Db>) {
  return shards.scatter(async (db) => ({
    accounts: await db.account.findMany({ orderBy: { id: 'asc' } }),
    transfers: await db.transfer.findMany({ orderBy: { id: 'asc' } }),
    deposits: await db.deposit.findMany({ orderBy: { id: 'asc' } }),
    payments: await db.payment.findMany({ orderBy: { id: 'asc' } }),
    events: await db.outboxEvent.count(),
  }));
}

function factsOf(order: TestOrder) {
  return { ...order, totalMinor: String(order.totalMinor), currency: 'EUR', gameIds: [], state: 'RESERVED' };
}

/** The three balances of a wallet, for one look. */
export function balancesOf(wallet: Wallet) {
  return { posted: wallet.postedMinor, held: wallet.heldMinor, available: wallet.availableMinor };
}
