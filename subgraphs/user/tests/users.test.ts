import { readFileSync } from 'node:fs';
import { createTokenVerifier } from '@playgraph/auth/access-token';
import type { Identity } from '@playgraph/auth/identity';
import { createRemoteKeySet } from '@playgraph/auth/key-set';
import { silentLogger } from '@playgraph/kernel/logger';
import { serveSubgraph } from '@playgraph/server/serve-subgraph';
import { meterStoreQueries } from '@playgraph/sharding/query-meter';
import { findUndescribed } from '@playgraph/testkit/schema-rules';
import { expect, onTestFinished, test } from 'vitest';
import { openWorld, TOKEN_ISSUER, type World } from './world.ts';

const ME = '{ me { id username displayName joinedAt email } }';

async function registerAlice(world: World) {
  const { user, tokens } = await world.register();
  return { id: user.id, identity: await world.verifier.verify(tokens.accessToken) };
}

test('me is the signed-in player with the email address, and null when nobody is signed in', async () => {
  const world = await openWorld();
  const { id, identity } = await registerAlice(world);
  expect((await world.ask(ME, {}, identity)).data).toEqual({
    me: {
      id,
      username: 'alice',
      displayName: 'alice',
      joinedAt: '2026-11-21T08:00:00.000Z',
      email: 'alice@example.org',
    },
  });
  expect(await world.ask(ME)).toEqual({ data: { me: null }, errors: [] });
});

test('an email address is null for anyone but its player', async () => {
  const world = await openWorld();
  const { id } = await registerAlice(world);
  const bob = await world.register({ username: 'bob', email: 'bob@example.org' });
  const identities: (Identity | null)[] = [null, await world.verifier.verify(bob.tokens.accessToken)];
  for (const identity of identities) {
    const { data, errors } = await world.ask('query ($id: ID!) { user(id: $id) { username email } }', { id }, identity);
    expect([data, errors]).toEqual([{ user: { username: 'alice', email: null } }, []]);
  }
});

test('a player is found by id and by username in any case', async () => {
  const world = await openWorld();
  const { id } = await registerAlice(world);
  const query = 'query ($id: ID!) { user(id: $id) { username } userByUsername(username: "ALICE") { id } }';
  expect((await world.ask(query, { id })).data).toEqual({ user: { username: 'alice' }, userByUsername: { id } });
});

test('an unknown id or username is null, a malformed one or one of another kind is bad input', async () => {
  const world = await openWorld();
  const unknown = world.ids.make('user');
  const query = 'query ($id: ID!) { user(id: $id) { id } }';
  expect(await world.ask(query, { id: unknown })).toEqual({ data: { user: null }, errors: [] });
  expect(await world.ask('{ userByUsername(username: "nobody") { id } }')).toEqual({
    data: { userByUsername: null },
    errors: [],
  });
  for (const id of ['', 'user_1', world.ids.make('game'), unknown.toLowerCase()]) {
    const { data, errors } = await world.ask(query, { id });
    expect([data, errors[0]?.extensions]).toEqual([{ user: null }, { code: 'BAD_USER_INPUT', field: 'id' }]);
  }
  const { errors } = await world.ask('{ userByUsername(username: "no body") { id } }');
  expect(errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'username' });
});

test('a page of references costs one query per owning shard, the next page none; missing ones are null', async () => {
  const world = await openWorld();
  const ids: string[] = [];
  for (let i = 0; i < 12; i++)
    ids.push((await world.register({ username: `player${i}`, email: `p${i}@example.org` })).user.id);
  const representations = [...ids, ...ids, world.ids.make('user'), 'nonsense'].map((id) => ({
    __typename: 'User',
    id,
  }));
  const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id username } } }';
  const first = await meterStoreQueries(() => world.ask(query, { r: representations }));
  const entities = (first.result.data?._entities ?? []) as ({ id: string } | null)[];
  expect(first.result.errors).toEqual([]);
  expect(entities.map((entity) => entity?.id ?? null)).toEqual([...ids, ...ids, null, null]);
  expect(first.queries).toBeLessThanOrEqual(world.shards.count);
  const second = await meterStoreQueries(() => world.ask(query, { r: representations.slice(0, 12) }));
  expect(second.result.data?._entities).toHaveLength(12);
  expect(second.queries).toBe(0);
});

test('the key set is public and is what checks the tokens that were given out', async () => {
  const world = await openWorld();
  const { tokens, user } = await world.register();
  const identitySecret = 'a-secret-of-at-least-32-characters';
  const served = await serveSubgraph({
    subgraph: world.subgraph,
    host: '127.0.0.1',
    port: 0,
    identitySecret,
    logger: silentLogger,
  });
  onTestFinished(() => served.close());
  const url = `${served.url}/.well-known/jwks.json`;
  const response = await fetch(url);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  const text = await response.text();
  expect(JSON.parse(text)).toEqual({ keys: [world.signingKey.publicJwk] });
  expect(text).not.toContain('"d"');
  const keySet = createRemoteKeySet({ url, ttlMs: 60_000, clock: world.clock });
  const verifier = createTokenVerifier({ keySet, issuer: TOKEN_ISSUER, clock: world.clock });
  expect(await verifier.verify(tokens.accessToken)).toMatchObject({ userId: user.id });
  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
});

test('everything in the schema is described, and not by its name alone', () => {
  expect(findUndescribed(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'))).toEqual([]);
});
