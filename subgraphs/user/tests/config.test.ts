import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = {
  IDENTITY_SECRET: 'a-secret-of-at-least-32-characters',
  EVENT_SECRET: 'b-secret-of-at-least-32-characters',
};

test('with its secrets alone the user subgraph runs on two SQLite shards', () => {
  const config = loadConfig(secrets);
  expect(config.shardUrls).toEqual(['file:.data/user/0.db', 'file:.data/user/1.db']);
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 4001,
    tokenIssuer: 'playgraph',
    settings: { passwordCost: 12 },
  });
});

test('every bad variable is named at once, and no secret is shown', () => {
  const env = {
    IDENTITY_SECRET: 'too-short',
    PORT: 'x',
    EVENT_PEERS: '{',
    USER_PASSWORD_COST: '4',
    USER_ACCESS_TTL_MS: String(15 * 60_000 + 1),
    USER_REFRESH_GRACE_MS: '-1',
  };
  let problem: unknown;
  try {
    loadConfig(env);
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(ConfigError);
  const text = String(problem);
  for (const name of [...Object.keys(env), 'EVENT_SECRET']) expect(text).toContain(name);
  expect(text).not.toContain('too-short');
});
