import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteKeySet, createStaticKeySet, KEY_SET_REREAD_MS_MIN, type PublicJwk } from '@playgraph/auth/key-set';
import { generateSigningKey } from '@playgraph/auth/signing-key';
import { createManualClock } from '@playgraph/kernel/clock';
import { expect, onTestFinished, test } from 'vitest';

const TTL_MS = 60_000;

/** A real server of key sets that counts how often it is asked and can break down. */
async function serveKeys(keys: PublicJwk[]) {
  const state = { keys, asked: 0, isBroken: false };
  const server = createServer((_request, response) => {
    state.asked++;
    response.statusCode = state.isBroken ? 500 : 200;
    response.end(state.isBroken ? 'oops' : JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  return { state, url };
}

const newJwk = () => generateSigningKey().publicJwk;

test('a static key set finds its keys and nothing else', async () => {
  const jwk = newJwk();
  const keySet = createStaticKeySet({ keys: [jwk] });
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  expect(await keySet.find('other')).toBeNull();
});

test('a remote key set is fetched once for many finds, and again after its time to live', async () => {
  const clock = createManualClock(0);
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await Promise.all(Array.from({ length: 20 }, () => keySet.find(jwk.kid)));
  expect(state.asked).toBe(1);
  clock.advance(TTL_MS);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  expect(state.asked).toBe(2);
});

test('an unknown key id has the set fetched again, at most once every few seconds', async () => {
  const clock = createManualClock(0);
  const [first, second] = [newJwk(), newJwk()];
  const { state, url } = await serveKeys([first]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await keySet.find(first.kid);
  state.keys = [first, second];
  for (let i = 0; i < 10; i++) expect(await keySet.find(second.kid)).toBeNull();
  expect(state.asked).toBe(1);
  clock.advance(KEY_SET_REREAD_MS_MIN);
  expect(await keySet.find(second.kid)).toEqual(second);
  expect(state.asked).toBe(2);
});

test('keys read earlier go on counting while the address is broken', async () => {
  const clock = createManualClock(0);
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await keySet.find(jwk.kid);
  state.isBroken = true;
  clock.advance(TTL_MS);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
});

test('a key set that was never read is UNAVAILABLE, and is read as soon as it can be', async () => {
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  state.isBroken = true;
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock: createManualClock(0) });
  await expect(keySet.find(jwk.kid)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  state.isBroken = false;
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
});

test('keys of another kind in a remote set are left out', async () => {
  const jwk = newJwk();
  const rsa = { kty: 'RSA', kid: 'rsa', n: 'x', e: 'AQAB' } as unknown as PublicJwk;
  const { url } = await serveKeys([rsa, jwk]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock: createManualClock(0) });
  expect(await keySet.find('rsa')).toBeNull();
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
});
