import { transition } from '@playgraph/kernel/transition';
import type { PaymentDeps } from './deps.ts';
import { type Deposit, depositTransitions } from './domain.ts';
import { paymentErrors } from './errors.ts';
import { postDeposit, unpledge } from './ledger.ts';
import type { ChargeOutcome } from './provider.ts';
import { findDeposit, updatePendingDeposit } from './store.ts';
import type { Unit } from './transaction.ts';

const RETRY_AFTER_SECONDS = 5;

/**
 * Charges a PENDING deposit and books the outcome, once: whoever else does so at the same time gets the same answer from
 * the provider, and the row's state lets one of them through.
 * @throws DomainError UNAVAILABLE when the provider does not answer; the deposit stays PENDING for the resumer.
 */
export async function settleDeposit(deps: PaymentDeps, deposit: Deposit): Promise<Deposit> {
  const charged = await charge(deps, deposit);
  if (!charged) throw paymentErrors.providerSilent(RETRY_AFTER_SECONDS);
  return deps.transact(deposit.id, async (unit) => {
    const settled = settledBy(charged, deposit, deps.clock.now());
    if (await updatePendingDeposit(unit.tx, deposit.id, settled)) await book(unit, { ...deposit, ...settled });
    const current = await findDeposit(unit.tx, deposit.id);
    if (!current) throw new Error(`deposit ${deposit.id} has gone`);
    return current;
  });
}

async function charge(deps: PaymentDeps, deposit: Deposit): Promise<ChargeOutcome | null> {
  const { amountMinor, currency } = deposit;
  const request = { reference: deposit.id, payerId: deposit.ownerId, amount: { amountMinor, currency } };
  try {
    return await deps.provider.charge(request, AbortSignal.timeout(deps.limits.chargeTimeoutMs));
  } catch (error) {
    deps.logger.warn({ err: error, depositId: deposit.id }, 'the payment provider gave no answer');
    return null;
  }
}

function settledBy(charged: ChargeOutcome, deposit: Deposit, at: Date) {
  return charged.outcome === 'APPROVED'
    ? {
        state: transition(depositTransitions, deposit.state, 'POSTED'),
        settledAt: at,
        chargeId: charged.chargeId,
      }
    : {
        state: transition(depositTransitions, deposit.state, 'DECLINED'),
        settledAt: at,
        reason: charged.reason,
      };
}

async function book(unit: Unit, deposit: Deposit): Promise<void> {
  if (deposit.state === 'DECLINED') return unpledge(unit.tx, deposit);
  const transfer = await postDeposit(unit.tx, deposit, deposit.settledAt ?? deposit.createdAt);
  await unit.emitWalletChanged(transfer);
}
