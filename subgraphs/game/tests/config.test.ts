import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

const secrets = { IDENTITY_SECRET: 'i'.repeat(32), TICKET_SECRET: 't'.repeat(32), EVENT_SECRET: 'e'.repeat(32) };

test('the environment is read with defaults that work on one machine', () => {
  expect(loadConfig(secrets)).toMatchObject({
    host: '127.0.0.1',
    port: 4002,
    shardUrls: ['file:.data/game/0.db', 'file:.data/game/1.db'],
    buildsDir: '.data/game/builds',
    publicUrl: null,
    downloadTicketTtlMs: 900_000,
  });
  expect(loadConfig({ ...secrets, GAME_PUBLIC_URL: 'https://play.example/' }).publicUrl).toBe('https://play.example');
});

test('every bad variable is reported at once, without its value', () => {
  const env = { ...secrets, TICKET_SECRET: 'hunter2', PORT: '-1', GAME_PUBLIC_URL: 'ftp://x', EVENT_PEERS: '{' };
  try {
    loadConfig(env);
    expect.unreachable();
  } catch (error) {
    const { problems, message } = error as ConfigError;
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'EVENT_PEERS',
      'GAME_PUBLIC_URL',
      'PORT',
      'TICKET_SECRET',
    ]);
    expect(message).not.toContain('hunter2');
    expect(error).toBeInstanceOf(ConfigError);
  }
});
