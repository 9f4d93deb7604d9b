import type { EntityChange } from '@playgraph/cache/entity-changes';
import { freshKey } from '@playgraph/testkit/idempotency-keys';
import { expect, test } from 'vitest';
import { openWorld } from './world.ts';

const BAND = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Game { offer { stockBand } } } }';
const CANCEL = 'mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename } }';

test('when offers are told to have changed, whoever asks at once is shown the copies that are left', async () => {
  const told: { readonly changes: readonly EntityChange[]; readonly band: unknown }[] = [];
  let gameId: string | null = null;
  const world = await openWorld({}, async (changes) => {
    if (gameId !== null) told.push({ changes, band: await bandOf(gameId) });
  });
  const bandOf = async (id: string) => {
    const { data } = await world.run(null, BAND, { r: [{ __typename: 'Game', id }] });
    return (data as { _entities: [{ offer: { stockBand: string } }] })._entities[0].offer.stockBand;
  };
  const changes = [{ subgraph: 'order', typename: 'Game' }];
  gameId = await world.game({ stock: 1 });
  expect(await bandOf(gameId)).toBe('LOW');
  const player = world.player();
  const order = await world.reservedOrder(player, [gameId]);
  expect(told).toEqual([{ changes, band: 'SOLD_OUT' }]);
  await world.run(player, CANCEL, { input: { orderId: order.id, idempotencyKey: freshKey() } });
  expect(told.at(1)).toEqual({ changes, band: 'LOW' });
});

test('a sale goes through when nobody can be told of it', async () => {
  const world = await openWorld({}, () => Promise.reject(new Error('nobody listens')));
  const gameId = await world.game({ stock: 1 });
  expect((await world.reservedOrder(world.player(), [gameId])).state).toBe('RESERVED');
});
