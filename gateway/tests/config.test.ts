import { ConfigError } from '@playgraph/kernel/config';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';

test('the defaults suit one machine: loopback, any browser origin, the committed supergraph', () => {
  expect(loadConfig({})).toMatchObject({
    isDevelopment: true,
    host: '127.0.0.1',
    port: 4000,
    supergraphFile: 'gateway/supergraph.graphql',
    jwksUrl: null,
    corsOrigins: '*',
  });
});

test('in production no browser origin may call unless it is named', () => {
  expect(loadConfig({ NODE_ENV: 'production' }).corsOrigins).toEqual([]);
  const env = { NODE_ENV: 'production', CORS_ORIGINS: 'https://a.example, https://b.example' };
  expect(loadConfig(env).corsOrigins).toEqual(['https://a.example', 'https://b.example']);
});

test('a subgraph can be had at another address than the supergraph says', () => {
  const { subgraphUrls } = loadConfig({ SUBGRAPH_URL_ORDER: 'http://127.0.0.1:5003/graphql' });
  expect([...subgraphUrls]).toEqual([['ORDER', 'http://127.0.0.1:5003/graphql']]);
});

test('without a shared secret every process signs with one of its own', () => {
  expect(loadConfig({}).identitySecret).not.toBe(loadConfig({}).identitySecret);
});

test('all bad variables are named at once', () => {
  const load = () => loadConfig({ PORT: '99999', JWKS_URL: 'x', IDENTITY_SECRET: 'short' });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(/PORT[\s\S]*JWKS_URL[\s\S]*IDENTITY_SECRET/);
});
