import type { LaunchOffer } from '@playgraph/game/domain';
import { createSeededRandom } from '@playgraph/kernel/random';

/** Change it, and every invented price changes. */
const SEED = 'playgraph launch offers 1';
const PRICES_MINOR = [199n, 299n, 499n, 799n, 999n, 1499n, 1999n, 2999n, 3999n];
const ON_SALE_PERCENT = 20;
const SALE_OFF_PERCENT = 25n;
const COUNTED_PERCENT = 10;
const STOCK_MAX = 500;

/**
 * An invented price, and for one game in ten an invented number of copies: the catalogue has neither. Always the same
 * for the same slug.
 */
export function inventLaunchOffer(slug: string): LaunchOffer {
  const random = createSeededRandom(`${SEED} ${slug}`);
  const listPriceMinor = PRICES_MINOR[random.int(PRICES_MINOR.length)] ?? 0n;
  const isOnSale = random.int(100) < ON_SALE_PERCENT;
  const isCounted = random.int(100) < COUNTED_PERCENT;
  const priceMinor = isOnSale ? (listPriceMinor * (100n - SALE_OFF_PERCENT)) / 100n : listPriceMinor;
  return { priceMinor, listPriceMinor, currency: 'EUR', stock: isCounted ? 1 + random.int(STOCK_MAX) : null };
}
