import type { TransitionTable } from '@playgraph/kernel/transition';
import {
  BALANCE_MAX_MINOR,
  type Deposit,
  type Effect,
  type LedgerStep,
  ledgerSteps,
  type Payment,
  systemAccountId,
  systemPurposes,
  type Transfer,
  type TransferState,
  transferTransitions,
  WALLET_CURRENCY,
  walletIdOf,
} from './domain.ts';
import type { Db, Tx } from './store.ts';

/**
 * The only code that moves balances. Every function runs in the caller's transaction and moves with one guarded
 * statement per account; the wallet comes first, so that transactions lock in one order and a refusal writes nothing.
 */

/** Writes the system accounts of a shard that are not there yet. Safe with several processes at once. */
export async function openSystemAccounts(db: Db, at: Date): Promise<void> {
  const wanted = systemPurposes.map(systemAccountId);
  const present = await db.account.findMany({ where: { id: { in: wanted } }, select: { id: true } });
  const missing = wanted.filter((id) => !present.some((account) => account.id === id));
  for (const id of missing) {
    await db.account.upsert({ where: { id }, update: {}, create: { id, currency: WALLET_CURRENCY, createdAt: at } });
  }
}

/** Writes the player's wallet unless it is there. A racing transaction makes this one meet P2002 and run again. */
export async function openWallet(tx: Tx, ownerId: string, at: Date): Promise<void> {
  const id = walletIdOf(ownerId);
  if (await tx.account.findUnique({ where: { id }, select: { id: true } })) return;
  await tx.account.createMany({ data: [{ id, ownerId, currency: WALLET_CURRENCY, createdAt: at }] });
}

/** Keeps room for a deposit below the largest balance; false when there is none. */
export function pledge(tx: Tx, walletId: string, amountMinor: bigint): Promise<boolean> {
  return applyStep(tx, 'PLEDGE', { walletId, amountMinor });
}

/** Gives the room of a declined deposit back. */
export async function unpledge(tx: Tx, deposit: Deposit): Promise<void> {
  mustApply(await applyStep(tx, 'UNPLEDGE', deposit), 'UNPLEDGE', deposit.id);
}

/** Posts a deposit that has its pledge. */
export async function postDeposit(tx: Tx, deposit: Deposit, at: Date): Promise<Transfer> {
  const transfer: Transfer = {
    id: deposit.id,
    kind: 'DEPOSIT',
    reference: deposit.id,
    debitId: systemAccountId('sandbox'),
    creditId: deposit.walletId,
    walletId: deposit.walletId,
    amountMinor: deposit.amountMinor,
    currency: deposit.currency,
    state: 'POSTED',
    orderId: null,
    createdAt: at,
    settledAt: at,
  };
  mustApply(await applyStep(tx, 'DEPOSIT', deposit), 'DEPOSIT', deposit.id);
  await tx.transfer.createMany({ data: [transfer] });
  return transfer;
}

/** Holds a payment's amount in the buyer's wallet; null when less is available, and then nothing is written. */
export async function hold(
  tx: Tx,
  payment: Payment,
  entry: { readonly transferId: string; readonly at: Date },
): Promise<Transfer | null> {
  const walletId = walletIdOf(payment.buyerId);
  if (payment.currency !== WALLET_CURRENCY) return null;
  if (!(await applyStep(tx, 'HOLD', { walletId, amountMinor: payment.amountMinor }))) return null;
  const transfer: Transfer = {
    id: entry.transferId,
    kind: 'PURCHASE',
    reference: payment.id,
    debitId: walletId,
    creditId: systemAccountId('revenue'),
    walletId,
    amountMinor: payment.amountMinor,
    currency: payment.currency,
    state: 'PENDING',
    orderId: payment.orderId,
    createdAt: entry.at,
    settledAt: null,
  };
  await tx.transfer.createMany({ data: [transfer] });
  return transfer;
}

/** Ends the hold of a payment: its money goes to the store (CAPTURE) or is available again (RELEASE). */
export async function settleHold(
  tx: Tx,
  payment: Payment,
  settlement: { readonly step: 'CAPTURE' | 'RELEASE'; readonly at: Date },
): Promise<Transfer> {
  const { step, at } = settlement;
  const key = { kind: 'PURCHASE', reference: payment.id };
  const state: TransferState = step === 'CAPTURE' ? 'POSTED' : 'VOIDED';
  const { count } = await tx.transfer.updateMany({
    where: { ...key, state: { in: statesBefore(transferTransitions, state) } },
    data: { state, settledAt: at },
  });
  mustApply(count === 1, step, payment.id);
  const transfer = (await tx.transfer.findUniqueOrThrow({ where: { kind_reference: key } })) as Transfer;
  mustApply(await applyStep(tx, step, transfer), step, payment.id);
  return transfer;
}

/** Moves both sides of a step; false when the wallet's guard did not hold, and then nothing was written. */
async function applyStep(
  tx: Tx,
  step: LedgerStep,
  move: { readonly walletId: string; readonly amountMinor: bigint },
): Promise<boolean> {
  const { wallet, across } = ledgerSteps[step];
  const { walletId, amountMinor } = move;
  const { count } = await tx.account.updateMany({
    where: { id: walletId, ...guardOf(wallet, amountMinor) },
    data: incrementsOf(wallet, amountMinor),
  });
  if (count !== 1) return false;
  if (across) {
    const id = systemAccountId(across.purpose);
    const moved = await tx.account.updateMany({ where: { id }, data: incrementsOf(across.effect, amountMinor) });
    mustApply(moved.count === 1, step, id);
  }
  return true;
}

/** A wallet never gives more than it has, nor takes more than it may hold. */
function guardOf(effect: Effect, amountMinor: bigint) {
  return {
    ...(effect.available < 0n ? { availableMinor: { gte: amountMinor } } : {}),
    ...(effect.held < 0n ? { heldMinor: { gte: amountMinor } } : {}),
    ...(effect.pledged > 0n ? { pledgedMinor: { lte: BALANCE_MAX_MINOR - amountMinor } } : {}),
  };
}

function incrementsOf(effect: Effect, amountMinor: bigint) {
  return {
    ...(effect.posted === 0n ? {} : { postedMinor: { increment: effect.posted * amountMinor } }),
    ...(effect.held === 0n ? {} : { heldMinor: { increment: effect.held * amountMinor } }),
    ...(effect.available === 0n ? {} : { availableMinor: { increment: effect.available * amountMinor } }),
    ...(effect.pledged === 0n ? {} : { pledgedMinor: { increment: effect.pledged * amountMinor } }),
  };
}

function statesBefore<State extends string>(table: TransitionTable<State>, state: State): State[] {
  return (Object.keys(table) as State[]).filter((from) => table[from].includes(state));
}

/** A step that must be possible is not: the ledger contradicts itself, so the transaction must not commit. */
function mustApply(isApplied: boolean, step: LedgerStep, reference: string): void {
  if (!isApplied) throw new Error(`ledger: ${step} of ${reference} found another state than its own records say`);
}
