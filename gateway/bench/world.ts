/**
 * The benchmark's little shop: 6 users, 9 products, 19 reviews. Texts end in a tick and the shipping estimate holds one
 * (see `ticks.ts`), so that a service can make every answer differ without work.
 */
import { estimateOf, NO_TICK } from './ticks.ts';

export type UserFacts = { readonly id: string; readonly name: string; readonly username: string };
export type ProductFacts = {
  readonly upc: string;
  readonly name: string;
  readonly price: number;
  readonly weight: number;
  readonly inStock: boolean;
};
export type ReviewFacts = {
  readonly id: string;
  readonly body: string;
  readonly authorId: string;
  readonly productUpc: string;
};

const USERNAMES = ['ada', 'brahms', 'curie', 'dante', 'euler', 'fermi'];
const PRODUCTS: readonly (readonly [name: string, price: number, weight: number])[] = [
  ['Table', 899, 100],
  ['Couch', 1299, 1000],
  ['Glass', 15, 20],
  ['Chair', 499, 100],
  ['Screen', 1399, 900],
  ['Lamp', 69, 300],
  ['Grill', 399, 1200],
  ['Fridge', 1950, 6000],
  ['Shelf', 99, 800],
];
const REVIEWS_COUNT = 19;
const OPINIONS = [
  'It came a day early, stands firmly, and the neighbours have asked twice by now where it is from and what it cost, in that order',
  'After a year of daily use there is not a scratch on it, which is more than the last one could say for itself, and that one was twice the price',
  'The manual shows a screw that is not in the box; everything else is as it was described on the page, and the service replied to my question within the hour',
  'A fair price for what it does, although the colour is a little darker than in the picture, so order a sample before you paint the walls of the room',
];
/** Steps that are coprime to the counts, so that authors and products are dealt out evenly. */
const AUTHOR_STEP = 5;
const PRODUCT_STEP = 7;

export const users: readonly UserFacts[] = USERNAMES.map((username, i) => ({
  id: String(i + 1),
  username,
  name: `The honourable ${username} ${NO_TICK}`,
}));

export const products: readonly ProductFacts[] = PRODUCTS.map(([name, price, weight], i) => ({
  upc: String(i + 1),
  name: `${name} ${NO_TICK}`,
  price,
  weight,
  inStock: i % 3 !== 1,
}));

export const reviews: readonly ReviewFacts[] = Array.from({ length: REVIEWS_COUNT }, (_, i) => ({
  id: String(i + 1),
  body: `${OPINIONS[i % OPINIONS.length]} ${NO_TICK}`,
  authorId: String(((i * AUTHOR_STEP) % USERNAMES.length) + 1),
  productUpc: String(((i * PRODUCT_STEP) % PRODUCTS.length) + 1),
}));

/** What it costs to send a product, as the inventory service knows it: from price and weight, which products owns. */
export function shippingEstimate({ price, weight }: Pick<ProductFacts, 'price' | 'weight'>): number {
  return estimateOf(price > 1000 ? 0 : Math.floor(weight / 2));
}
