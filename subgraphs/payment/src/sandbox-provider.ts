import type { DepositDeclineReason } from './domain.ts';
import type { PaymentProvider } from './provider.ts';

/** Amounts that end in these minor units are declined, so that every outcome can be tried without a card. */
export const sandboxDeclines: Readonly<Record<string, DepositDeclineReason>> = {
  '13': 'CARD_DECLINED',
  '14': 'CARD_EXPIRED',
};

/** Play money: approves at once what `sandboxDeclines` does not name. It needs no memory to answer alike. */
export function createSandboxProvider(): PaymentProvider {
  return {
    charge: async ({ reference, amount }) => {
      const reason = sandboxDeclines[String(amount.amountMinor % 100n)];
      return reason ? { outcome: 'DECLINED', reason } : { outcome: 'APPROVED', chargeId: `sandbox_${reference}` };
    },
  };
}
