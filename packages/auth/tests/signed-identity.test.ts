import type { Identity } from '@playgraph/auth/identity';
import { SIGNED_IDENTITY_AGE_MS_MAX, signIdentity, verifySignedIdentity } from '@playgraph/auth/signed-identity';
import { createTicketSigner } from '@playgraph/auth/ticket';
import { createManualClock } from '@playgraph/kernel/clock';
import { expect, test } from 'vitest';

const secret = 'a-secret-of-at-least-32-characters';
const body = '{"query":"{ me { id } }"}';
const identity: Identity = { userId: 'user_1', sessionId: 'session_1', scopes: ['a'] };
const refused = expect.objectContaining({ code: 'UNAUTHENTICATED' });

test('an identity that the gateway signed is read back, also the one of nobody', () => {
  const clock = createManualClock(0);
  for (const who of [identity, { ...identity, sessionId: '' }, null]) {
    const header = signIdentity({ identity: who, body, secret, clock });
    expect(verifySignedIdentity({ header, body, secret, clock })).toEqual(who);
    expect(verifySignedIdentity({ header, body: Buffer.from(body), secret, clock })).toEqual(who);
  }
});

test('a signature holds for its own body and secret only', () => {
  const clock = createManualClock(0);
  const header = signIdentity({ identity, body, secret, clock });
  const other = 'another-secret-of-at-least-32-characters';
  expect(() => verifySignedIdentity({ header, body: `${body} `, secret, clock })).toThrow(refused);
  expect(() => verifySignedIdentity({ header, body, secret: other, clock })).toThrow(refused);
});

test('a signature holds for its own method only, and a socket signs for a GET', () => {
  const clock = createManualClock(0);
  const posted = signIdentity({ identity, body: '', method: 'POST', secret, clock });
  const opened = signIdentity({ identity, body: '', secret, clock });
  const verify = (header: string, method?: 'GET' | 'POST') =>
    verifySignedIdentity({ header, body: '', secret, clock, ...(method && { method }) });
  expect(verify(posted, 'POST')).toEqual(identity);
  expect(verify(opened)).toEqual(identity);
  expect(verify(opened, 'GET')).toEqual(identity);
  expect(() => verify(posted)).toThrow(refused);
  expect(() => verify(opened, 'POST')).toThrow(refused);
});

test('a signature cannot be made younger by another time in its payload', () => {
  const clock = createManualClock(0);
  const [, mac] = signIdentity({ identity, body, secret, clock }).split('.');
  clock.advance(SIGNED_IDENTITY_AGE_MS_MAX + 1);
  const [renewed] = signIdentity({ identity, body, secret, clock }).split('.');
  expect(() => verifySignedIdentity({ header: `${renewed}.${mac}`, body, secret, clock })).toThrow(refused);
});

test('more secrets than are kept ready still sign and verify, each for itself', () => {
  const clock = createManualClock(0);
  const secrets = Array.from({ length: 40 }, (_, index) => `${secret}-${index}`);
  const headers = secrets.map((own) => signIdentity({ identity, body, secret: own, clock }));
  for (const [index, own] of secrets.entries()) {
    expect(verifySignedIdentity({ header: headers[index], body, secret: own, clock })).toEqual(identity);
    const foreign = headers[(index + 1) % headers.length];
    expect(() => verifySignedIdentity({ header: foreign, body, secret: own, clock })).toThrow(refused);
  }
});

test('a changed payload, a missing header and noise are refused', () => {
  const clock = createManualClock(0);
  const [, mac] = signIdentity({ identity, body, secret, clock }).split('.');
  const payload = Buffer.from(JSON.stringify({ at: 0, user: 'user_2', session: 's', scopes: [] })).toString(
    'base64url',
  );
  for (const header of [`${payload}.${mac}`, undefined, '', '.', 'x', 'a.b.c', 'x'.repeat(10_000)]) {
    expect(() => verifySignedIdentity({ header, body, secret, clock })).toThrow(refused);
  }
});

test('a signature counts for its named age and from a clock that is a little ahead, no longer', () => {
  const clock = createManualClock(100_000);
  const header = signIdentity({ identity, body, secret, clock });
  clock.advance(SIGNED_IDENTITY_AGE_MS_MAX);
  expect(verifySignedIdentity({ header, body, secret, clock })).toEqual(identity);
  clock.advance(1);
  expect(() => verifySignedIdentity({ header, body, secret, clock })).toThrow(refused);
  expect(verifySignedIdentity({ header, body, secret, clock: createManualClock(95_000) })).toEqual(identity);
  expect(() => verifySignedIdentity({ header, body, secret, clock: createManualClock(94_999) })).toThrow(refused);
});

test('a ticket of the same secret is no identity', () => {
  const clock = createManualClock(0);
  const header = createTicketSigner({ secret, purpose: 'signed-identity', clock }).sign({ user: 'user_1' }, 1_000);
  expect(() => verifySignedIdentity({ header, body: '', secret, clock })).toThrow(refused);
});

test('a short secret is refused at once', () => {
  const clock = createManualClock(0);
  expect(() => signIdentity({ identity, body, secret: 'short', clock })).toThrow(TypeError);
});
