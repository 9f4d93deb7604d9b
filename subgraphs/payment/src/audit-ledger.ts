import type { Shards } from '@playgraph/sharding/shards';
import { auditDeposits, auditPayments } from './audit-references.ts';
import type { Db, Tx } from './store.ts';

/** What the auditor found on one shard. */
export type ShardAudit = {
  readonly shard: number;
  readonly accounts: number;
  readonly transfers: number;
  /** The sum of posted over all accounts. Zero, or money was made or lost. */
  readonly sumMinor: bigint;
  /** In sentences, at most PROBLEMS_MAX. */
  readonly problems: readonly string[];
};

export type LedgerAudit = { readonly isSound: boolean; readonly shards: readonly ShardAudit[] };

/** Enough to see what is wrong. */
export const PROBLEMS_MAX = 100;
const BATCH_SIZE = 500;
/** The audit reads a shard in one transaction, so that it sees one instant. */
const AUDIT_TRANSACTION_OPTIONS = { maxWait: 60_000, timeout: 10 * 60_000 } as const;

/**
 * Proves for every shard, at one instant of it: posted sums to zero; every balance is what the transfers and deposits
 * behind it add up to; no wallet is overdrawn; every transfer touches accounts of this shard; every payment and deposit
 * agrees with its transfer, and no transfer is without one.
 */
export async function auditLedger(shards: Shards<Db>): Promise<LedgerAudit> {
  const audits = await shards.scatter((db, shard) =>
    db.$transaction((tx) => auditShard(tx, shard), AUDIT_TRANSACTION_OPTIONS),
  );
  return { isSound: audits.every((audit) => audit.problems.length === 0), shards: audits };
}

async function auditShard(tx: Tx, shard: number): Promise<ShardAudit> {
  const accounts = await tx.account.aggregate({ _count: true, _sum: { postedMinor: true } });
  const transfers = await tx.transfer.aggregate({ _count: true, _sum: { amountMinor: true } });
  const sumMinor = accounts._sum.postedMinor ?? 0n;
  const problems: string[] = [];
  if (sumMinor !== 0n) problems.push(`posted sums to ${sumMinor} instead of 0`);

  const onAccounts = await auditAccounts(tx, problems);
  const movedMinor = transfers._sum.amountMinor ?? 0n;
  if (onAccounts.debitedMinor !== movedMinor || onAccounts.creditedMinor !== movedMinor) {
    problems.push('some transfers name accounts that are not on this shard');
  }
  const explained = (await auditDeposits(tx, problems)) + (await auditPayments(tx, problems));
  if (explained !== transfers._count) {
    problems.push(`${transfers._count - explained} transfers belong to no deposit or payment`);
  }
  return {
    shard,
    accounts: accounts._count,
    transfers: transfers._count,
    sumMinor,
    problems: problems.slice(0, PROBLEMS_MAX),
  };
}

type Totals = { readonly debitedMinor: bigint; readonly creditedMinor: bigint };

/** Checks every account and returns what all of them were debited and credited, pending or not. */
async function auditAccounts(tx: Tx, problems: string[]): Promise<Totals> {
  let totals: Totals = { debitedMinor: 0n, creditedMinor: 0n };
  let afterId = '';
  for (;;) {
    const rows = await tx.account.findMany({
      where: { id: { gt: afterId } },
      orderBy: { id: 'asc' },
      take: BATCH_SIZE,
    });
    const sums = await sumMovements(
      tx,
      rows.map((row) => row.id),
    );
    for (const row of rows) {
      const debits = sums.debits.get(row.id) ?? noMovement;
      const credits = sums.credits.get(row.id) ?? noMovement;
      const posted = credits.POSTED - debits.POSTED;
      expectEqual(problems, `${row.id}: posted`, row.postedMinor, posted);
      expectEqual(problems, `${row.id}: held`, row.heldMinor, debits.PENDING);
      expectEqual(problems, `${row.id}: available`, row.availableMinor, posted - debits.PENDING);
      const pledged = row.ownerId ? posted + (sums.pledges.get(row.id) ?? 0n) : 0n;
      expectEqual(problems, `${row.id}: pledged`, row.pledgedMinor, pledged);
      if (row.ownerId && row.availableMinor < 0n) problems.push(`${row.id} is overdrawn`);
      totals = {
        debitedMinor: totals.debitedMinor + debits.POSTED + debits.PENDING + debits.VOIDED,
        creditedMinor: totals.creditedMinor + credits.POSTED + credits.PENDING + credits.VOIDED,
      };
    }
    if (rows.length < BATCH_SIZE) return totals;
    afterId = rows.at(-1)?.id ?? '';
  }
}

type Movement = Record<'PENDING' | 'POSTED' | 'VOIDED', bigint>;
const noMovement: Movement = { PENDING: 0n, POSTED: 0n, VOIDED: 0n };

async function sumMovements(tx: Tx, ids: string[]) {
  const debits = await tx.transfer.groupBy({
    by: ['debitId', 'state'],
    where: { debitId: { in: ids } },
    _sum: { amountMinor: true },
  });
  const credits = await tx.transfer.groupBy({
    by: ['creditId', 'state'],
    where: { creditId: { in: ids } },
    _sum: { amountMinor: true },
  });
  const pledges = await tx.deposit.groupBy({
    by: ['walletId'],
    where: { walletId: { in: ids }, state: 'PENDING' },
    _sum: { amountMinor: true },
  });
  return {
    debits: byAccount(debits.map((row) => ({ id: row.debitId, state: row.state, sum: row._sum.amountMinor }))),
    credits: byAccount(credits.map((row) => ({ id: row.creditId, state: row.state, sum: row._sum.amountMinor }))),
    pledges: new Map(pledges.map((row) => [row.walletId, row._sum.amountMinor ?? 0n])),
  };
}

function byAccount(rows: readonly { id: string; state: string; sum: bigint | null }[]): Map<string, Movement> {
  const movements = new Map<string, Movement>();
  for (const { id, state, sum } of rows) {
    movements.set(id, { ...(movements.get(id) ?? noMovement), [state]: sum ?? 0n });
  }
  return movements;
}

function expectEqual(problems: string[], what: string, stored: bigint, proven: bigint): void {
  if (stored !== proven) problems.push(`${what} is ${stored}, its transfers say ${proven}`);
}
