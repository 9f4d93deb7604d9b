import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };

test('with its secrets alone the user subgraph hashes with care and signs as this store', () => {
  expect(loadConfig(secrets)).toMatchObject({ port: 4001, tokenIssuer: 'playgraph', settings: { passwordCost: 12 } });
});

test('cheap passwords, access that lasts too long and a grace before the past are refused together', () => {
  const env = {
    USER_PASSWORD_COST: '4',
    USER_ACCESS_TTL_MS: String(15 * 60_000 + 1),
    USER_REFRESH_GRACE_MS: '-1',
  };
  const load = () => loadConfig({ ...secrets, ...env });
  expect(load).toThrow(ConfigError);
  for (const name of Object.keys(env)) expect(load).toThrow(name);
});
