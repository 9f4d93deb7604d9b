import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };

test('copies are kept for a quarter of an hour unless an operator says otherwise', () => {
  expect(loadConfig(secrets)).toMatchObject({ port: 4003, settings: { reservationTtlMs: 15 * 60_000 } });
  const settings = { reservationTtlMs: 60_000, sweepBatchSize: 100 };
  expect(loadConfig({ ...secrets, ORDER_RESERVATION_TTL_MS: '60000' })).toMatchObject({ settings });
});

test('a reservation that is over before it begins is refused', () => {
  const load = () => loadConfig({ ...secrets, ORDER_RESERVATION_TTL_MS: '-1' });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow('ORDER_RESERVATION_TTL_MS');
});
