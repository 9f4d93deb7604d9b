import { badUserInput, DomainError } from '@playgraph/kernel/errors';
import type { Money } from '@playgraph/kernel/money';
import { BALANCE_MAX_MINOR, DEPOSIT_MAX_MINOR, type DepositDeclineReason, WALLET_CURRENCY } from './domain.ts';

/** What a caller can do wrong, and what can fail on the way. */
export const paymentErrors = {
  amountOutOfRange: () =>
    badUserInput(`Must be between 1 and ${DEPOSIT_MAX_MINOR} minor units.`, 'input.amount.amountMinor'),
  wrongCurrency: () => badUserInput(`Wallets hold ${WALLET_CURRENCY}.`, 'input.amount.currency'),
  providerSilent: (retryAfterSeconds: number) =>
    new DomainError('UNAVAILABLE', 'The payment provider did not answer. Ask again with the same idempotency key.', {
      retryAfterSeconds,
    }),
};

export type DepositRefusal = ReturnType<(typeof refusals)[keyof typeof refusals]>;

const declineMessages: { readonly [Reason in DepositDeclineReason]: string } = {
  CARD_DECLINED: 'The bank declined the card. Nothing was charged.',
  CARD_EXPIRED: 'The card has expired. Nothing was charged.',
};

/** The expected ways in which a deposit is turned down; nothing has changed then. */
export const refusals = {
  depositDeclined: (reason: DepositDeclineReason) => ({
    __typename: 'DepositDeclined' as const,
    code: 'DEPOSIT_DECLINED' as const,
    message: declineMessages[reason],
    reason,
  }),
  walletLimitReached: (depositableNowMinor: bigint) => ({
    __typename: 'WalletLimitReached' as const,
    code: 'WALLET_LIMIT_REACHED' as const,
    message: 'The deposit would take the wallet over the largest balance it may hold.',
    balanceMax: inWalletCurrency(BALANCE_MAX_MINOR),
    depositableNow: inWalletCurrency(depositableNowMinor),
  }),
};

function inWalletCurrency(amountMinor: bigint): Money {
  return { amountMinor, currency: WALLET_CURRENCY };
}
