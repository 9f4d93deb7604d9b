import { chunksOf, groupBy } from '@playgraph/kernel/collections';
import type { Logger } from '@playgraph/kernel/logger';
import { once } from '@playgraph/kernel/once';
import type { Shards } from '@playgraph/sharding/shards';
import type { DemoPlayer, DemoWorld } from '@playgraph/testkit/demo-world';
import { emailKey, type UniqueName, usernameKey } from './domain.ts';
import { createPasswordHasher } from './password-hasher.ts';
import { defaultSettings } from './settings.ts';
import { createStore, type Db } from './store.ts';

/** The password of every demo player. */
export const DEMO_PASSWORD = 'playgraph-demo';

/** How many players go into one transaction, and how many names into one query. */
const PLAYERS_PER_BATCH = 500;

type SeedName = UniqueName & { readonly userId: string; readonly at: Date };

/**
 * Writes the players of a demo world, in bulk, with one hash for all. What is there already stays as it is, so it may run
 * again, also after a crash. Names first, as at registration: a demo player whose name a real one has is left out.
 */
export async function seedUser(
  shards: Shards<Db>,
  world: DemoWorld,
  deps: { readonly logger: Logger; readonly passwordCost?: number },
): Promise<void> {
  const { logger, ...settings } = deps;
  const hash = once(() => createPasswordHasher({ ...defaultSettings, ...settings }).hash(DEMO_PASSWORD));
  for (const [db, names] of groupBy(world.players.flatMap(namesOf), ({ name }) => shards.forName(name))) {
    for (const batch of chunksOf(names, PLAYERS_PER_BATCH)) await seedNames(db, batch);
  }
  const players = await keepHolders(shards, world.players);
  for (const [db, owned] of groupBy(players, ({ id }) => shards.forId(id))) {
    for (const batch of chunksOf(owned, PLAYERS_PER_BATCH)) await seedPlayers(db, batch, hash);
  }
  const leftOut = world.players.length - players.length;
  if (leftOut > 0) logger.warn({ leftOut }, 'demo players whose names are taken were left out');
}

function namesOf({ id: userId, username, email, joinedAt: at }: DemoPlayer): SeedName[] {
  return [usernameKey(username), emailKey(email)].map((key) => ({ ...key, userId, at }));
}

async function seedNames(db: Db, batch: readonly SeedName[]): Promise<void> {
  await db.$transaction(async (tx) => {
    const rows = await tx.uniqueName.findMany({
      where: { name: { in: batch.map(({ name }) => name) } },
      select: { kind: true, name: true },
    });
    const present = new Set(rows.map(({ kind, name }) => `${kind}:${name}`));
    const missing = batch.filter(({ kind, name }) => !present.has(`${kind}:${name}`));
    if (missing.length === 0) return;
    await tx.uniqueName.createMany({
      data: missing.map(({ at, ...name }) => ({ ...name, state: 'CONFIRMED', reservedUntil: at })),
    });
  });
}

/** The players that hold both of their names. */
async function keepHolders(shards: Shards<Db>, players: readonly DemoPlayer[]): Promise<DemoPlayer[]> {
  const store = createStore(shards);
  const kept: DemoPlayer[] = [];
  for (const batch of chunksOf(players, PLAYERS_PER_BATCH)) {
    const [usernames, emails] = await Promise.all([
      store.findHolders(
        'username',
        batch.map(({ username }) => usernameKey(username).name),
      ),
      store.findHolders(
        'email',
        batch.map(({ email }) => emailKey(email).name),
      ),
    ]);
    const holdsBoth = ({ id, username, email }: DemoPlayer) =>
      usernames.get(usernameKey(username).name) === id && emails.get(emailKey(email).name) === id;
    kept.push(...batch.filter(holdsBoth));
  }
  return kept;
}

async function seedPlayers(db: Db, batch: readonly DemoPlayer[], hash: () => Promise<string>): Promise<void> {
  const ids = batch.map(({ id }) => id);
  const rows = await db.user.findMany({ where: { id: { in: ids } }, select: { id: true } });
  const present = new Set(rows.map(({ id }) => id));
  const missing = batch.filter(({ id }) => !present.has(id));
  if (missing.length === 0) return;
  const passwordHash = await hash();
  await db.$transaction(async (tx) => {
    await tx.user.createMany({
      data: missing.map(({ id, username, displayName, joinedAt }) => ({ id, username, displayName, joinedAt })),
    });
    await tx.credential.createMany({ data: missing.map(({ id: userId, email }) => ({ userId, email, passwordHash })) });
  });
}
