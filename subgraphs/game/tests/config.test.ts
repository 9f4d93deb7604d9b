import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), TICKET_SECRET: 't'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };

test('builds are kept beside the shards, and links go to this process, unless something else is said', () => {
  expect(loadConfig(secrets)).toMatchObject({
    port: 4002,
    buildsDir: '.data/game/builds',
    publicUrl: null,
    downloadTicketTtlMs: 900_000,
  });
  expect(loadConfig({ ...secrets, GAME_PUBLIC_URL: 'https://play.example/' }).publicUrl).toBe('https://play.example');
});

test('a short ticket secret and a public address that no browser opens are refused together', () => {
  const load = () => loadConfig({ ...secrets, TICKET_SECRET: 'hunter2', GAME_PUBLIC_URL: 'ftp://x' });
  expect(load).toThrow(ConfigError);
  for (const name of ['TICKET_SECRET', 'GAME_PUBLIC_URL']) expect(load).toThrow(name);
  expect(load).not.toThrow('hunter2');
});
