import {
  createRemoteKeySet,
  createStaticKeySet,
  KEY_SET_FIRST_READ_MS_MIN,
  KEY_SET_REREAD_MS_MIN,
} from '@playgraph/auth/key-set';
import type { PublicJwk } from '@playgraph/auth/public-key';
import { generateSigningKey } from '@playgraph/auth/signing-key';
import { createManualClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { generateRsaKeys } from './key-pairs.ts';
import { serveKeys } from './key-server.ts';

const TTL_MS = 60_000;
const unavailable = { code: 'UNAVAILABLE' };

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

/** A logger that keeps what it is told. */
function listeningLogger() {
  const lines: string[] = [];
  const keep = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, logger: { ...silentLogger, warn: keep, info: keep } };
}

test('keys read earlier go on counting while the address is broken, for a bounded time', async () => {
  const clock = createManualClock(0);
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  const { lines, logger } = listeningLogger();
  const keySet = createRemoteKeySet({ url: `${url}?key=hush`, ttlMs: TTL_MS, outageMsMax: 3 * TTL_MS, clock, logger });
  await keySet.find(jwk.kid);
  state.isBroken = true;
  for (let i = 0; i < 2; i++) {
    clock.advance(TTL_MS);
    expect(await keySet.find(jwk.kid)).toEqual(jwk);
  }
  expect(lines).toEqual([expect.stringContaining('cannot be read')]);
  expect(lines.join()).toContain('status 500');
  expect(lines.join()).not.toContain('hush');
  clock.advance(TTL_MS);
  await expect(keySet.find(jwk.kid)).rejects.toMatchObject(unavailable);
  state.isBroken = false;
  clock.advance(KEY_SET_REREAD_MS_MIN);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  expect(lines[1]).toContain('readable again');
});

test('during an outage a known key waits for nobody, however long the address keeps silent', async () => {
  const clock = createManualClock(0);
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await keySet.find(jwk.kid);
  state.isBroken = true;
  clock.advance(TTL_MS);
  await keySet.find(jwk.kid);
  state.isSilent = true;
  clock.advance(KEY_SET_REREAD_MS_MIN);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  await state.arrivals(3);
});

test('whether an unknown key is a new one cannot be told while the address is broken', async () => {
  const clock = createManualClock(0);
  const [first, second] = [newJwk(), newJwk()];
  const { state, url } = await serveKeys([first]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await keySet.find(first.kid);
  clock.advance(KEY_SET_REREAD_MS_MIN);
  state.isBroken = true;
  await expect(keySet.find(second.kid)).rejects.toMatchObject(unavailable);
  expect(await keySet.find(first.kid)).toEqual(first);
});

test('a key that was taken off the set counts until the set is read again, not longer', async () => {
  const clock = createManualClock(0);
  const [first, second] = [newJwk(), newJwk()];
  const { state, url } = await serveKeys([first, second]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await keySet.find(first.kid);
  state.keys = [second];
  expect(await keySet.find(first.kid)).toEqual(first);
  clock.advance(TTL_MS);
  expect(await keySet.find(first.kid)).toBeNull();
});

test('a key set that was never read is UNAVAILABLE, and is read as soon as it can be, at a bounded rate', async () => {
  const clock = createManualClock(0);
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  state.isBroken = true;
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  for (let i = 0; i < 5; i++) await expect(keySet.find(jwk.kid)).rejects.toMatchObject(unavailable);
  expect(state.asked).toBe(1);
  state.isBroken = false;
  clock.advance(KEY_SET_FIRST_READ_MS_MIN);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
});

test('loading reads the keys before anybody asks, and a failure of it is nobody else’s', async () => {
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock: createManualClock(0) });
  await keySet.load();
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  expect(state.asked).toBe(1);
  state.isBroken = true;
  await expect(createRemoteKeySet({ url, ttlMs: TTL_MS }).load()).resolves.toBeUndefined();
});

const rsaJwk = (bits: number, members: object = {}): PublicJwk => {
  const { publicKey } = generateRsaKeys(bits);
  return { ...publicKey.export({ format: 'jwk' }), ...members } as PublicJwk;
};

test('only sound keys for signatures are taken: none for encryption, none too short, none broken, none secret', async () => {
  const good = rsaJwk(2048, { kid: 'rsa', alg: 'RS256', use: 'sig', x5c: ['...'] });
  const listed = [
    good,
    rsaJwk(2048, { kid: 'encryption', use: 'enc' }),
    rsaJwk(2048, { kid: 'wrapping', key_ops: ['wrapKey'] }),
    rsaJwk(1024, { kid: 'short' }),
    { kty: 'RSA', kid: 'broken', n: 'x', e: 'AQAB' },
    { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
    { ...newJwk(), kid: 7 },
    null,
  ] as PublicJwk[];
  const { url } = await serveKeys(listed);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock: createManualClock(0) });
  for (const kid of ['encryption', 'wrapping', 'short', 'broken', 'secret'])
    expect(await keySet.find(kid), kid).toBeNull();
  expect(await keySet.find('rsa')).toEqual(good);
});

test('a token without a key id means the only key of a set, and none of several', async () => {
  const only = newJwk();
  expect(await createStaticKeySet({ keys: [only] }).find(null)).toEqual(only);
  expect(await createStaticKeySet({ keys: [only, newJwk()] }).find(null)).toBeNull();
});

test.each([
  ['a page', '<html></html>'],
  ['a list', '[]'],
  ['a set without a usable key', '{"keys":[]}'],
  ['a set without an end', 'x'.repeat(2 * 1024 * 1024)],
])('%s instead of a key set leaves the keys that were read before', async (_what, text) => {
  const clock = createManualClock(0);
  const jwk = newJwk();
  const { state, url } = await serveKeys([jwk]);
  const keySet = createRemoteKeySet({ url, ttlMs: TTL_MS, clock });
  await keySet.find(jwk.kid);
  state.text = text;
  clock.advance(TTL_MS);
  expect(await keySet.find(jwk.kid)).toEqual(jwk);
  expect(state.asked).toBe(2);
});
