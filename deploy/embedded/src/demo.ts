import { createReadStream } from 'node:fs';
import { appendEvent } from '@playgraph/events/append-event';
import { type BadLine, type ImportProgress, type ImportReport, importGames } from '@playgraph/game/import-games';
import { readLines } from '@playgraph/game/read-lines';
import { seedGame } from '@playgraph/game/seed';
import { seedLeaderboard } from '@playgraph/leaderboard/seed';
import { seedOrder } from '@playgraph/order/seed';
import { seedPayment } from '@playgraph/payment/seed';
import { seedSocial } from '@playgraph/social/seed';
import { createDemoWorld } from '@playgraph/testkit/demo-world-generator';
import { DEMO_PASSWORD, seedUser } from '@playgraph/user/seed';
import { inventLaunchOffer } from './launch-offers.ts';
import type { Platform, Stores } from './subgraphs.ts';

/** Change it, and the whole invented world changes. */
const WORLD_SEED = 'playgraph demo world 1';
/** The day on which the demo world ends: a fixed one, so that the same seed gives the same world. */
const WORLD_NOW = new Date('2026-11-21T00:00:00Z');
/** How large the world of a first start is. */
export const DEMO_SIZE = { players: 200, orders: 600 } as const;
export { DEMO_PASSWORD };

export const CATALOGUE_FILE = new URL('../../../subgraphs/game/data/games.jsonl', import.meta.url);

export type ImportHooks = {
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly onBadLine?: (badLine: BadLine) => void;
};

/**
 * Imports a catalogue file. Prices and stock are invented (`inventLaunchOffer`). The events of the import stay in the
 * outbox until a running store delivers them: this process has no consumers.
 */
export function importCatalogue(
  file: string | URL,
  { stores, platform }: { stores: Stores; platform: Pick<Platform, 'clock' | 'ids'> },
  hooks: ImportHooks = {},
): Promise<ImportReport> {
  return importGames({
    lines: readLines(createReadStream(file)),
    shards: stores.game,
    events: { append: (tx, draft) => appendEvent(tx, draft, platform), committed: () => undefined },
    clock: platform.clock,
    ids: platform.ids,
    launchOfferOf: inventLaunchOffer,
    ...hooks,
  });
}

/** Writes a demo world of that size. Everything in it is invented; what is there already stays as it is. */
export async function seedWorld(
  { stores, platform }: { stores: Stores; platform: Platform },
  size: { readonly players: number; readonly orders: number },
  onStep: (step: string) => void,
): Promise<void> {
  const slugs = await readCatalogueSlugs();
  const rows = await stores.game.scatter((db) => db.game.findMany({ select: { id: true, slug: true } }));
  // Games that came in otherwise would change everybody's history.
  const games = rows.flat().filter(({ slug }) => slugs.has(slug));
  const world = createDemoWorld({
    seed: WORLD_SEED,
    games: games.map(({ id, slug }) => ({ id, slug, priceMinor: inventLaunchOffer(slug).priceMinor })),
    playerCount: size.players,
    orderCount: size.orders,
    now: WORLD_NOW,
  });
  const steps: readonly (readonly [title: string, seed: () => Promise<void>])[] = [
    [`${world.players.length} players`, () => seedUser(stores.user, world, platform)],
    [`${world.deposits.length} deposits and the payments of`, () => seedPayment(stores.payment, world, platform)],
    [`${world.orders.length} orders`, () => seedOrder(stores.order, world, platform)],
    ['their libraries', () => seedGame(stores.game, world, platform)],
    [
      `${world.friendships.length} friendships, ${world.conversations.length} conversations`,
      () => seedSocial(stores.social, world, platform),
    ],
    [`${world.scores.length} scores`, () => seedLeaderboard(stores.leaderboard, world, platform)],
  ];
  for (const [title, seed] of steps) {
    onStep(title);
    await seed();
  }
}

async function readCatalogueSlugs(): Promise<ReadonlySet<string>> {
  const slugs = new Set<string>();
  for await (const line of readLines(createReadStream(CATALOGUE_FILE))) {
    if (line.trim() !== '') slugs.add((JSON.parse(line) as { slug: string }).slug);
  }
  return slugs;
}
