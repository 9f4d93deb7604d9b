import type { DomainEvent } from '@playgraph/events/event-log';
import { bucketOf } from '@playgraph/kernel/ids';
import type { Currency } from '@playgraph/kernel/money';
import { transition } from '@playgraph/kernel/transition';
import type { PaymentDeps } from './deps.ts';
import { type Payment, paymentTransitions, WALLET_CURRENCY, walletIdOf } from './domain.ts';
import { hold } from './ledger.ts';
import { findLivePayment, findPayment, findWallet, insertPayment, type Tx } from './store.ts';
import type { Unit } from './transaction.ts';

/** The name that this subgraph's inbox entries carry. */
export const PAYMENT_CONSUMER = 'payment';

export type PaymentRequested = {
  readonly paymentId: string;
  readonly orderId: string;
  readonly buyerId: string;
  readonly totalMinor: bigint;
  readonly currency: Currency;
};

/** Holds an order's total in the buyer's wallet, or declines. One transaction: the attempt, the hold and the event. */
export async function authorizePayment(
  deps: PaymentDeps,
  event: DomainEvent,
  request: PaymentRequested,
): Promise<void> {
  await deps.transact(request.buyerId, async (unit) => {
    if (!(await deps.events.isFirstDelivery(unit.tx, PAYMENT_CONSUMER, event))) return;
    if (await findPayment(unit.tx, request.paymentId)) return;
    // A second attempt while one is live would hold the money twice; the live one answers the order.
    if (await findLivePayment(unit.tx, request.orderId)) return;
    await attempt(deps, unit, pendingPayment(request, deps.clock.now()));
  });
}

async function attempt(deps: PaymentDeps, unit: Unit, payment: Payment): Promise<void> {
  const at = payment.createdAt;
  const isFree = payment.amountMinor === 0n;
  const transferId = deps.ids.make('transfer', bucketOf(payment.buyerId));
  const transfer = isFree ? null : await hold(unit.tx, payment, { transferId, at });
  if (transfer) await unit.emitWalletChanged(transfer);
  if (transfer || isFree) {
    const authorized: Payment = { ...payment, state: transition(paymentTransitions, payment.state, 'AUTHORIZED') };
    await insertPayment(unit.tx, authorized);
    await unit.emitPayment('payment.authorized', authorized);
    return;
  }
  const state = transition(paymentTransitions, payment.state, 'DECLINED');
  const declined: Payment = { ...payment, state, reason: 'INSUFFICIENT_FUNDS', settledAt: at };
  await insertPayment(unit.tx, declined);
  await unit.emitPayment('payment.declined', declined, {
    reason: 'INSUFFICIENT_FUNDS',
    availableMinor: String(await availableFor(unit.tx, payment)),
  });
}

function pendingPayment(request: PaymentRequested, at: Date): Payment {
  const { paymentId, totalMinor, ...rest } = request;
  return {
    ...rest,
    id: paymentId,
    amountMinor: totalMinor,
    state: 'PENDING',
    reason: null,
    createdAt: at,
    settledAt: null,
  };
}

/** What the buyer has in the payment's currency. */
async function availableFor(tx: Tx, payment: Payment): Promise<bigint> {
  if (payment.currency !== WALLET_CURRENCY) return 0n;
  return (await findWallet(tx, walletIdOf(payment.buyerId)))?.availableMinor ?? 0n;
}
