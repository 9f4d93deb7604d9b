import { badUserInput } from './errors.ts';

/** ISO 4217 codes that the store trades in. */
export type Currency = 'EUR' | 'USD';

/** An amount in integer minor units (cents) of one currency. Never a float, never mixed. */
export type Money = { readonly amountMinor: bigint; readonly currency: Currency };

/** The largest amount of minor units that every client can hold exactly: 2^53 - 1. */
export const MINOR_UNITS_MAX = 2n ** 53n - 1n;

/** @throws DomainError BAD_USER_INPUT at `field` unless 0 < amount <= MINOR_UNITS_MAX. */
export function parsePositiveAmount(amountMinor: bigint, field: string): bigint {
  if (amountMinor <= 0n || amountMinor > MINOR_UNITS_MAX) {
    throw badUserInput(`Must be between 1 and ${MINOR_UNITS_MAX} minor units.`, field);
  }
  return amountMinor;
}

/** The sum of amounts in one currency. @throws TypeError on mixed currencies, RangeError past MINOR_UNITS_MAX. */
export function addMoney(left: Money, right: Money): Money {
  if (left.currency !== right.currency) throw new TypeError(`cannot add ${right.currency} to ${left.currency}`);
  const amountMinor = left.amountMinor + right.amountMinor;
  if (amountMinor > MINOR_UNITS_MAX || amountMinor < -MINOR_UNITS_MAX) throw new RangeError('amount out of range');
  return { amountMinor, currency: left.currency };
}
