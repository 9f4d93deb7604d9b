import { createHash } from 'node:crypto';
import { inventCircle } from './demo-friends.ts';
import { inventPlayer } from './demo-players.ts';
import { inventPurchases, type Purchase, rankByPopularity } from './demo-purchases.ts';
import { inventScores } from './demo-scores.ts';
import type { CatalogueGame, DemoPlayer, DemoWorld } from './demo-world.ts';
import { createStory } from './seeded-story.ts';

/** What a demo world is made of. */
export type DemoWorldOptions = {
  /** Another seed makes another world. */
  readonly seed: string;
  /** What can be bought, in any order: slugs and prices make the world, ids do not. */
  readonly games: readonly CatalogueGame[];
  /** At least 2: `ada` and `grace`, who are friends and talk to each other. */
  readonly playerCount: number;
  /** How many orders all players placed together. There are fewer when the players have bought every game. */
  readonly orderCount: number;
  /** The present of the world, which began a year before. Nothing happens later. */
  readonly now: Date;
};

/** How many times as many orders as the least eager player the most eager one places, about. */
const EAGERNESS_MAX = 10;
const EAGERNESS_OF_FIRST = 6;

/**
 * Invents a world, the same for the same options: two stores with the same catalogue get the same one, whatever ids
 * each gave to its games. Ids lie in the buckets that the subgraphs would put them in. No buyer has a game twice, and
 * at any instant the deposits of a buyer cover the fulfilled orders.
 *
 * A larger world of the same seed, games and present goes on where a smaller one ends: same players, same first
 * orders of a player, same friends. So one can be seeded over the other.
 * @throws RangeError for fewer than two players or a negative number of orders.
 */
export function createDemoWorld(options: DemoWorldOptions): DemoWorld {
  const { seed, playerCount, orderCount, now } = options;
  if (!Number.isInteger(playerCount) || playerCount < 2) throw new RangeError('a demo world has at least two players');
  if (!Number.isInteger(orderCount) || orderCount < 0) throw new RangeError('orderCount must be a natural number');

  const games = sortBySlug(options.games);
  const players = Array.from({ length: playerCount }, (_, index) => inventPlayer(seed, index, now));
  const circles = players.map((_, index) => inventCircle(seed, players, { index, now }));
  // Another catalogue makes another history: nothing of it shares an id with the first one.
  const historySeed = `${seed} ${digestOf(games)}`;
  const histories = placeOrders({ ...options, games, seed: historySeed }, players);
  return {
    players,
    deposits: histories.flatMap((history) => history.flatMap(({ deposit }) => deposit ?? [])),
    orders: histories.flatMap((history) => history.map(({ order }) => order)),
    friendships: circles.flatMap((circle) => circle.friendships),
    conversations: circles.flatMap((circle) => circle.conversations),
    scores: histories.flatMap((history, index) => {
      const story = createStory(`${historySeed} scores ${index}`);
      return history.flatMap(({ order }) => inventScores(story, order, now));
    }),
  };
}

/** Shares `orderCount` out among the players; what one cannot place any more, the others do. */
function placeOrders({ seed, games, orderCount, now }: DemoWorldOptions, players: readonly DemoPlayer[]): Purchase[][] {
  const ranked = rankByPopularity(seed, games);
  const quotas = shareOut(
    orderCount,
    players.map((_, index) => eagernessOf(seed, index)),
  );
  const buyers = players.map((player, index) => ({
    purchases: inventPurchases(createStory(`${seed} purchases ${index}`), player, { ranked, now }),
    history: [] as Purchase[],
    quota: quotas[index] ?? 0,
  }));
  let left = orderCount;
  let active = buyers;
  while (left > 0 && active.length > 0) {
    active = active.filter((buyer) => {
      for (let n = 0; n < buyer.quota && left > 0; n++) {
        const next = buyer.purchases.next();
        if (next.done) return false;
        buyer.history.push(next.value);
        left -= 1;
      }
      // In another round, should one be needed, everybody who can places one more.
      buyer.quota = 1;
      return true;
    });
  }
  return buyers.map((buyer) => buyer.history);
}

/** How eagerly a player buys, compared with others. */
function eagernessOf(seed: string, index: number): number {
  if (index < 2) return EAGERNESS_OF_FIRST;
  const { fraction } = createStory(`${seed} eagerness ${index}`);
  return Math.min(1 / Math.sqrt(fraction() + 1 / EAGERNESS_MAX ** 2), EAGERNESS_MAX);
}

/** Whole parts of `total` in proportion to `weights`; what rounding leaves over goes to the first ones. */
function shareOut(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((part, weight) => part + weight, 0);
  const parts = weights.map((weight) => Math.floor((total * weight) / sum));
  const over = total - parts.reduce((part, count) => part + count, 0);
  return parts.map((count, index) => (index < over ? count + 1 : count));
}

/** By code units: the same on every machine, whatever its language. */
function sortBySlug(games: readonly CatalogueGame[]): CatalogueGame[] {
  return games.toSorted((left, right) => (left.slug < right.slug ? -1 : left.slug > right.slug ? 1 : 0));
}

function digestOf(games: readonly CatalogueGame[]): string {
  const hash = createHash('sha256');
  for (const { slug, priceMinor } of games) hash.update(`${slug} ${priceMinor}\n`);
  return hash.digest('hex');
}
