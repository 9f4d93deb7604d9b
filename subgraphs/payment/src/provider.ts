import type { Money } from '@playgraph/kernel/money';
import type { DepositDeclineReason } from './domain.ts';

/**
 * The `PaymentProvider` port: takes money from a player's card. Promise: a `reference` is charged at most once however
 * often it is asked, and always answered alike. It rejects when there is no answer yet (also when `signal` aborts);
 * asking again later is then safe.
 */
export type PaymentProvider = {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
};

export type ChargeRequest = {
  /** Names the charge for ever. */
  readonly reference: string;
  readonly payerId: string;
  readonly amount: Money;
};

export type ChargeOutcome =
  | { readonly outcome: 'APPROVED'; readonly chargeId: string }
  | { readonly outcome: 'DECLINED'; readonly reason: DepositDeclineReason };
