import type { PageRequest } from '@playgraph/kernel/page';
import { openShards } from '@playgraph/sharding/open-shards';
import type { Shards } from '@playgraph/sharding/shards';
import { TRANSACTION_OPTIONS, transactOn } from '@playgraph/sharding/transact';
import { type Deposit, type Payment, type Transfer, type Wallet, walletIdOf } from './domain.ts';
import { type Prisma, PrismaClient } from './generated/sqlite/client.ts';

/** One shard of the payment store. */
export type Db = PrismaClient;
/** A transaction on one shard; a shard itself will do where one statement is enough. */
export type Tx = Prisma.TransactionClient;

export type PaymentStore = {
  readonly shards: Shards<Db>;
  /** Runs `work` in one transaction on the shard that owns `id`; again, a bounded number of times, when it met a race. */
  transact<Result>(id: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  findWallets(ownerIds: readonly string[]): Promise<Wallet[]>;
  findTransfers(ids: readonly string[]): Promise<Transfer[]>;
  /** Up to `limit + 1` transfers of a wallet, newest first (oldest first backwards). */
  findTransfersOfWallet(walletId: string, page: PageRequest): Promise<Transfer[]>;
  findPayments(ids: readonly string[]): Promise<Payment[]>;
  /** All attempts to pay these orders, oldest first. */
  findPaymentsOfOrders(orderIds: readonly string[]): Promise<Payment[]>;
};

const migrationsDir = new URL('../../../prisma/payment/migrations/sqlite/', import.meta.url);

/** Migrates and opens the shards. */
export function openStore(urls: readonly string[]): Promise<Shards<Db>> {
  return openShards<Db>({
    urls,
    migrationsDir,
    openClient: (adapter) => new PrismaClient({ adapter, transactionOptions: TRANSACTION_OPTIONS }),
  });
}

export function createStore(shards: Shards<Db>): PaymentStore {
  return {
    shards,
    transact: (id, work) => transactOn(shards.forId(id), work),
    findWallets: (ownerIds) =>
      shards.mapIds(ownerIds, async (db, owned) => {
        const rows = await db.account.findMany({ where: { id: { in: owned.map(walletIdOf) } } });
        return rows.map((row) => row as Wallet);
      }),
    findTransfers: (ids) =>
      shards.mapIds(ids, async (db, owned) => {
        const rows = await db.transfer.findMany({ where: { id: { in: owned } } });
        return rows.map((row) => row as Transfer);
      }),
    findTransfersOfWallet: (walletId, page) => findTransfersOfWallet(shards.forId(walletId), walletId, page),
    findPayments: (ids) =>
      shards.mapIds(ids, async (db, owned) => {
        const rows = await db.payment.findMany({ where: { id: { in: owned } } });
        return rows.map((row) => row as Payment);
      }),
    findPaymentsOfOrders: (orderIds) =>
      shards.mapIds(orderIds, async (db, owned) => {
        const rows = await db.payment.findMany({ where: { orderId: { in: owned } }, orderBy: { id: 'asc' } });
        return rows.map((row) => row as Payment);
      }),
  };
}

export async function findWallet(tx: Tx, walletId: string): Promise<Wallet | null> {
  return (await tx.account.findUnique({ where: { id: walletId } })) as Wallet | null;
}

export async function findDeposit(tx: Tx, id: string): Promise<Deposit | null> {
  return (await tx.deposit.findUnique({ where: { id } })) as Deposit | null;
}

/** Deposits whose outcome is not known, begun before `before`, in id order behind `afterId`. A batch of the resumer. */
export async function findPendingDeposits(
  tx: Tx,
  due: { readonly before: Date; readonly afterId: string; readonly limit: number },
): Promise<Deposit[]> {
  const rows = await tx.deposit.findMany({
    where: { state: 'PENDING', id: { gt: due.afterId }, createdAt: { lt: due.before } },
    orderBy: { id: 'asc' },
    take: due.limit,
  });
  return rows.map((row) => row as Deposit);
}

export async function insertDeposit(tx: Tx, deposit: Deposit): Promise<void> {
  await tx.deposit.createMany({ data: [deposit] });
}

/** Settles a deposit unless somebody else did; says whether it was this call. */
export async function updatePendingDeposit(
  tx: Tx,
  id: string,
  set: Pick<Deposit, 'state' | 'settledAt'> & Partial<Pick<Deposit, 'chargeId' | 'reason'>>,
): Promise<boolean> {
  const { count } = await tx.deposit.updateMany({ where: { id, state: 'PENDING' }, data: set });
  return count === 1;
}

export async function findPayment(tx: Tx, id: string): Promise<Payment | null> {
  return (await tx.payment.findUnique({ where: { id } })) as Payment | null;
}

/** The attempt that holds or has taken the order's money. */
export async function findLivePayment(tx: Tx, orderId: string): Promise<Payment | null> {
  return (await tx.payment.findUnique({ where: { liveOrderId: orderId } })) as Payment | null;
}

export async function insertPayment(tx: Tx, payment: Payment): Promise<void> {
  await tx.payment.createMany({ data: [{ ...payment, liveOrderId: liveOrderIdOf(payment) }] });
}

/** Moves a payment on from the state that `from` was read in; false when somebody else did. */
export async function updatePayment(
  tx: Tx,
  from: Payment,
  set: Pick<Payment, 'state' | 'settledAt'>,
): Promise<boolean> {
  const { count } = await tx.payment.updateMany({
    where: { id: from.id, state: from.state },
    data: { ...set, liveOrderId: liveOrderIdOf({ ...from, ...set }) },
  });
  return count === 1;
}

/** An attempt is live as long as it holds the money or has taken it. */
export function liveOrderIdOf(payment: Payment): string | null {
  return payment.state === 'AUTHORIZED' || payment.state === 'CAPTURED' ? payment.orderId : null;
}

async function findTransfersOfWallet(tx: Tx, walletId: string, page: PageRequest): Promise<Transfer[]> {
  const isForward = page.direction === 'forward';
  const [id] = page.keyset ?? [];
  const rows = await tx.transfer.findMany({
    where: { walletId, ...(id === undefined ? {} : { id: { [isForward ? 'lt' : 'gt']: String(id) } }) },
    orderBy: { id: isForward ? 'desc' : 'asc' },
    take: page.limit + 1,
  });
  return rows.map((row) => row as Transfer);
}
