import { verifySignedIdentity } from '@playgraph/auth/signed-identity';
import { createManualClock } from '@playgraph/kernel/clock';
import { forwardedHeaders, marksOf, withMarks } from '@playgraph/server/request-headers';
import { expect, test } from 'vitest';
import { toInfo } from './odd-subgraph.ts';

test('headers of a connection or a body, and all of our own names, stay behind, however they are written', () => {
  const kept = { authorization: 'Bearer t', traceparent: '00-a-b-01', 'x-tenant': 'ü' };
  const names = 'Host Connection Keep-Alive TE Trailer Transfer-Encoding Upgrade Expect Proxy-Authorization';
  const bodyNames = 'Content-Length Content-Type Content-Encoding Accept Accept-Encoding';
  const ownNames = 'playgraph-identity Playgraph-Meter playgraph-correlation-id playgraph-anything';
  const dropped = Object.fromEntries(
    [names, bodyNames, ownNames].flatMap((line) => line.split(' ')).map((n) => [n, '1']),
  );
  expect(forwardedHeaders({ ...dropped, ...kept })).toEqual(Object.entries(kept).flat());
});

test('what HTTP cannot carry stays behind', () => {
  const given = { 'x-a': 'b\r\nplaygraph-identity: x', 'x b': '1', '': '1', 'x-c': 'snow ☃', 'x-d': 'fine' };
  expect(forwardedHeaders(given)).toEqual(['x-d', 'fine']);
});

test('an identity is signed over the very body, for a POST; a subgraph without a secret gets none', () => {
  const clock = createManualClock(0);
  const secret = 'a secret of the transport suite only';
  const identity = { userId: 'user_1', sessionId: 's', scopes: [] };
  const info = toInfo({ identity, isMetered: true, headers: { 'x-a': 'b' } });
  const marks = marksOf({ identitySecret: secret, clock }, '{"query":"{ a }"}', info);
  const header = marks.identity ?? undefined;
  const verify = (body: string, method: 'GET' | 'POST') =>
    verifySignedIdentity({ header, body, method, secret, clock });
  expect(verify('{"query":"{ a }"}', 'POST')).toEqual(identity);
  expect(() => verify('{"query":"{ b }"}', 'POST')).toThrow();
  expect(() => verify('{"query":"{ a }"}', 'GET')).toThrow();
  const unsigned = marksOf({ identitySecret: null, clock }, '{}', info);
  expect(withMarks([], unsigned)).toEqual(['playgraph-correlation-id', 'c', 'x-a', 'b', 'playgraph-meter', '1']);
});
