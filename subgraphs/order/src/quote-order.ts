import { parseId } from '@playgraph/kernel/ids';
import { addMoney, type Currency, type Money } from '@playgraph/kernel/money';
import type { OrderDeps } from './deps.ts';
import { type Offer, ORDER_LINES_MAX, type Quote } from './domain.ts';
import { type NotForSale, orderErrors, refusals, type SoldOut } from './errors.ts';

/** @throws DomainError BAD_USER_INPUT unless these are 1 to ORDER_LINES_MAX different ids of games. */
export function parseGameIds(gameIds: readonly string[]): readonly string[] {
  if (gameIds.length === 0) throw orderErrors.empty();
  if (gameIds.length > ORDER_LINES_MAX) throw orderErrors.tooManyLines();
  gameIds.forEach((gameId, index) => {
    parseId('game', gameId, `input.gameIds.${index}`);
    if (gameIds.indexOf(gameId) !== index) throw orderErrors.sameGameTwice(index);
  });
  return gameIds;
}

/** Today's prices, straight from the owning shards, or the first game that cannot be had. Promises nothing. */
export async function quoteOrder(deps: OrderDeps, gameIds: readonly string[]): Promise<Quote | NotForSale | SoldOut> {
  const offers = new Map((await deps.store.findOffers(gameIds)).map((offer) => [offer.gameId, offer]));
  const wanted: Offer[] = [];
  for (const gameId of gameIds) {
    const offer = offers.get(gameId);
    if (!offer) return refusals.notForSale(gameId);
    if (offer.available !== null && offer.available < 1) return refusals.soldOut(gameId);
    wanted.push(offer);
  }
  return {
    lines: wanted.map(({ gameId, priceMinor }) => ({ gameId, priceMinor })),
    total: sum(wanted),
  };
}

function sum(offers: readonly Offer[]): Money {
  const prices = offers.map((offer): Money => ({ amountMinor: offer.priceMinor, currency: offer.currency }));
  const currency: Currency | undefined = prices[0]?.currency;
  if (prices.some((price) => price.currency !== currency)) throw orderErrors.mixedCurrencies();
  return prices.reduce(addMoney);
}
