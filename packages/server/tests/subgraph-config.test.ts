import { ConfigError } from '@playgraph/kernel/config';
import { parseSubgraphConfig, secretVariable, waitVariable } from '@playgraph/server/subgraph-config';
import { expect, test } from 'vitest';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };
const own = { TICKET_SECRET: secretVariable.optional(), SHOP_WAIT_MS: waitVariable(1_500) };
const parse = (env: Record<string, string>) => parseSubgraphConfig({ name: 'shop', port: 4_242, own }, env);

function problemsOf(env: Record<string, string>): ConfigError {
  try {
    parse(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing is wrong with it');
}

test('two secrets are all that a subgraph needs to run on one machine', () => {
  const parsed = parse(secrets);
  expect(parsed.base).toEqual({
    host: '127.0.0.1',
    port: 4_242,
    shardUrls: ['file:.data/shop/0.db', 'file:.data/shop/1.db'],
    identitySecret: secrets.IDENTITY_SECRET,
    events: { peers: {}, secret: secrets.EVENT_SECRET },
    invalidation: null,
  });
  expect(parsed.own).toMatchObject({ SHOP_WAIT_MS: 1_500 });
});

test("what is said counts: address, shards, peers by topic, and the subgraph's own variables", () => {
  const peers = { 'playgraph.order.v1': ['http://payment:4004'] };
  const { base, own } = parse({
    ...secrets,
    HOST: '0.0.0.0',
    PORT: '0',
    SHOP_SHARDS: 'file:a.db, file:b.db ,file:c.db',
    EVENT_PEERS: JSON.stringify(peers),
    SHOP_WAIT_MS: '20',
  });
  expect(base).toMatchObject({ host: '0.0.0.0', port: 0, events: { peers } });
  expect(base.shardUrls).toEqual(['file:a.db', 'file:b.db', 'file:c.db']);
  expect(own.SHOP_WAIT_MS).toBe(20);
});

test('gateways are told what has changed at their addresses, with their secret', () => {
  const urls = ['http://one:4000/cache/invalidate', 'https://two/cache/invalidate'];
  const secret = 'c'.repeat(32);
  const { base } = parse({
    ...secrets,
    CACHE_INVALIDATE_URLS: urls.join(', '),
    CACHE_INVALIDATE_SECRET: secret,
  });
  expect(base.invalidation).toEqual({ urls, secret });
  expect(parse({ ...secrets, CACHE_INVALIDATE_SECRET: secret }).base.invalidation).toBeNull();
});

test.each([
  ['a secret', { CACHE_INVALIDATE_URLS: 'http://one:4000/cache/invalidate' }, 'CACHE_INVALIDATE_SECRET'],
  ['an address', { CACHE_INVALIDATE_URLS: 'one', CACHE_INVALIDATE_SECRET: 'c'.repeat(32) }, 'CACHE_INVALIDATE_URLS'],
])('a gateway cannot be told without %s', (_what, env: Record<string, string>, variable) => {
  expect(problemsOf({ ...secrets, ...env }).message).toContain(variable);
});

test('an address with a password for a gateway is refused, and the password is not shown', () => {
  const { message } = problemsOf({
    ...secrets,
    CACHE_INVALIDATE_URLS: 'http://one:4000/cache/invalidate, http://user:hunter2@two:4000/cache/invalidate',
    CACHE_INVALIDATE_SECRET: 'c'.repeat(32),
  });
  expect(message).toContain('CACHE_INVALIDATE_URLS');
  expect(message).toContain('no password');
  expect(message).not.toContain('hunter2');
});

test('every bad variable is named at once, and no value is shown', () => {
  const bad = {
    IDENTITY_SECRET: 'hunter2',
    TICKET_SECRET: 'hunter3',
    PORT: '70000',
    EVENT_PEERS: 'hunter4',
    SHOP_WAIT_MS: '-1',
  };
  const { problems, message } = problemsOf(bad);
  const names = problems.map((problem) => problem.split(':')[0]).sort();
  expect(names).toEqual([...Object.keys(bad), 'EVENT_SECRET'].sort());
  for (const value of ['hunter2', 'hunter3', 'hunter4']) expect(message).not.toContain(value);
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['no list of addresses', '{"playgraph.game.v1":"http://game:4002"}'],
  ['no address', '{"playgraph.game.v1":["game"]}'],
])('peers that are %s are refused', (_what, EVENT_PEERS) => {
  expect(problemsOf({ ...secrets, EVENT_PEERS }).message).toContain('EVENT_PEERS');
});
