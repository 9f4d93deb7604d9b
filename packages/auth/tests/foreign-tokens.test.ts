import { constants, type KeyObject, sign } from 'node:crypto';
import {
  CLOCK_TOLERANCE_MS_MAX,
  createTokenVerifier,
  TOKEN_ALGORITHMS,
  type TokenAlgorithm,
  type TokenRefusal,
  type TokenVerifierDeps,
} from '@playgraph/auth/access-token';
import { createRemoteKeySet, createStaticKeySet, KEY_SET_REREAD_MS_MIN } from '@playgraph/auth/key-set';
import type { PublicJwk } from '@playgraph/auth/public-key';
import { createManualClock } from '@playgraph/kernel/clock';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { generateEcKeys, generateRsaKeys, type KeyPair } from './key-pairs.ts';
import { serveKeys } from './key-server.ts';

const START_MS = Date.UTC(2026, 10, 21);
const NOW = START_MS / 1_000;
const ISSUER = 'https://login.example/';
const CLAIMS = { iss: ISSUER, sub: 'auth0|42', aud: 'https://api.example', scope: 'read write', exp: NOW + 60 };

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
const rsa = generateRsaKeys();
const curves = Object.fromEntries(Object.entries(CURVES).map(([alg, namedCurve]) => [alg, generateEcKeys(namedCurve)]));
const keyFor = (algorithm: TokenAlgorithm): KeyPair => curves[algorithm] ?? rsa;
const jwkOf = ({ publicKey }: KeyPair, members: object): PublicJwk =>
  ({ ...publicKey.export({ format: 'jwk' }), ...members }) as PublicJwk;

const tokenOf = (algorithm: TokenAlgorithm, claims: object = CLAIMS, header: object = {}) =>
  jwt.sign(claims, keyFor(algorithm).privateKey, {
    algorithm,
    keyid: algorithm,
    header: { alg: algorithm, ...header },
  });

/** What a provider publishes: a key for each algorithm, and what a gateway is told of it. */
function setUp(rules: Partial<TokenVerifierDeps> = {}) {
  const clock = createManualClock(START_MS);
  const keys = TOKEN_ALGORITHMS.map((alg) => jwkOf(keyFor(alg), { kid: alg, alg, use: 'sig' }));
  const reasons: TokenRefusal[] = [];
  const verifier = createTokenVerifier({
    keySet: createStaticKeySet({ keys }),
    issuer: ISSUER,
    clock,
    algorithms: TOKEN_ALGORITHMS,
    claims: { isSessionRequired: false },
    onRefused: (reason) => reasons.push(reason),
    ...rules,
  });
  const reasonFor = async (token: string) => {
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    return reasons.at(-1);
  };
  return { clock, verifier, reasonFor };
}

test.each(TOKEN_ALGORITHMS)(
  'a token of %s counts where that is allowed, and not where it is not',
  async (algorithm) => {
    const token = tokenOf(algorithm);
    expect(await setUp().verifier.verify(token)).toEqual({
      userId: 'auth0|42',
      sessionId: '',
      scopes: ['read', 'write'],
    });
    const others = TOKEN_ALGORITHMS.filter((other) => other !== algorithm);
    expect(await setUp({ algorithms: others }).reasonFor(token)).toBe('ALGORITHM');
  },
);

test('a verifier without limits on who may make a token cannot be made', () => {
  expect(() => setUp({ algorithms: ['HS256' as TokenAlgorithm] })).toThrow(TypeError);
  expect(() => setUp({ algorithms: ['none' as TokenAlgorithm] })).toThrow(TypeError);
  expect(() => setUp({ algorithms: [] })).toThrow(TypeError);
  expect(() => setUp({ issuer: [] })).toThrow(TypeError);
  expect(() => setUp({ issuer: '' })).toThrow(TypeError);
  expect(() => setUp({ clockToleranceMs: CLOCK_TOLERANCE_MS_MAX + 1 })).toThrow(TypeError);
});

test('a token that says it is signed with a secret is refused, though the secret is our public key', async () => {
  const { reasonFor } = setUp();
  for (const type of ['spki', 'pkcs1'] as const) {
    const secret = rsa.publicKey.export({ type, format: 'pem' });
    const token = jwt.sign(CLAIMS, String(secret), { algorithm: 'HS256', keyid: 'RS256' });
    expect(await reasonFor(token)).toBe('ALGORITHM');
  }
});

test('a key that is for one algorithm is for no other, though its type fits', async () => {
  const { reasonFor } = setUp();
  const token = jwt.sign(CLAIMS, rsa.privateKey, { algorithm: 'PS256', keyid: 'RS256' });
  expect(await reasonFor(token)).toBe('ALGORITHM');
});

test('a key that says no algorithm, as some providers list them, is for those that fit its type', async () => {
  const keySet = createStaticKeySet({ keys: [jwkOf(rsa, { kid: 'plain', use: 'sig' })] });
  const { verifier, reasonFor } = setUp({ keySet });
  const plain = (algorithm: TokenAlgorithm, key: KeyObject) =>
    jwt.sign(CLAIMS, key, { algorithm, keyid: 'plain', allowInvalidAsymmetricKeyTypes: true });
  for (const algorithm of ['RS256', 'PS512'] as const)
    await expect(verifier.verify(plain(algorithm, rsa.privateKey))).resolves.toMatchObject({ userId: 'auth0|42' });
  expect(await reasonFor(plain('ES256', keyFor('ES256').privateKey))).toBe('ALGORITHM');
});

test('a token without a key id counts where the set has one key only', async () => {
  const token = jwt.sign(CLAIMS, rsa.privateKey, { algorithm: 'RS256' });
  const one = createStaticKeySet({ keys: [jwkOf(rsa, { kid: 'a' })] });
  await expect(setUp({ keySet: one }).verifier.verify(token)).resolves.toMatchObject({ userId: 'auth0|42' });
  expect(await setUp().reasonFor(token)).toBe('UNKNOWN_KEY');
});

test('a token that asks for an extension to be understood is refused', async () => {
  expect(await setUp().reasonFor(tokenOf('RS256', CLAIMS, { crit: ['exp'] }))).toBe('MALFORMED');
});

test('a signature of another key is refused', async () => {
  const foreign = generateRsaKeys();
  const [head, payload] = tokenOf('RS256').split('.');
  const signature = sign('sha256', Buffer.from(`${head}.${payload}`), {
    key: foreign.privateKey,
    padding: constants.RSA_PKCS1_PADDING,
  });
  expect(await setUp().reasonFor(`${head}.${payload}.${signature.toString('base64url')}`)).toBe('SIGNATURE');
});

test('of several issuers any is believed, and nobody else', async () => {
  const { verifier, reasonFor } = setUp({ issuer: ['https://other.example', ISSUER] });
  await expect(verifier.verify(tokenOf('RS256'))).resolves.toMatchObject({ userId: 'auth0|42' });
  for (const iss of ['https://login.example', 'https://evil.example', undefined])
    expect(await reasonFor(tokenOf('RS256', JSON.parse(JSON.stringify({ ...CLAIMS, iss }))))).toBe('ISSUER');
});

test('a token for somebody else is refused where an audience is asked for, also one for nobody', async () => {
  const { verifier, reasonFor } = setUp({ audience: ['https://api.example', 'shop'] });
  for (const aud of ['shop', ['elsewhere', 'https://api.example']])
    await expect(verifier.verify(tokenOf('RS256', { ...CLAIMS, aud }))).resolves.toMatchObject({ userId: 'auth0|42' });
  for (const aud of ['elsewhere', [], 'https://api.example/'])
    expect(await reasonFor(tokenOf('RS256', { ...CLAIMS, aud }))).toBe('AUDIENCE');
  const { aud: _left, ...forNobody } = CLAIMS;
  expect(await reasonFor(tokenOf('RS256', forNobody))).toBe('AUDIENCE');
});

test('a token counts from its beginning to its end, by clocks that may differ as much as is said', async () => {
  const claims = { ...CLAIMS, nbf: NOW + 30 };
  const strict = setUp();
  const lenient = setUp({ clockToleranceMs: 5_000 });
  const token = tokenOf('RS256', claims);
  expect(await strict.reasonFor(token)).toBe('NOT_YET_VALID');
  for (const { clock } of [strict, lenient]) clock.advance(25_000);
  expect(await strict.reasonFor(token)).toBe('NOT_YET_VALID');
  await expect(lenient.verifier.verify(token)).resolves.toMatchObject({ userId: 'auth0|42' });
  for (const { clock } of [strict, lenient]) clock.advance(39_000);
  expect(await strict.reasonFor(token)).toBe('EXPIRED');
  await expect(lenient.verifier.verify(token)).resolves.toMatchObject({ userId: 'auth0|42' });
  lenient.clock.advance(1_000);
  expect(await lenient.reasonFor(token)).toBe('EXPIRED');
});

test('a token without an end is refused', async () => {
  const { exp: _left, ...endless } = CLAIMS;
  expect(await setUp().reasonFor(tokenOf('RS256', endless))).toBe('CLAIMS');
});

test('what a token says of its owner is found wherever a provider puts it', async () => {
  const read = (names: Partial<TokenVerifierDeps['claims']>, claims: object) =>
    setUp({ claims: { isSessionRequired: false, ...names } }).verifier.verify(
      tokenOf('RS256', { ...CLAIMS, ...claims }),
    );
  const keycloak = { realm_access: { roles: ['admin'] }, resource_access: { 'my.client': { roles: ['buyer'] } } };
  expect(
    await read({ scopes: ['scope', 'realm_access.roles', 'resource_access.my.client.roles'] }, keycloak),
  ).toMatchObject({ scopes: ['read', 'write', 'admin', 'buyer'] });
  const entra = { oid: 'o-1', scp: 'Files.Read Files.Write', roles: ['Reader', 'Reader'] };
  expect(await read({ userId: 'oid', scopes: ['scp', 'roles'] }, entra)).toMatchObject({
    userId: 'o-1',
    scopes: ['Files.Read', 'Files.Write', 'Reader'],
  });
  const auth0 = { permissions: ['read:orders'], 'https://shop.example/roles': ['vip customer'] };
  expect(await read({ scopes: ['permissions', 'https://shop.example/roles'] }, auth0)).toMatchObject({
    scopes: ['read:orders', 'vip customer'],
  });
  const cognito = { 'cognito:groups': ['staff'], username: 7, origin_jti: 's-1' };
  expect(await read({ userId: 'username', session: 'origin_jti', scopes: ['cognito:groups'] }, cognito)).toEqual({
    userId: '7',
    sessionId: 's-1',
    scopes: ['staff'],
  });
});

test('claims of another shape give no scopes, and no owner at all when they should name one', async () => {
  const scopes = ['scope', 'a.b', 'constructor', '__proto__.x'];
  const { verifier } = setUp({ claims: { isSessionRequired: false, scopes } });
  for (const scope of [7, null, { read: true }, [['read'], 1, null, '']])
    expect(await verifier.verify(tokenOf('RS256', { ...CLAIMS, scope, a: 'b' }))).toMatchObject({ scopes: [] });
  for (const userId of ['name', 'sub.x', 'constructor', 'empty', 'list']) {
    const { reasonFor } = setUp({ claims: { isSessionRequired: false, userId } });
    expect(await reasonFor(tokenOf('RS256', { ...CLAIMS, empty: '', list: ['a'] })), userId).toBe('CLAIMS');
  }
});

test('tokens of a provider that changes its key go on counting, also while it does not answer', async () => {
  const clock = createManualClock(START_MS);
  const [older, newer] = [rsa, generateRsaKeys()];
  const { state, url } = await serveKeys([jwkOf(older, { kid: 'older' })]);
  const keySet = createRemoteKeySet({ url, ttlMs: 60_000, clock });
  const { verifier, reasonFor } = setUp({ keySet, clock });
  const signedBy = ({ privateKey }: KeyPair, keyid: string) =>
    jwt.sign({ ...CLAIMS, exp: NOW + 3_600 }, privateKey, { algorithm: 'RS256', keyid });
  await expect(verifier.verify(signedBy(older, 'older'))).resolves.toMatchObject({ userId: 'auth0|42' });

  state.keys = [jwkOf(older, { kid: 'older' }), jwkOf(newer, { kid: 'newer' })];
  clock.advance(KEY_SET_REREAD_MS_MIN);
  await expect(verifier.verify(signedBy(newer, 'newer'))).resolves.toMatchObject({ userId: 'auth0|42' });
  for (let i = 0; i < 5; i++) expect(await reasonFor(signedBy(newer, `made-up-${i}`))).toBe('UNKNOWN_KEY');
  expect(state.asked).toBe(2);

  state.isBroken = true;
  clock.advance(600_000);
  await expect(verifier.verify(signedBy(newer, 'newer'))).resolves.toMatchObject({ userId: 'auth0|42' });
  await expect(verifier.verify(signedBy(newer, 'newest'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
