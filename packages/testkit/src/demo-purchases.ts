import { bucketOf } from '@playgraph/kernel/ids';
import type { CatalogueGame, DemoDeposit, DemoOrder, DemoPlayer } from './demo-world.ts';
import { createStory, type Story } from './seeded-story.ts';

/** An order, with the deposit that was made for it and those that follow, if it was. */
export type Purchase = { readonly order: DemoOrder; readonly deposit: DemoDeposit | null };

const HOUR_MS = 60 * 60_000;
/** Finished orders end well before the world's present. */
const SETTLED_MS = HOUR_MS;
/** One deposit covers this many orders. */
const ORDERS_PER_DEPOSIT = 3;
const GAMES_PER_ORDER_MAX = 3;
/** What deposits are rounded up to. */
const DEPOSIT_STEP_MINOR = 1000n;
/** What each deposit brings beyond its orders, in steps. */
const SPARE_STEPS_MAX = 5;
const FULFILLED_PERCENT = 88;
const CANCELLED_PERCENT = 8;
/** The larger, the more the popular games sell: with 3 the first tenth of them makes nearly half of the sales. */
const POPULARITY_EXPONENT = 3;

/** The games with the most popular first. */
export function rankByPopularity(seed: string, games: readonly CatalogueGame[]): CatalogueGame[] {
  const story = createStory(`${seed} popularity`);
  const ranked = games.map((game) => [story.fraction(), game] as const);
  return ranked.sort(([left], [right]) => left - right).map(([, game]) => game);
}

type Draft = Pick<DemoOrder, 'state' | 'placedAt'> & { readonly games: readonly CatalogueGame[] };

/**
 * A player's purchases, oldest first, until the player has every game. A deposit covers ORDERS_PER_DEPOSIT orders
 * whether or not all of them are taken, so a shorter history of the same player is the beginning of a longer one.
 */
export function* inventPurchases(
  story: Story,
  player: DemoPlayer,
  world: { readonly ranked: readonly CatalogueGame[]; readonly now: Date },
): Generator<Purchase, void> {
  const { ranked, now } = world;
  const endMs = now.getTime() - SETTLED_MS;
  const owned = new Set<string>();
  let lastMs = player.joinedAt.getTime();
  for (;;) {
    const drafts: Draft[] = [];
    for (let n = 0; n < ORDERS_PER_DEPOSIT && owned.size < ranked.length; n++) {
      // Each order comes after a part of the time that is left: in order, before the present, however many there are.
      lastMs += Math.ceil((endMs - lastMs) * (0.02 + 0.13 * story.fraction()));
      drafts.push(draftOrder(story, { ranked, owned }, new Date(lastMs)));
    }
    const [first] = drafts;
    if (!first) return;
    const depositMs = first.placedAt.getTime() - story.between(1, 30) * 60_000;
    const deposit = makeDeposit(story, player, {
      at: new Date(Math.max(depositMs, player.joinedAt.getTime())),
      drafts,
    });
    for (const draft of drafts) {
      yield { order: makeOrder(story, player.id, draft), deposit: draft === first ? deposit : null };
    }
  }
}

/** Draws up to GAMES_PER_ORDER_MAX games that the player does not have; what a fulfilled order brings counts at once. */
function draftOrder(
  story: Story,
  shop: { readonly ranked: readonly CatalogueGame[]; readonly owned: Set<string> },
  placedAt: Date,
): Draft {
  const { ranked, owned } = shop;
  const roll = story.int(100);
  const state =
    roll < FULFILLED_PERCENT ? 'FULFILLED' : roll < FULFILLED_PERCENT + CANCELLED_PERCENT ? 'CANCELLED' : 'EXPIRED';
  const wanted = Math.min(1 + Math.floor(story.fraction() ** 2 * GAMES_PER_ORDER_MAX), ranked.length - owned.size);
  const games = new Map<string, CatalogueGame>();
  while (games.size < wanted) {
    let rank = Math.floor(story.fraction() ** POPULARITY_EXPONENT * ranked.length);
    // The next one that is new to the player; `wanted` leaves at least one.
    for (let step = 0; step < ranked.length; step++, rank = (rank + 1) % ranked.length) {
      const game = ranked[rank];
      if (!game || owned.has(game.id) || games.has(game.id)) continue;
      games.set(game.id, game);
      break;
    }
  }
  if (state === 'FULFILLED') for (const id of games.keys()) owned.add(id);
  return { state, placedAt, games: [...games.values()] };
}

function makeDeposit(
  story: Story,
  player: DemoPlayer,
  { at, drafts }: { readonly at: Date; readonly drafts: readonly Draft[] },
): DemoDeposit {
  const spent = drafts
    .filter((draft) => draft.state === 'FULFILLED')
    .reduce((sum, draft) => sum + totalOf(draft.games), 0n);
  const steps = (spent + DEPOSIT_STEP_MINOR - 1n) / DEPOSIT_STEP_MINOR + BigInt(story.between(1, SPARE_STEPS_MAX));
  return {
    transferId: story.idAt('transfer', at, bucketOf(player.id)),
    playerId: player.id,
    amountMinor: steps * DEPOSIT_STEP_MINOR,
    at,
  };
}

function makeOrder(story: Story, buyerId: string, { state, placedAt, games }: Draft): DemoOrder {
  const bucket = bucketOf(buyerId);
  return {
    id: story.idAt('order', placedAt, bucket),
    buyerId,
    lines: games.map(({ id: gameId, priceMinor }) => ({
      gameId,
      priceMinor,
      entitlementId: story.idAt('entitlement', placedAt, bucket),
    })),
    totalMinor: totalOf(games),
    state,
    placedAt,
    paymentId: story.idAt('payment', placedAt, bucket),
    transferId: story.idAt('transfer', placedAt, bucket),
  };
}

function totalOf(games: readonly CatalogueGame[]): bigint {
  return games.reduce((sum, game) => sum + game.priceMinor, 0n);
}
