import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };

test('players may write some messages at once unless an operator says otherwise', () => {
  const config = loadConfig(secrets);
  expect(config.port).toBe(4005);
  expect(config.settings.messageBurst).toBeGreaterThan(0);
});

test('a burst of no message at all is refused', () => {
  const load = () => loadConfig({ ...secrets, SOCIAL_MESSAGE_BURST: '0' });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow('SOCIAL_MESSAGE_BURST');
});
