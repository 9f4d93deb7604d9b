import { createHmac, generateKeyPairSync } from 'node:crypto';
import { accessTokenExpiryMs, createTokenIssuer, createTokenVerifier } from '@playgraph/auth/access-token';
import type { Identity } from '@playgraph/auth/identity';
import { createStaticKeySet } from '@playgraph/auth/key-set';
import { generateSigningKey } from '@playgraph/auth/signing-key';
import { createManualClock } from '@playgraph/kernel/clock';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';

const START_MS = Date.UTC(2026, 10, 21);
const ACCESS_TTL_MS = 15 * 60_000;
const identity: Identity = { userId: 'user_1', sessionId: 'session_1', scopes: ['store:admin', 'store:read'] };

function setUp() {
  const clock = createManualClock(START_MS);
  const key = generateSigningKey();
  const issuer = createTokenIssuer({ key, issuer: 'playgraph', clock, accessTtlMs: ACCESS_TTL_MS });
  const keySet = createStaticKeySet({ keys: [key.publicJwk] });
  const verifier = createTokenVerifier({ keySet, issuer: 'playgraph', clock });
  return { clock, key, issuer, keySet, verifier };
}

const unsigned = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const refused = { code: 'UNAUTHENTICATED' };

test('an issued token gives back the identity that it was issued for', async () => {
  const { issuer, verifier } = setUp();
  const { token, expiresAt } = issuer.issue(identity);
  expect(await verifier.verify(token)).toEqual(identity);
  expect(expiresAt.getTime()).toBe(START_MS + ACCESS_TTL_MS);
});

test('a token without scopes stands for a player without scopes', async () => {
  const { issuer, verifier } = setUp();
  const { token } = issuer.issue({ ...identity, scopes: [] });
  expect((await verifier.verify(token)).scopes).toEqual([]);
});

test('a token counts until the instant that it names and not from then on', async () => {
  const { clock, issuer, verifier } = setUp();
  const { token, expiresAt } = issuer.issue(identity);
  clock.advance(expiresAt.getTime() - START_MS - 1_000);
  await expect(verifier.verify(token)).resolves.toEqual(identity);
  clock.advance(1_000);
  await expect(verifier.verify(token)).rejects.toMatchObject(refused);
});

test('a token of another issuer is refused', async () => {
  const { clock, key, verifier } = setUp();
  const other = createTokenIssuer({ key, issuer: 'elsewhere', clock, accessTtlMs: ACCESS_TTL_MS });
  await expect(verifier.verify(other.issue(identity).token)).rejects.toMatchObject(refused);
});

test('a token signed by another key is refused, also when it claims the id of ours', async () => {
  const { clock, key, verifier } = setUp();
  const foreign = generateSigningKey();
  for (const kid of [foreign.kid, key.kid]) {
    const forger = createTokenIssuer({
      key: { ...foreign, kid },
      issuer: 'playgraph',
      clock,
      accessTtlMs: ACCESS_TTL_MS,
    });
    await expect(verifier.verify(forger.issue(identity).token)).rejects.toMatchObject(refused);
  }
});

test('a token without a signature (alg none) is refused', async () => {
  const { key, verifier } = setUp();
  const claims = { iss: 'playgraph', sub: 'user_1', sid: 'session_1', exp: START_MS };
  const token = `${unsigned({ alg: 'none', kid: key.kid })}.${unsigned(claims)}.`;
  await expect(verifier.verify(token)).rejects.toMatchObject(refused);
});

test('a token signed with the public key as an HMAC secret is refused', async () => {
  const { key, verifier } = setUp();
  const claims = { iss: 'playgraph', sub: 'user_1', sid: 'session_1', exp: START_MS };
  const head = `${unsigned({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${unsigned(claims)}`;
  const mac = createHmac('sha256', JSON.stringify(key.publicJwk)).update(head).digest('base64url');
  await expect(verifier.verify(`${head}.${mac}`)).rejects.toMatchObject(refused);
});

test('a token of another algorithm is refused even when its key is known', async () => {
  const { verifier, key } = setUp();
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const token = jwt.sign({ iss: 'playgraph', sub: 'user_1', sid: 's' }, privateKey, {
    algorithm: 'RS256',
    keyid: key.kid,
  });
  await expect(verifier.verify(token)).rejects.toMatchObject(refused);
});

test('a token of ours that lacks a subject, a session or an end is refused', async () => {
  const { key, verifier } = setUp();
  const whole = { iss: 'playgraph', sub: 'user_1', sid: 'session_1', exp: START_MS / 1_000 + 60 };
  for (const missing of ['sub', 'sid', 'exp'] as const) {
    const { [missing]: _left, ...claims } = whole;
    const token = jwt.sign(claims, key.privateKeyPem, { algorithm: 'ES256', keyid: key.kid });
    await expect(verifier.verify(token), missing).rejects.toMatchObject(refused);
  }
});

test.each(['', 'x', 'a.b.c', 'a'.repeat(5_000), `${unsigned({ alg: 'ES256' })}.e30.x`])(
  'what is no token at all is refused: %.20s',
  async (token) => {
    const { verifier } = setUp();
    await expect(verifier.verify(token)).rejects.toMatchObject(refused);
  },
);

test('a token whose payload was changed is refused', async () => {
  const { issuer, verifier } = setUp();
  const [head, payload = '', signature] = issuer.issue(identity).token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const changed = unsigned({ ...claims, sub: 'user_2' });
  await expect(verifier.verify([head, changed, signature].join('.'))).rejects.toMatchObject(refused);
});

test('a verified token tells when it ends; what is no token tells nothing', () => {
  const { issuer } = setUp();
  const { token, expiresAt } = issuer.issue(identity);
  expect(accessTokenExpiryMs(token)).toBe(expiresAt.getTime());
  expect(accessTokenExpiryMs(token, 5_999)).toBe(expiresAt.getTime() + 5_000);
  expect(accessTokenExpiryMs('opaque')).toBeNull();
  expect(accessTokenExpiryMs(`${unsigned({ alg: 'none' })}.${unsigned({ sub: 'a' })}.`)).toBeNull();
});
