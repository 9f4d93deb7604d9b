import type { DomainEvent } from '@playgraph/events/event-log';
import { transition } from '@playgraph/kernel/transition';
import { PAYMENT_CONSUMER } from './authorize-payment.ts';
import type { PaymentDeps } from './deps.ts';
import { type Payment, paymentTransitions } from './domain.ts';
import { settleHold } from './ledger.ts';
import { findLivePayment, updatePayment } from './store.ts';
import type { Unit } from './transaction.ts';

/** An order whose money is to be taken or given back. */
export type DecidedOrder = { readonly orderId: string; readonly buyerId: string; readonly totalMinor: bigint };

const outcomes = {
  CAPTURE: { state: 'CAPTURED', type: 'payment.captured' },
  RELEASE: { state: 'VOIDED', type: 'payment.released' },
} as const;

/** The order is paid: what its payment holds goes to the store. */
export async function capturePayment(deps: PaymentDeps, event: DomainEvent, order: DecidedOrder): Promise<void> {
  await onLivePaymentOnce(deps, { event, order }, async (unit, payment) => {
    if (payment?.state === 'AUTHORIZED') return settle(unit, payment, { step: 'CAPTURE', at: deps.clock.now() });
    if (payment || order.totalMinor === 0n) return;
    // Goods without money. Failing keeps the event, and the operator's attention, until it is resolved.
    throw new Error(`order ${order.orderId} is paid, but no payment of it holds money`);
  });
}

/** The order ended unpaid: what its payment holds is available again. */
export async function releasePayment(deps: PaymentDeps, event: DomainEvent, order: DecidedOrder): Promise<void> {
  await onLivePaymentOnce(deps, { event, order }, async (unit, payment) => {
    if (payment?.state === 'AUTHORIZED') return settle(unit, payment, { step: 'RELEASE', at: deps.clock.now() });
    if (payment) deps.logger.error({ paymentId: payment.id }, 'an order ended unpaid after its money was captured');
  });
}

async function settle(
  unit: Unit,
  payment: Payment,
  settlement: { readonly step: 'CAPTURE' | 'RELEASE'; readonly at: Date },
): Promise<void> {
  const { step, at } = settlement;
  const { state: to, type } = outcomes[step];
  const settled = { state: transition(paymentTransitions, payment.state, to), settledAt: at };
  if (!(await updatePayment(unit.tx, payment, settled))) return;
  if (payment.amountMinor > 0n) await unit.emitWalletChanged(await settleHold(unit.tx, payment, settlement));
  await unit.emitPayment(type, { ...payment, ...settled });
}

async function onLivePaymentOnce(
  deps: PaymentDeps,
  delivery: { readonly event: DomainEvent; readonly order: DecidedOrder },
  effect: (unit: Unit, payment: Payment | null) => Promise<void>,
): Promise<void> {
  const { event, order } = delivery;
  await deps.transact(order.buyerId, async (unit) => {
    if (!(await deps.events.isFirstDelivery(unit.tx, PAYMENT_CONSUMER, event))) return;
    await effect(unit, await findLivePayment(unit.tx, order.orderId));
  });
}
