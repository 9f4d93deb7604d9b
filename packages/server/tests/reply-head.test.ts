import { readHead } from '@playgraph/server/reply-head';
import { expect, test } from 'vitest';
import { createWatchedTransport, query, serveOdd, toInfo } from './odd-subgraph.ts';

const cacheControlOf = (headers: Parameters<typeof readHead>[1]) => readHead(200, headers).cacheControl;

test.each([
  ['max-age=60, public', '20', 'max-age=40, public'],
  ['public, max-age="60", s-maxage=30', '20', 'public, max-age=40, s-maxage=10'],
  ['Max-Age = 60', '61', 'Max-Age=0'],
  ['max-age=60', '0', 'max-age=60'],
  ['max-age=60', '-5', 'max-age=60'],
  ['max-age=60', 'long', 'max-age=60'],
  ['max-age=60', ['20', '30'], 'max-age=40'],
  ['no-store', '20', 'no-store'],
])(
  'an answer that says %s and was kept elsewhere for %s seconds may be kept for what is left: %s',
  (said, age, left) => {
    expect(cacheControlOf({ 'cache-control': said, age })).toBe(left);
  },
);

test.each([
  ['Authorization', 'max-age=60'],
  ['accept, Cookie', 'max-age=60'],
  [['accept-language', 'proxy-authorization'], 'max-age=60'],
  ['*', 'no-store'],
  ['origin, accept-language', 'public, max-age=60'],
  ['', 'public, max-age=60'],
])('a public answer that differs by %s may be kept as one that says: %s', (vary, kept) => {
  const said = cacheControlOf({ 'cache-control': 'public, max-age=60', vary });
  expect(said?.replace(/^[, ]+/, '')).toBe(kept);
});

test('an age for shared caches alone makes nothing public that differs by who asks', () => {
  expect(cacheControlOf({ 'cache-control': 's-maxage=60', vary: 'cookie' })).toBe('max-age=60');
});

test('who does not say how long an answer may be kept has said nothing, whatever other headers there are', () => {
  expect(cacheControlOf({ age: '5', vary: 'authorization' })).toBeNull();
});

test('what a caller is told of an answer is what is left of it', async () => {
  const { url } = await serveOdd((_request, response) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=60',
      ...{ age: '20', vary: 'accept-encoding, authorization' },
    });
    response.end('{"data":{"a":1}}');
  });
  const { transport } = createWatchedTransport({ url });
  expect((await transport.execute(query, toInfo())).cacheControl).toMatch(/^[, ]*max-age=40$/);
});
