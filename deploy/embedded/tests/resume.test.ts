import { randomUUID } from 'node:crypto';
import { encodeStreamCursor } from '@playgraph/events/stream-cursor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEMO_PASSWORD } from '../src/demo.ts';
import { createStoreClient, type StoreClient } from '../src/tour/store-client.ts';
import { startSplitStore } from './split-store.ts';

let store: Awaited<ReturnType<typeof startSplitStore>>;
let ada: StoreClient;
let adaId: string;

beforeAll(async () => {
  store = await startSplitStore();
  const anyone = createStoreClient(store.url);
  const { login } = await anyone.ask<{ login: { user: { id: string }; tokens: { accessToken: string } } }>(
    'mutation L($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { user { id } tokens { accessToken } } } }',
    { input: { usernameOrEmail: 'ada', password: DEMO_PASSWORD } },
  );
  ada = anyone.as(login.tokens.accessToken);
  adaId = login.user.id;
});
afterAll(() => store.close());

type Events<Field extends string, Event> = Readonly<Record<Field, Event & { readonly sequence: number }>>;

test('a chat goes on over a restart of its subgraph: the client sees one stream, with every message once', async () => {
  const { me } = await ada.ask<{ me: { messageCursor: string; conversations: { nodes: { id: string }[] } } }>(
    '{ me { messageCursor conversations(first: 1) { nodes { id } } } }',
  );
  const conversationId = me.conversations.nodes[0]?.id;
  const send = 'mutation S($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }';
  const inputOf = (body: string) => ({ input: { conversationId, body, idempotencyKey: randomUUID() } });
  const live = await ada.follow<
    Events<'messageReceived', { message: { body: string; author: { displayName: string } } }>
  >(
    'subscription R($after: String) { messageReceived(after: $after) { sequence message { body author { displayName } } } }',
    { after: me.messageCursor },
  );
  await ada.ask(send, inputOf('before'));
  const first = (await live.next()).messageReceived;
  expect(first.message).toMatchObject({ body: 'before', author: { displayName: expect.any(String) } });

  await store.reach('social').stop();
  const social = store.inside('social', adaId);
  for (const body of ['while it was away', 'and once more']) await social.get(send, inputOf(body));
  await store.reach('social').start();

  for (const [i, body] of ['while it was away', 'and once more'].entries())
    expect((await live.next()).messageReceived).toMatchObject({ sequence: first.sequence + i + 1, message: { body } });
  await ada.ask(send, inputOf('after'));
  expect((await live.next()).messageReceived).toMatchObject({
    sequence: first.sequence + 3,
    message: { body: 'after', author: first.message.author },
  });
  await live.close();
});

test('an order’s stream goes on over a restart of its subgraph, and ends where the order does', async () => {
  const { games } = await ada.ask<{ games: { nodes: { id: string; offer: { stockBand: string } | null }[] } }>(
    '{ games(first: 50) { nodes { id offer { stockBand } isOwned } } }',
  );
  const gameIds = games.nodes.filter(({ offer }) => offer?.stockBand === 'UNLIMITED').map(({ id }) => id);
  const place = `mutation P($input: PlaceOrderInput!) {
    placeOrder(input: $input) { ... on PlaceOrderSuccess { order { id } } }
  }`;
  const { placeOrder } = await ada.ask<{ placeOrder: { order: { id: string } } }>(place, {
    input: { gameIds: gameIds.slice(0, 1), idempotencyKey: randomUUID() },
  });
  const { id } = placeOrder.order;
  const live = await ada.follow<Events<'orderUpdated', { change: string; order: { state: string; lines: unknown[] } }>>(
    `subscription F($id: ID!, $after: String) {
      orderUpdated(orderId: $id, after: $after) { sequence change order { state lines { game { title } } } }
    }`,
    { id, after: encodeStreamCursor(id, 0) },
  );
  // The order's beginning is told again: so the stream runs.
  const told = [(await live.next()).orderUpdated];
  while (told.at(-1)?.change !== 'RESERVED') told.push((await live.next()).orderUpdated);

  await store.reach('order').stop();
  const cancel = 'mutation C($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }';
  await store.inside('order', adaId).get(cancel, { input: { orderId: id, idempotencyKey: randomUUID() } });
  await store.reach('order').start();

  expect((await live.next()).orderUpdated).toMatchObject({
    change: 'CANCELLED',
    sequence: told.length + 1,
    order: { state: 'CANCELLED', lines: [{ game: { title: expect.any(String) } }] },
  });
  // The subgraph ends the stream of an order that is over: what would come twice would come now.
  await expect(live.next()).rejects.toThrow('the stream ended');
  await live.close();
});

test('a board whose process is killed and started again tells every new best score once', async () => {
  type Board = { id: string; eventCursor: string };
  type Owned = { game: { id: string; leaderboards: { nodes: Board[] } } };
  const { me } = await ada.ask<{ me: { library: { nodes: Owned[] } } }>(
    '{ me { library(first: 20) { nodes { game { id leaderboards(first: 1) { nodes { id eventCursor } } } } } } }',
  );
  const owned = me.library.nodes.find(({ game }) => game.leaderboards.nodes.length > 0)?.game;
  const board = owned?.leaderboards.nodes[0];
  const { startPlaySession } = await ada.ask<{ startPlaySession: { id: string; scoreTicket: string } }>(
    'mutation P($id: ID!) { startPlaySession(input: { gameId: $id }) { ... on PlaySession { id scoreTicket } } }',
    { id: owned?.id },
  );
  const submit =
    'mutation S($input: SubmitScoreInput!) { submitScore(input: $input) { ... on SubmitScoreSuccess { isPersonalBest } } }';
  const { id: playSessionId, scoreTicket } = startPlaySession;
  const inputOf = (score: number) => ({ input: { leaderboardId: board?.id, playSessionId, scoreTicket, score } });
  const live = await ada.follow<Events<'rankChanged', { entry: { score: number; player: { displayName: string } } }>>(
    `subscription R($id: ID!, $after: String) {
      rankChanged(leaderboardId: $id, after: $after) { sequence entry { score player { displayName } } }
    }`,
    { id: board?.id, after: board?.eventCursor },
  );
  await ada.ask(submit, inputOf(900_000));
  const first = (await live.next()).rankChanged;

  await store.reach('leaderboard').stop();
  const inside = store.inside('leaderboard', adaId);
  for (const score of [910_000, 920_000]) await inside.get(submit, inputOf(score));
  await store.reach('leaderboard').start();

  for (const [i, score] of [910_000, 920_000].entries())
    expect((await live.next()).rankChanged).toMatchObject({ sequence: first.sequence + i + 1, entry: { score } });
  await ada.ask(submit, inputOf(930_000));
  expect((await live.next()).rankChanged).toMatchObject({
    sequence: first.sequence + 3,
    entry: { score: 930_000, player: first.entry.player },
  });
  await live.close();
});
