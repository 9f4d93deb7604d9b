import type { Clock } from '@playgraph/kernel/clock';
import { chunksOf } from '@playgraph/kernel/collections';
import type { Shards } from '@playgraph/sharding/shards';
import type { DemoDeposit, DemoOrder, DemoWorld } from '@playgraph/testkit/demo-world';
import { systemAccountId, type Transfer, WALLET_CURRENCY, walletIdOf } from './domain.ts';
import { openSystemAccounts } from './ledger.ts';
import { type Db, liveOrderIdOf, type Tx } from './store.ts';

/** How many players' money goes into one transaction. */
const PLAYERS_PER_BATCH = 100;
/** How many ids one query asks for. */
const IDS_PER_QUERY = 500;

/** Everything that moved one player's money. */
type History = { readonly playerId: string; readonly deposits: DemoDeposit[]; readonly orders: DemoOrder[] };

/**
 * Writes the deposits and the captured payments of a demo world, in bulk. What is there already stays as it is, so it
 * may run again, also after a crash and when the players have moved money since: a batch is one transaction, and balances
 * move by what that transaction adds.
 */
export async function seedPayment(
  shards: Shards<Db>,
  world: DemoWorld,
  deps: { readonly clock: Clock },
): Promise<void> {
  const histories = historiesOf(world);
  await shards.scatter((db) => openSystemAccounts(db, deps.clock.now()));
  await shards.mapIds([...histories.keys()], async (db, playerIds) => {
    for (const batch of chunksOf(playerIds, PLAYERS_PER_BATCH)) {
      const part = batch.flatMap((playerId) => histories.get(playerId) ?? []);
      await db.$transaction((tx) => seedBatch(tx, part));
    }
    return [];
  });
}

function historiesOf(world: DemoWorld): Map<string, History> {
  const histories = new Map<string, History>();
  const historyOf = (playerId: string): History => {
    const history = histories.get(playerId) ?? { playerId, deposits: [], orders: [] };
    histories.set(playerId, history);
    return history;
  };
  for (const deposit of world.deposits) historyOf(deposit.playerId).deposits.push(deposit);
  for (const order of world.orders) if (order.state === 'FULFILLED') historyOf(order.buyerId).orders.push(order);
  return histories;
}

async function seedBatch(tx: Tx, batch: readonly History[]): Promise<void> {
  const orders = batch.flatMap((history) => history.orders);
  const deposits = batch.flatMap((history) => history.deposits);
  const present = await findPresent(tx, [
    ...deposits.map((deposit) => deposit.transferId),
    ...orders.map((order) => order.paymentId),
  ]);
  const newDeposits = deposits.filter((deposit) => !present.has(deposit.transferId));
  const newOrders = orders.filter((order) => !present.has(order.paymentId));
  if (newDeposits.length + newOrders.length === 0) return;

  await tx.deposit.createMany({ data: newDeposits.map(toDeposit) });
  await tx.payment.createMany({ data: newOrders.map(toPayment) });
  const transfers = [
    ...newDeposits.map(toDepositTransfer),
    ...newOrders.filter((order) => order.totalMinor > 0n).map(toPurchaseTransfer),
  ];
  await tx.transfer.createMany({ data: transfers });
  await movePosted(tx, batch, transfers);
}

/** Which of these deposits and payments are there. */
async function findPresent(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const present = new Set<string>();
  for (const part of chunksOf(ids, IDS_PER_QUERY)) {
    const where = { id: { in: part } };
    for (const row of await tx.deposit.findMany({ where, select: { id: true } })) present.add(row.id);
    for (const row of await tx.payment.findMany({ where, select: { id: true } })) present.add(row.id);
  }
  return present;
}

/** Moves every account by what the transfers, all of them posted, add up to; a wallet that is not there begins with it. */
async function movePosted(tx: Tx, batch: readonly History[], transfers: readonly Transfer[]): Promise<void> {
  const deltas = sumByAccount(transfers);
  const wallets = batch.map(({ playerId, deposits, orders }) => {
    const id = walletIdOf(playerId);
    const createdAt = deposits[0]?.at ?? orders[0]?.placedAt ?? new Date(0);
    return { id, ownerId: playerId, currency: WALLET_CURRENCY, createdAt, minor: deltas.get(id) ?? 0n };
  });
  const where = { id: { in: wallets.map((wallet) => wallet.id) } };
  const present = new Set((await tx.account.findMany({ where, select: { id: true } })).map((row) => row.id));
  const created = wallets.filter((wallet) => !present.has(wallet.id));
  for (const { id, minor } of created) {
    if (minor < 0n) throw overspent(id);
    deltas.delete(id);
  }
  await tx.account.createMany({
    data: created.map(({ minor, ...wallet }) => ({
      ...wallet,
      postedMinor: minor,
      availableMinor: minor,
      pledgedMinor: minor,
    })),
  });
  for (const [id, delta] of deltas) await moveAccount(tx, id, delta);
}

function sumByAccount(transfers: readonly Transfer[]): Map<string, bigint> {
  const deltas = new Map<string, bigint>();
  const add = (id: string, amountMinor: bigint) => deltas.set(id, (deltas.get(id) ?? 0n) + amountMinor);
  for (const { debitId, creditId, amountMinor } of transfers) {
    add(debitId, -amountMinor);
    add(creditId, amountMinor);
  }
  return deltas;
}

async function moveAccount(tx: Tx, id: string, delta: bigint): Promise<void> {
  const isWallet = id.startsWith('wallet_');
  const { count } = await tx.account.updateMany({
    where: { id, ...(isWallet && delta < 0n ? { availableMinor: { gte: -delta } } : {}) },
    data: {
      postedMinor: { increment: delta },
      availableMinor: { increment: delta },
      ...(isWallet ? { pledgedMinor: { increment: delta } } : {}),
    },
  });
  if (count !== 1) throw overspent(id);
}

function overspent(walletId: string): Error {
  return new Error(`the demo world spends more than ${walletId} has`);
}

function toDeposit({ transferId, playerId, amountMinor, at }: DemoDeposit) {
  return {
    id: transferId,
    walletId: walletIdOf(playerId),
    ownerId: playerId,
    amountMinor,
    currency: WALLET_CURRENCY,
    state: 'POSTED',
    chargeId: `sandbox_${transferId}`,
    createdAt: at,
    settledAt: at,
  };
}

function toDepositTransfer({ transferId, playerId, amountMinor, at }: DemoDeposit): Transfer {
  const walletId = walletIdOf(playerId);
  return {
    id: transferId,
    kind: 'DEPOSIT',
    reference: transferId,
    debitId: systemAccountId('sandbox'),
    creditId: walletId,
    walletId,
    amountMinor,
    currency: WALLET_CURRENCY,
    state: 'POSTED',
    orderId: null,
    createdAt: at,
    settledAt: at,
  };
}

function toPurchaseTransfer(order: DemoOrder): Transfer {
  const walletId = walletIdOf(order.buyerId);
  return {
    id: order.transferId,
    kind: 'PURCHASE',
    reference: order.paymentId,
    debitId: walletId,
    creditId: systemAccountId('revenue'),
    walletId,
    amountMinor: order.totalMinor,
    currency: WALLET_CURRENCY,
    state: 'POSTED',
    orderId: order.id,
    createdAt: order.placedAt,
    settledAt: order.placedAt,
  };
}

function toPayment(order: DemoOrder) {
  const payment = {
    id: order.paymentId,
    orderId: order.id,
    buyerId: order.buyerId,
    amountMinor: order.totalMinor,
    currency: WALLET_CURRENCY,
    state: 'CAPTURED' as const,
    reason: null,
    createdAt: order.placedAt,
    settledAt: order.placedAt,
  };
  return { ...payment, liveOrderId: liveOrderIdOf(payment) };
}
