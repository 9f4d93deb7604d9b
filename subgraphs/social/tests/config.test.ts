import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secret = 'x'.repeat(32);

test('two secrets are enough to run', () => {
  const config = loadConfig({ IDENTITY_SECRET: secret, EVENT_SECRET: secret });
  expect(config.shardUrls).toEqual(['file:.data/social/0.db', 'file:.data/social/1.db']);
  expect(config.settings.messageBurst).toBeGreaterThan(0);
});

test('every bad variable is named at once, and no value', () => {
  const env = { IDENTITY_SECRET: 'tooshort', EVENT_PEERS: '{"a"', SOCIAL_MESSAGE_BURST: '0', PORT: '70000' };
  const error = (() => {
    try {
      return loadConfig(env);
    } catch (thrown) {
      return thrown;
    }
  })();
  if (!(error instanceof ConfigError)) throw error;
  for (const name of [...Object.keys(env), 'EVENT_SECRET']) expect(error.message).toContain(name);
  expect(error.message).not.toContain('tooshort');
});
