import { readHead } from '@playgraph/server/reply-head';
import { expect, test } from 'vitest';
import { answering, createClient, openWorld, productLoad } from './world.ts';

const said = (vary: string) => readHead(200, { 'cache-control': 'public, max-age=60', vary }).cacheControl;

test.each([
  ['authorization', [1, 1, 0, 0]],
  ['accept-encoding', [1, 0, 0, 0]],
  ['*', [1, 1, 1, 1]],
])('a public answer that a subgraph lets vary by %s is asked for as often as that takes', async (vary, expected) => {
  const world = await openWorld();
  const [ann, bob] = ['Bearer ann', 'Bearer bob'].map((authorization) => createClient({ headers: { authorization } }));
  const fetch = answering({ name: 'teapot' }, said(vary));
  const fetched: number[] = [];
  for (const client of [ann, bob, ann, bob]) {
    const { fetched: count } = await world.load(productLoad(['1']), { fetch, ...(client && { client }) });
    await world.cache.settled();
    fetched.push(count);
  }
  expect(fetched).toEqual(expected);
});
