import type { Currency, Money } from '@playgraph/kernel/money';
import type { TransitionTable } from '@playgraph/kernel/transition';

/** Wallets hold one currency. */
export const WALLET_CURRENCY: Currency = 'EUR';
/** The largest single deposit: 5,000.00. */
export const DEPOSIT_MAX_MINOR = 500_000n;
/** The largest balance of a wallet, deposits under way included: 20,000.00. */
export const BALANCE_MAX_MINOR = 2_000_000n;

export type Wallet = {
  readonly id: string;
  readonly ownerId: string;
  readonly currency: Currency;
  readonly postedMinor: bigint;
  readonly heldMinor: bigint;
  readonly availableMinor: bigint;
  readonly pledgedMinor: bigint;
};

export type TransferKind = 'DEPOSIT' | 'PURCHASE';
export type TransferState = 'PENDING' | 'POSTED' | 'VOIDED';

export type Transfer = {
  readonly id: string;
  readonly kind: TransferKind;
  readonly reference: string;
  readonly debitId: string;
  readonly creditId: string;
  readonly walletId: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly state: TransferState;
  readonly orderId: string | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
};

export type DepositState = 'PENDING' | 'POSTED' | 'DECLINED';
export type DepositDeclineReason = 'CARD_DECLINED' | 'CARD_EXPIRED';

export type Deposit = {
  readonly id: string;
  readonly walletId: string;
  readonly ownerId: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly state: DepositState;
  readonly reason: DepositDeclineReason | null;
  readonly chargeId: string | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
};

export type PaymentState = 'PENDING' | 'AUTHORIZED' | 'CAPTURED' | 'DECLINED' | 'VOIDED';
export type PaymentDeclineReason = 'INSUFFICIENT_FUNDS';

export type Payment = {
  readonly id: string;
  readonly orderId: string;
  readonly buyerId: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly state: PaymentState;
  readonly reason: PaymentDeclineReason | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
};

export const paymentTransitions: TransitionTable<PaymentState> = {
  PENDING: ['AUTHORIZED', 'DECLINED', 'VOIDED'],
  AUTHORIZED: ['CAPTURED', 'VOIDED'],
  CAPTURED: [],
  DECLINED: [],
  VOIDED: [],
};

export const transferTransitions: TransitionTable<TransferState> = {
  PENDING: ['POSTED', 'VOIDED'],
  POSTED: [],
  VOIDED: [],
};

export const depositTransitions: TransitionTable<DepositState> = {
  PENDING: ['POSTED', 'DECLINED'],
  POSTED: [],
  DECLINED: [],
};

/** The accounts of a shard that are nobody's: where deposits come from and where purchases go. */
export type SystemPurpose = 'sandbox' | 'revenue';
export const systemPurposes: readonly SystemPurpose[] = ['sandbox', 'revenue'];

type Sign = -1n | 0n | 1n;
/** How many times the amount each balance of an account moves. */
export type Effect = {
  readonly posted: Sign;
  readonly held: Sign;
  readonly available: Sign;
  /** Posted plus deposits under way; kept for wallets only. */
  readonly pledged: Sign;
};
export type LedgerStep = 'PLEDGE' | 'UNPLEDGE' | 'DEPOSIT' | 'HOLD' | 'CAPTURE' | 'RELEASE';

/** What a step moves on the wallet and on the system account across. `posted` of the two always sums to zero. */
export const ledgerSteps: {
  readonly [Step in LedgerStep]: {
    readonly wallet: Effect;
    readonly across: { readonly purpose: SystemPurpose; readonly effect: Effect } | null;
  };
} = {
  PLEDGE: { wallet: { posted: 0n, held: 0n, available: 0n, pledged: 1n }, across: null },
  UNPLEDGE: { wallet: { posted: 0n, held: 0n, available: 0n, pledged: -1n }, across: null },
  DEPOSIT: {
    wallet: { posted: 1n, held: 0n, available: 1n, pledged: 0n },
    across: { purpose: 'sandbox', effect: { posted: -1n, held: 0n, available: -1n, pledged: 0n } },
  },
  HOLD: { wallet: { posted: 0n, held: 1n, available: -1n, pledged: 0n }, across: null },
  CAPTURE: {
    wallet: { posted: -1n, held: -1n, available: 0n, pledged: -1n },
    across: { purpose: 'revenue', effect: { posted: 1n, held: 0n, available: 1n, pledged: 0n } },
  },
  RELEASE: { wallet: { posted: 0n, held: -1n, available: 1n, pledged: 0n }, across: null },
};

/** A player's wallet has the player's ULID: it needs no lookup, lies in the player's bucket and exists once. */
export function walletIdOf(ownerId: string): string {
  return `wallet_${ownerId.slice(ownerId.indexOf('_') + 1)}`;
}

export function systemAccountId(purpose: SystemPurpose): string {
  return `system:${purpose}:${WALLET_CURRENCY}`;
}

/** What a player has before the first deposit. */
export function emptyWallet(ownerId: string): Wallet {
  const zero = { postedMinor: 0n, heldMinor: 0n, availableMinor: 0n, pledgedMinor: 0n };
  return { id: walletIdOf(ownerId), ownerId, currency: WALLET_CURRENCY, ...zero };
}

/** The transfer's amount as its wallet sees it: in above zero, out below. */
export function signedAmount(transfer: Transfer): Money {
  const amountMinor = transfer.creditId === transfer.walletId ? transfer.amountMinor : -transfer.amountMinor;
  return { amountMinor, currency: transfer.currency };
}

/** What a wallet could take in now. */
export function depositableMinor(wallet: Wallet): bigint {
  const room = BALANCE_MAX_MINOR - wallet.pledgedMinor;
  if (room <= 0n) return 0n;
  return room < DEPOSIT_MAX_MINOR ? room : DEPOSIT_MAX_MINOR;
}
