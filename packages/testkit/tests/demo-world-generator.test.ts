import { bucketOf, bucketOfName, createIds, isId } from '@playgraph/kernel/ids';
import { createSeededRandom } from '@playgraph/kernel/random';
import { expect, test } from 'vitest';
import type { CatalogueGame, DemoWorld } from '../src/demo-world.ts';
import { createDemoWorld } from '../src/demo-world-generator.ts';

const NOW = new Date('2026-11-21T00:00:00Z');
const YEAR_MS = 365 * 24 * 60 * 60_000;
const PRICES = [0n, 199n, 499n, 1999n, 3999n];
const games = inventGames(120);

function inventGames(count: number, idSeed = 'games'): CatalogueGame[] {
  const ids = createIds({ clock: { now: () => NOW, nowMs: () => NOW.getTime() }, random: createSeededRandom(idSeed) });
  return Array.from({ length: count }, (_, n) => ({
    id: ids.make('game'),
    slug: `game-${n}`,
    priceMinor: PRICES[n % PRICES.length] ?? 0n,
  }));
}

function world(playerCount = 300, orderCount = 1500, seed = 'tests'): DemoWorld {
  return createDemoWorld({ seed, games, playerCount, orderCount, now: NOW });
}

test('the same seed makes the same world, another seed another one', () => {
  expect(world()).toEqual(world());
  expect(world(300, 1500, 'other').players.map(({ id }) => id)).not.toEqual(world().players.map(({ id }) => id));
});

/** The world with the slug of each game in the place of its id. */
function bySlug(catalogue: readonly CatalogueGame[]): DemoWorld {
  const slugs = new Map(catalogue.map(({ id, slug }) => [id, slug]));
  const named = <Item extends { readonly gameId: string }>(item: Item): Item => {
    const slug = slugs.get(item.gameId);
    if (slug === undefined) throw new Error(`the catalogue has no game ${item.gameId}`);
    return { ...item, gameId: slug };
  };
  const made = createDemoWorld({ seed: 'tests', games: catalogue, playerCount: 300, orderCount: 1500, now: NOW });
  return {
    ...made,
    orders: made.orders.map((order) => ({ ...order, lines: order.lines.map(named) })),
    scores: made.scores.map(named),
  };
}

test('the same catalogue makes the same world whatever the ids and the order of its games', () => {
  const others = inventGames(120, 'other ids');
  expect(others.map(({ slug }) => slug)).toEqual(games.map(({ slug }) => slug));
  const ids = new Set(games.map(({ id }) => id));
  expect(others.some(({ id }) => ids.has(id))).toBe(false);
  const expected = bySlug(games);
  expect(bySlug(others)).toEqual(expected);
  const byId = others.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  expect(bySlug(byId)).toEqual(expected);
});

test('another price or slug of one game makes another history', () => {
  const ids = new Set(world().orders.map(({ id }) => id));
  for (const change of [{ priceMinor: 12_345n }, { slug: 'renamed' }]) {
    const changed = games.map((game, n) => (n === 7 ? { ...game, ...change } : game));
    expect(bySlug(changed).orders.some(({ id }) => ids.has(id))).toBe(false);
  }
});

test('a larger world goes on where a smaller one ends', () => {
  const [small, large] = [world(50, 200), world(300, 3000)];
  expect(large.players.slice(0, 50)).toEqual(small.players);
  for (const part of ['deposits', 'orders', 'friendships', 'conversations', 'scores'] as const) {
    const known = new Map<string, unknown>(large[part].map((item) => ['id' in item ? item.id : item.transferId, item]));
    for (const item of small[part]) expect(known.get('id' in item ? item.id : item.transferId)).toEqual(item);
  }
});

test('another catalogue makes other orders, of the same players', () => {
  const other = createDemoWorld({
    seed: 'tests',
    games: inventGames(60),
    playerCount: 300,
    orderCount: 1500,
    now: NOW,
  });
  expect(other.players).toEqual(world().players);
  const ids = new Set(world().orders.map(({ id }) => id));
  expect(other.orders.some(({ id }) => ids.has(id))).toBe(false);
});

test('the world has as many players and orders as asked for', () => {
  const { players, orders } = world(2, 7);
  expect(players).toHaveLength(2);
  expect(orders).toHaveLength(7);
  expect(world(5, 0).orders).toEqual([]);
});

test('ada and grace come first, are friends, and talk to each other', () => {
  const { players, friendships, conversations, orders } = world(2, 10);
  expect(players.map(({ username }) => username)).toEqual(['ada', 'grace']);
  const pair = players.map(({ id }) => id).sort();
  expect(friendships.map(({ requesterId, addresseeId }) => [requesterId, addresseeId].sort())).toEqual([pair]);
  const [talk] = conversations;
  expect(talk).toMatchObject({ title: null });
  expect([...(talk?.memberIds ?? [])].sort()).toEqual(pair);
  expect(talk?.messages.length).toBeGreaterThan(3);
  expect(new Set(orders.map(({ buyerId }) => buyerId)).size).toBe(2);
});

test('no two things share an id, a username or an email', () => {
  const { players, deposits, orders, friendships, conversations, scores } = world();
  const ids = [
    ...[...players, ...friendships, ...conversations, ...scores].map(({ id }) => id),
    ...deposits.map(({ transferId }) => transferId),
    ...orders.flatMap((order) => [order.id, order.paymentId, order.transferId]),
    ...orders.flatMap(({ lines }) => lines.map(({ entitlementId }) => entitlementId)),
    ...conversations.flatMap(({ messages }) => messages.map(({ id }) => id)),
    ...scores.map(({ playSessionId }) => playSessionId),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(players.map(({ username }) => username)).size).toBe(players.length);
  for (const { username, email, displayName } of players) {
    expect(username).toMatch(/^[a-z0-9_]{3,24}$/);
    expect(email).toBe(`${username}@demo.playgraph.example`);
    expect(displayName.length).toBeLessThanOrEqual(40);
  }
});

test('what a player owns lies in the player’s bucket, and talk lies where its conversation does', () => {
  const { deposits, orders, friendships, conversations, scores } = world();
  const expectBucket = (ids: readonly string[], owner: string) => {
    for (const id of ids) expect(bucketOf(id)).toBe(bucketOf(owner));
  };
  for (const { transferId, playerId } of deposits) expectBucket([transferId], playerId);
  for (const { id, buyerId, paymentId, transferId, lines } of orders) {
    expectBucket([id, paymentId, transferId, ...lines.map(({ entitlementId }) => entitlementId)], buyerId);
    expect(isId('order', id) && isId('payment', paymentId) && isId('transfer', transferId)).toBe(true);
  }
  for (const { id, playerId, playSessionId } of scores) expectBucket([id, playSessionId], playerId);
  for (const { id, requesterId, addresseeId } of friendships) {
    expectBucket([id], [requesterId, addresseeId].sort()[0] ?? '');
  }
  for (const { id, title, memberIds, messages } of conversations) {
    if (title === null) expect(bucketOf(id)).toBe(bucketOfName([...memberIds].sort().join(':')));
    for (const message of messages) expect(bucketOf(message.id)).toBe(bucketOf(id));
  }
});

test('at no instant has a player spent more than was deposited', () => {
  const { players, deposits, orders } = world();
  for (const { id } of players) {
    const moves = [
      ...deposits.filter((it) => it.playerId === id).map((it) => [it.at.getTime(), 0, it.amountMinor] as const),
      ...orders
        .filter((it) => it.buyerId === id && it.state === 'FULFILLED')
        .map((it) => [it.placedAt.getTime(), 1, -it.totalMinor] as const),
    ].sort(([left, leftKind], [right, rightKind]) => left - right || leftKind - rightKind);
    let balance = 0n;
    for (const [, , amountMinor] of moves) {
      balance += amountMinor;
      expect(balance).toBeGreaterThanOrEqual(0n);
    }
  }
  for (const { amountMinor } of deposits) expect(amountMinor > 0n && amountMinor <= 500_000n).toBe(true);
});

test('an order’s total is the sum of its lines at the catalogue’s prices', () => {
  const prices = new Map(games.map(({ id, priceMinor }) => [id, priceMinor]));
  for (const { lines, totalMinor } of world().orders) {
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => line.priceMinor === prices.get(line.gameId))).toBe(true);
    expect(totalMinor).toBe(lines.reduce((sum, line) => sum + line.priceMinor, 0n));
  }
});

test('no player has a game twice, and scores are only for games that were bought before', () => {
  const { orders, scores } = world();
  const bought = new Map<string, Date>();
  for (const { buyerId, lines, state, placedAt } of orders) {
    expect(new Set(lines.map(({ gameId }) => gameId)).size).toBe(lines.length);
    for (const { gameId } of state === 'FULFILLED' ? lines : []) {
      expect(bought.has(`${buyerId} ${gameId}`)).toBe(false);
      bought.set(`${buyerId} ${gameId}`, placedAt);
    }
  }
  expect(scores.length).toBeGreaterThan(100);
  for (const { playerId, gameId, at, score } of scores) {
    expect((bought.get(`${playerId} ${gameId}`)?.getTime() ?? Infinity) <= at.getTime()).toBe(true);
    expect(Number.isInteger(score) && score > 0).toBe(true);
  }
});

test('a small catalogue runs out: then there are fewer orders, and still no game twice', () => {
  const few = createDemoWorld({ seed: 'few', games: games.slice(0, 3), playerCount: 4, orderCount: 500, now: NOW });
  const owned = few.orders
    .filter(({ state }) => state === 'FULFILLED')
    .flatMap(({ lines, buyerId }) => lines.map(({ gameId }) => `${buyerId} ${gameId}`));
  expect(owned).toHaveLength(12);
  expect(new Set(owned).size).toBe(12);
  expect(createDemoWorld({ seed: 'none', games: [], playerCount: 2, orderCount: 5, now: NOW }).orders).toEqual([]);
});

test('the popular tenth of the games sells several times its share', () => {
  const sales = new Map<string, number>();
  for (const { lines } of world().orders) {
    for (const { gameId } of lines) sales.set(gameId, (sales.get(gameId) ?? 0) + 1);
  }
  const sorted = [...sales.values()].sort((left, right) => right - left);
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  expect(sum(sorted.slice(0, games.length / 10)) / sum(sorted)).toBeGreaterThan(0.3);
});

test('friends are different players, each pair once, and messages are by members in the order of their times', () => {
  const { players, friendships, conversations } = world();
  const known = new Set(players.map(({ id }) => id));
  const pairs = friendships.map(({ requesterId, addresseeId }) => [requesterId, addresseeId].sort().join());
  expect(new Set(pairs).size).toBe(pairs.length);
  for (const { requesterId, addresseeId } of friendships) {
    expect(requesterId).not.toBe(addresseeId);
    expect(known.has(requesterId) && known.has(addresseeId)).toBe(true);
  }
  expect(conversations.some(({ title }) => title !== null)).toBe(true);
  for (const { memberIds, messages, title } of conversations) {
    expect(new Set(memberIds).size).toBe(memberIds.length);
    if (title === null) expect(memberIds).toHaveLength(2);
    expect(messages.every(({ senderId }) => memberIds.includes(senderId))).toBe(true);
    const times = messages.map(({ sentAt }) => sentAt.getTime());
    expect(times).toEqual([...times].sort((left, right) => left - right));
  }
});

test('everything happened in the last year, and to a player not before the player joined', () => {
  const { players, deposits, orders, friendships, conversations, scores } = world();
  const joined = new Map(players.map(({ id, joinedAt }) => [id, joinedAt.getTime()]));
  const expectDuringLife = (playerId: string, at: Date) => {
    expect(at.getTime()).toBeGreaterThanOrEqual(joined.get(playerId) ?? Infinity);
    expect(at.getTime()).toBeLessThanOrEqual(NOW.getTime());
  };
  for (const { joinedAt } of players) expect(joinedAt.getTime()).toBeGreaterThanOrEqual(NOW.getTime() - YEAR_MS);
  for (const { playerId, at } of [...deposits, ...scores]) expectDuringLife(playerId, at);
  for (const { buyerId, placedAt } of orders) expectDuringLife(buyerId, placedAt);
  for (const { requesterId, addresseeId, acceptedAt } of friendships) {
    expectDuringLife(requesterId, acceptedAt);
    expectDuringLife(addresseeId, acceptedAt);
  }
  for (const { messages } of conversations) for (const it of messages) expectDuringLife(it.senderId, it.sentAt);
});

test.each([
  [1, 10],
  [0, 10],
  [2.5, 10],
  [2, -1],
  [2, 0.5],
])('a world of %d players and %d orders is refused', (playerCount, orderCount) => {
  expect(() => world(playerCount, orderCount)).toThrow(RangeError);
});
