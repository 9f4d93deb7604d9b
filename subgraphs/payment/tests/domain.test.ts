import { canTransition } from '@playgraph/kernel/transition';
import { expect, test } from 'vitest';
import {
  BALANCE_MAX_MINOR,
  DEPOSIT_MAX_MINOR,
  depositableMinor,
  depositTransitions,
  emptyWallet,
  ledgerSteps,
  paymentTransitions,
  signedAmount,
  type Transfer,
  transferTransitions,
  walletIdOf,
} from '../src/domain.ts';
import { createSandboxProvider } from '../src/sandbox-provider.ts';

const USER_ID = 'user_01KAJ0000000000000000000AA';

test('every pair of payment, transfer and deposit states is allowed or forbidden as the tables say', () => {
  const allowedOf = <State extends string>(table: { readonly [From in State]: readonly State[] }) => {
    const states = Object.keys(table) as State[];
    return states.flatMap((from) => states.filter((to) => canTransition(table, from, to)).map((to) => `${from}>${to}`));
  };
  expect(allowedOf(paymentTransitions)).toEqual([
    'PENDING>AUTHORIZED',
    'PENDING>DECLINED',
    'PENDING>VOIDED',
    'AUTHORIZED>CAPTURED',
    'AUTHORIZED>VOIDED',
  ]);
  expect(allowedOf(transferTransitions)).toEqual(['PENDING>POSTED', 'PENDING>VOIDED']);
  expect(allowedOf(depositTransitions)).toEqual(['PENDING>POSTED', 'PENDING>DECLINED']);
});

test('no step of the ledger makes or loses money, and each keeps available equal to posted minus held', () => {
  for (const [step, { wallet, across }] of Object.entries(ledgerSteps)) {
    expect(wallet.posted + (across?.effect.posted ?? 0n), step).toBe(0n);
    for (const effect of [wallet, ...(across ? [across.effect] : [])]) {
      expect(effect.posted - effect.held, step).toBe(effect.available);
    }
  }
});

test('a hold that is captured or released, and a pledge that is used or given back, leave nothing behind', () => {
  const sum = (field: 'held' | 'pledged', steps: readonly (keyof typeof ledgerSteps)[]) =>
    steps.reduce((total, step) => total + ledgerSteps[step].wallet[field], 0n);
  expect(sum('held', ['HOLD', 'CAPTURE'])).toBe(0n);
  expect(sum('held', ['HOLD', 'RELEASE'])).toBe(0n);
  expect(sum('pledged', ['PLEDGE', 'UNPLEDGE'])).toBe(0n);
  expect(sum('pledged', ['PLEDGE', 'DEPOSIT', 'HOLD', 'CAPTURE'])).toBe(0n);
});

test('a wallet has the ULID of its owner and is empty before the first deposit', () => {
  expect(walletIdOf(USER_ID)).toBe('wallet_01KAJ0000000000000000000AA');
  expect(emptyWallet(USER_ID)).toMatchObject({ postedMinor: 0n, heldMinor: 0n, availableMinor: 0n });
});

test('what a wallet can still take is bounded by the largest deposit and by the largest balance', () => {
  const holding = (pledgedMinor: bigint) => depositableMinor({ ...emptyWallet(USER_ID), pledgedMinor });
  expect(holding(0n)).toBe(DEPOSIT_MAX_MINOR);
  expect(holding(BALANCE_MAX_MINOR - 7n)).toBe(7n);
  expect(holding(BALANCE_MAX_MINOR)).toBe(0n);
});

test('a transfer is above zero for the wallet that it goes to and below zero for the one that it leaves', () => {
  const walletId = walletIdOf(USER_ID);
  const base = { walletId, amountMinor: 250n, currency: 'EUR' } as Transfer;
  expect(signedAmount({ ...base, creditId: walletId, debitId: 'system:sandbox:EUR' }).amountMinor).toBe(250n);
  expect(signedAmount({ ...base, creditId: 'system:revenue:EUR', debitId: walletId }).amountMinor).toBe(-250n);
});

test.each([
  [1000n, { outcome: 'APPROVED', chargeId: 'sandbox_transfer_1' }],
  [13n, { outcome: 'DECLINED', reason: 'CARD_DECLINED' }],
  [499_913n, { outcome: 'DECLINED', reason: 'CARD_DECLINED' }],
  [1014n, { outcome: 'DECLINED', reason: 'CARD_EXPIRED' }],
  [1301n, { outcome: 'APPROVED', chargeId: 'sandbox_transfer_1' }],
])('the sandbox answers a charge of %d minor units alike every time', async (amountMinor, outcome) => {
  const provider = createSandboxProvider();
  const request = { reference: 'transfer_1', payerId: USER_ID, amount: { amountMinor, currency: 'EUR' as const } };
  expect(await provider.charge(request, AbortSignal.timeout(1000))).toEqual(outcome);
  expect(await provider.charge(request, AbortSignal.timeout(1000))).toEqual(outcome);
});
