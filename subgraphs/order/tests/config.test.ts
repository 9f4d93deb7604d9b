import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };

test('two secrets are all that the order subgraph needs to start', () => {
  expect(loadConfig(secrets)).toMatchObject({
    host: '127.0.0.1',
    shardUrls: ['file:.data/order/0.db', 'file:.data/order/1.db'],
    settings: { reservationTtlMs: 15 * 60_000 },
  });
});

test('all bad variables are named at once, and no value is shown', () => {
  const bad = { IDENTITY_SECRET: 'short', EVENT_PEERS: 'nonsense', ORDER_RESERVATION_TTL_MS: '-1' };
  expect(() => loadConfig(bad)).toThrow(ConfigError);
  try {
    loadConfig(bad);
  } catch (error) {
    const message = String(error);
    for (const name of ['IDENTITY_SECRET', 'EVENT_SECRET', 'EVENT_PEERS', 'ORDER_RESERVATION_TTL_MS']) {
      expect(message).toContain(name);
    }
    expect(message).not.toContain('nonsense');
  }
});

test('where events go is told by topic', () => {
  const peers = { 'playgraph.order.v1': ['http://payment:4004'] };
  expect(loadConfig({ ...secrets, EVENT_PEERS: JSON.stringify(peers) }).events.peers).toEqual(peers);
});
