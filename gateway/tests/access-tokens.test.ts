import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { createClient } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { openAccessTokens } from '../src/access-tokens.ts';
import { loadConfig } from '../src/config.ts';
import { TOKEN_REMEMBERED_MS_MAX } from '../src/remembered-tokens.ts';
import { startGateway } from '../src/start-gateway.ts';
import { compose } from './supergraphs.ts';

const ISSUER = 'https://login.example/realms/shop';
/** As text: exporting a key object that Node has just generated may wait for itself for ever. */
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const jwks = { keys: [{ ...createPublicKey(keys.publicKey).export({ format: 'jwk' }), kid: 'k1', use: 'sig' }] };

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A JWT as a provider makes it, or as somebody does who has only its public key. */
function tokenOf(claims: object, algorithm: 'RS256' | 'HS256' = 'RS256'): string {
  const payload = { iss: ISSUER, aud: 'shop', sub: 'user-1', exp: nowSeconds() + 60, ...claims };
  const text = `${encoded({ alg: algorithm, typ: 'JWT', kid: 'k1' })}.${encoded(payload)}`;
  const signature =
    algorithm === 'RS256'
      ? sign('sha256', Buffer.from(text), keys.privateKey)
      : createHmac('sha256', keys.publicKey).update(text).digest();
  return `${text}.${signature.toString('base64url')}`;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serveKeys = () => serve((_request, response) => void response.end(JSON.stringify(jwks)));

const settingsFor = (jwksUrl: string) => ({
  SUPERGRAPH: 'graph.graphql',
  JWKS_URL: jwksUrl,
  TOKEN_ISSUER: ISSUER,
  TOKEN_AUDIENCE: 'shop',
  GATEWAY_IDENTITY_SCOPE_CLAIMS: 'scope,realm_access.roles',
});

test('without an address of keys no token is looked at', () => {
  const { identity } = loadConfig({ env: { SUPERGRAPH: 'graph.graphql' } });
  expect(openAccessTokens(identity, { clock: createManualClock(0), logger: silentLogger })).toBeNull();
});

test('the settings say whose tokens count, and a reason for refusing them all is logged once a minute', async () => {
  const { identity } = loadConfig({ env: settingsFor(await serveKeys()) });
  const clock = createManualClock(Date.now());
  const told: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void told.push(fields) };
  const verify = openAccessTokens(identity, { clock, logger });
  expect(await verify?.(tokenOf({ scope: 'read', realm_access: { roles: ['admin'] } }))).toEqual({
    userId: 'user-1',
    sessionId: '',
    scopes: ['read', 'admin'],
  });
  const refuse = (claims: object) =>
    expect(verify?.(tokenOf(claims))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  for (let i = 0; i < 3; i++) await refuse({ aud: 'another' });
  await refuse({ exp: nowSeconds() - 60 });
  expect(told).toEqual([{ reason: 'AUDIENCE', setting: 'identity.audience' }]);
  clock.advance(60_000);
  await refuse({ aud: 'another', exp: nowSeconds() + 3_600 });
  expect(told).toHaveLength(2);
});

test('whom a token stands for is remembered for a while, and never past its end', async () => {
  const { identity } = loadConfig({ env: settingsFor(await serveKeys()) });
  const clock = createManualClock(nowSeconds() * 1_000);
  const verify = openAccessTokens(identity, { clock, logger: silentLogger });
  const [short, long] = [1, 3_600].map((seconds) =>
    tokenOf({ exp: nowSeconds() + TOKEN_REMEMBERED_MS_MAX / 1_000 + seconds }),
  );
  const first = await verify?.(long ?? '');
  expect(first).toMatchObject({ userId: 'user-1' });
  clock.advance(TOKEN_REMEMBERED_MS_MAX - 1);
  expect(await verify?.(long ?? '')).toBe(first);
  await verify?.(short ?? '');
  clock.advance(1);
  const again = await verify?.(long ?? '');
  expect(again).toEqual(first);
  expect(again).not.toBe(first);
  clock.advance(1_000 + identity.clockToleranceMs);
  await expect(verify?.(short ?? '')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('what was refused is not remembered', async () => {
  const { identity } = loadConfig({ env: settingsFor(await serveKeys()) });
  const clock = createManualClock(nowSeconds() * 1_000);
  const verify = openAccessTokens(identity, { clock, logger: silentLogger });
  const early = tokenOf({ nbf: nowSeconds() + 600, exp: nowSeconds() + 3_600 });
  await expect(verify?.(early)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  clock.advance(601_000);
  expect(await verify?.(early)).toMatchObject({ userId: 'user-1' });
});

test('the tokens of a foreign provider open the fields that their roles allow, and no other token does', async () => {
  const supergraph = compose({ one: 'type Query { one: Int @requiresScopes(scopes: [["admin"]]) }' });
  const source = await serve((_request, response) => void response.end(supergraph));
  const subgraph = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"data":{"one":1}}');
  });
  const env = { ...settingsFor(await serveKeys()), SUPERGRAPH: source, SUBGRAPH_URL_ONE: subgraph };
  const gateway = await startGateway(loadConfig({ env: { ...env, PORT: '0', LOG_LEVEL: 'silent' } }));
  onTestFinished(() => gateway.close());
  const ask = async (token: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ one }"}' });
    return { status: response.status, body: await response.json() };
  };
  expect(await ask(tokenOf({ realm_access: { roles: ['admin'] } }))).toEqual({
    status: 200,
    body: { data: { one: 1 } },
  });
  expect(await ask(tokenOf({ scope: 'read' }))).toMatchObject({
    body: { data: { one: null }, errors: [{ extensions: { code: 'FORBIDDEN' } }] },
  });
  for (const token of [tokenOf({}, 'HS256'), tokenOf({ aud: 'another' }), tokenOf({ iss: 'https://evil.example' })])
    expect(await ask(token)).toMatchObject({
      status: 401,
      body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    });
});

test('where the settings say so a policy holds for who has a scope of its name', async () => {
  const supergraph = compose({ one: 'type Query { one: Int @policy(policies: [["vip", "adult"], ["staff"]]) }' });
  const source = await serve((_request, response) => void response.end(supergraph));
  const subgraph = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"data":{"one":1}}');
  });
  const env = { ...settingsFor(await serveKeys()), SUPERGRAPH: source, SUBGRAPH_URL_ONE: subgraph, PORT: '0' };
  const askWith = async (policiesFromScopes: string) => {
    const settings = { ...env, LOG_LEVEL: 'silent', GATEWAY_IDENTITY_POLICIES_FROM_SCOPES: policiesFromScopes };
    const gateway = await startGateway(loadConfig({ env: settings }));
    onTestFinished(() => gateway.close());
    return async (scope: string) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokenOf({ scope })}` };
      const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ one }"}' });
      return ((await response.json()) as { data: object }).data;
    };
  };
  const ask = await askWith('on');
  expect(await Promise.all(['vip adult', 'staff', 'vip', 'read'].map(ask))).toEqual([
    { one: 1 },
    { one: 1 },
    { one: null },
    { one: null },
  ]);
  const askByDefault = await askWith('off');
  expect(await askByDefault('staff')).toEqual({ one: null });
});

test('a WebSocket with a token that still counts, since clocks may differ, is served', async () => {
  const source = await serve((_request, response) => void response.end(compose({ one: 'type Query { one: Int }' })));
  const subgraph = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"data":{"one":1}}');
  });
  const env = { ...settingsFor(await serveKeys()), SUPERGRAPH: source, SUBGRAPH_URL_ONE: subgraph };
  const tolerant = { ...env, PORT: '0', LOG_LEVEL: 'silent', GATEWAY_IDENTITY_CLOCK_TOLERANCE_MS: '60000' };
  const gateway = await startGateway(loadConfig({ env: tolerant }));
  onTestFinished(() => gateway.close());
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${tokenOf({ exp: nowSeconds() - 1 })}` },
    retryAttempts: 0,
  });
  onTestFinished(() => client.dispose());
  expect(await client.iterate({ query: '{ one }' }).next()).toMatchObject({ value: { data: { one: 1 } } });
});
