import type { Identity } from '@playgraph/auth/identity';
import { claimIdempotencyKey } from '@playgraph/events/idempotency';
import { bucketOf } from '@playgraph/kernel/ids';
import type { Money } from '@playgraph/kernel/money';
import type { PaymentDeps } from './deps.ts';
import {
  DEPOSIT_MAX_MINOR,
  type Deposit,
  depositableMinor,
  emptyWallet,
  type Transfer,
  WALLET_CURRENCY,
  type Wallet,
  walletIdOf,
} from './domain.ts';
import { type DepositRefusal, paymentErrors, refusals } from './errors.ts';
import { openWallet, pledge } from './ledger.ts';
import { settleDeposit } from './settle-deposit.ts';
import { findDeposit, findWallet, insertDeposit, type Tx } from './store.ts';
import type { Unit } from './transaction.ts';

export type DepositInput = { readonly idempotencyKey: string; readonly amount: Money };

export type DepositResult =
  | { readonly __typename: 'DepositToWalletSuccess'; readonly wallet: Wallet; readonly transaction: Transfer }
  | DepositRefusal;

/**
 * Two transactions with the charge between them: the first writes down what is about to be charged and keeps room for
 * it, the second books the outcome. A crash after either is picked up by the same key or by the resumer.
 */
export async function depositToWallet(
  deps: PaymentDeps,
  identity: Identity,
  input: DepositInput,
): Promise<DepositResult> {
  const { amount } = input;
  if (amount.currency !== WALLET_CURRENCY) throw paymentErrors.wrongCurrency();
  if (amount.amountMinor < 1n || amount.amountMinor > DEPOSIT_MAX_MINOR) throw paymentErrors.amountOutOfRange();

  const begun = await deps.transact(identity.userId, (unit) => beginDeposit(deps, unit, { ...input, identity }));
  if ('__typename' in begun) return begun;
  const deposit = begun.state === 'PENDING' ? await settleDeposit(deps, begun) : begun;
  if (deposit.reason) return refusals.depositDeclined(deposit.reason);

  const [wallets, transfers] = await Promise.all([
    deps.store.findWallets([identity.userId]),
    deps.store.findTransfers([deposit.id]),
  ]);
  const [wallet, transaction] = [wallets[0], transfers[0]];
  if (!wallet || !transaction) throw new Error(`deposit ${deposit.id} is posted without a transfer`);
  return { __typename: 'DepositToWalletSuccess', wallet, transaction };
}

/** The deposit that the key stands for, written down now or earlier; or the refusal, with nothing written. */
async function beginDeposit(
  deps: PaymentDeps,
  { tx }: Unit,
  request: DepositInput & { readonly identity: Identity },
): Promise<Deposit | DepositRefusal> {
  const { identity, amount, idempotencyKey } = request;
  const ownerId = identity.userId;
  const claim = await claimIdempotencyKey(
    tx,
    { owner: ownerId, operation: 'depositToWallet', key: idempotencyKey, input: amount },
    deps.clock,
  );
  if (claim.replay !== null) return getDeposit(tx, claim.replay);

  const at = deps.clock.now();
  const walletId = walletIdOf(ownerId);
  await openWallet(tx, ownerId, at);
  if (!(await pledge(tx, walletId, amount.amountMinor))) {
    const wallet = (await findWallet(tx, walletId)) ?? emptyWallet(ownerId);
    return refusals.walletLimitReached(depositableMinor(wallet));
  }
  const deposit: Deposit = {
    id: deps.ids.make('transfer', bucketOf(ownerId)),
    walletId,
    ownerId,
    ...amount,
    state: 'PENDING',
    reason: null,
    chargeId: null,
    createdAt: at,
    settledAt: null,
  };
  await insertDeposit(tx, deposit);
  await claim.save(deposit.id);
  return deposit;
}

async function getDeposit(tx: Tx, id: string): Promise<Deposit> {
  const deposit = await findDeposit(tx, id);
  if (!deposit) throw new Error(`the idempotency record names deposit ${id}, which does not exist`);
  return deposit;
}
