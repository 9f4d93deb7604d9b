import { silentLogger } from '@playgraph/kernel/logger';
import type { DemoPlayer, DemoWorld } from '@playgraph/testkit/demo-world';
import { START_MS } from '@playgraph/testkit/subgraph-ports';
import { expect, test } from 'vitest';
import { DEMO_PASSWORD, seedUser } from '../src/seed.ts';
import { openWorld, type World } from './world.ts';

const deps = { logger: silentLogger, passwordCost: 4 };

function worldOf(players: readonly DemoPlayer[]): DemoWorld {
  return { players, deposits: [], orders: [], friendships: [], conversations: [], scores: [] };
}

function players({ ids }: World, count: number): DemoPlayer[] {
  return Array.from({ length: count }, (_, i) => ({
    id: ids.make('user'),
    username: `Player_${i}`,
    displayName: `Player ${i}`,
    email: `player${i}@demo.example`,
    joinedAt: new Date(START_MS - i * 1_000),
  }));
}

test('demo players sign in with the demo password by either name', async () => {
  const world = await openWorld();
  const [player] = players(world, 1);
  await seedUser(world.shards, worldOf(player ? [player] : []), deps);
  for (const name of ['player_0', 'PLAYER0@demo.example']) {
    expect(await world.login(name, DEMO_PASSWORD)).toMatchObject({
      __typename: 'LoginSuccess',
      user: { id: player?.id },
    });
  }
  expect(DEMO_PASSWORD).toBe('playgraph-demo');
});

test('a world larger than a batch is written whole, and writing it again changes nothing', async () => {
  const world = await openWorld();
  const all = players(world, 1_200);
  await seedUser(world.shards, worldOf(all), deps);
  const before = await world.snapshot();
  expect([before.users.length, before.credentials.length, before.names.length]).toEqual([1_200, 1_200, 2_400]);
  expect(new Set(before.credentials.map(({ passwordHash }) => passwordHash)).size).toBe(1);
  await seedUser(world.shards, worldOf(all), deps);
  expect(await world.snapshot()).toEqual(before);
});

test('a seed that died in the middle is completed by the next run', async () => {
  const world = await openWorld();
  const all = players(world, 20);
  await seedUser(world.shards, worldOf(all.slice(0, 7)), deps);
  await world.shards.scatter((db) => db.user.deleteMany({ where: { username: 'Player_3' } }));
  await world.shards.scatter((db) => db.credential.deleteMany({ where: { email: 'player3@demo.example' } }));
  await seedUser(world.shards, worldOf(all), deps);
  const { users, credentials, names } = await world.snapshot();
  expect([users.length, credentials.length, names.length]).toEqual([20, 20, 40]);
});

test('a demo player whose name a real player has is left out, and the real one stays', async () => {
  const world = await openWorld();
  const { user } = await world.register({ username: 'player_1' });
  await seedUser(world.shards, worldOf(players(world, 3)), deps);
  expect((await world.snapshot()).users).toHaveLength(3);
  expect((await world.ask('{ userByUsername(username: "player_1") { id } }')).data).toEqual({
    userByUsername: { id: user.id },
  });
});
