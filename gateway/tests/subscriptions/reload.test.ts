import { expect, test } from 'vitest';
import { createLiveGraph, createLiveParts, read } from './live-graph.ts';

const SAID = 'subscription { said(room: "a") { text by { name } } }';
const said = (text: string, name: string) => ({ data: { said: { text, by: { name } } } });
const graphChanged = { data: null, errors: [{ extensions: { code: 'GRAPH_CHANGED', retryable: true } }] };

async function start(query = SAID) {
  const graph = createLiveGraph();
  const stream = graph.subscribe(query);
  const first = read(stream);
  await graph.untilOpen(1);
  return { ...graph, stream, first };
}

const renamed = {
  typeDefs: 'type Query { me: User } type User @key(fields: "id") { id: ID! name: String! age: Int }',
  resolvers: { User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `new name of ${id}` }) } },
};

test('a stream whose plan is the same goes on over a reload, on the upstream that it has and in the new graph', async () => {
  const { first, stream, say, change, state, subscriptions } = await start();
  say('a', 'one');
  expect(await first).toEqual(said('one', 'name of u1'));
  const next = read(stream);
  change({ live: createLiveParts().live, users: renamed });
  say('a', 'two');
  expect(await next).toEqual(said('two', 'new name of u1'));
  expect([state.opened, subscriptions.upstreams()]).toEqual([1, 1]);
  await stream.return();
});

test('a stream whose rest is fetched elsewhere now ends, and says that it may come again', async () => {
  const { first, change, untilOpen, stream } = await start();
  const { live } = createLiveParts();
  change({ live, people: { ...renamed } });
  expect(await first).toMatchObject(graphChanged);
  expect(await read(stream)).toBeNull();
  await untilOpen(0);
});

test('a stream whose field is gone ends, and others go on', async () => {
  const { first, change, subscribe, say, stream, untilOpen, users } = await start();
  const other = subscribe('subscription { said(room: "a") { text } }');
  const next = read(other);
  await untilOpen(2);
  const { live } = createLiveParts();
  const typeDefs = live.typeDefs
    .replace('by: User!', '')
    .replace('type User @key(fields: "id", resolvable: false) { id: ID! }', '');
  change({ live: { ...live, typeDefs }, users });
  expect(await first).toMatchObject(graphChanged);
  say('a', 'one');
  expect(await next).toEqual({ data: { said: { text: 'one' } } });
  await Promise.all([stream.return(), other.return()]);
});

test('events that wait are read before the end of a stream that a reload ends', async () => {
  const { first, change, say, stream, users, seen } = await start();
  say('a', 'one');
  say('a', 'two');
  expect(await first).toEqual(said('one', 'name of u1'));
  while (seen.length < 2) await new Promise(setImmediate);
  const { live } = createLiveParts();
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  change({ live, people: { ...users } });
  expect(await read(stream)).toEqual(said('two', 'name of u1'));
  expect(await read(stream)).toMatchObject(graphChanged);
  expect(await read(stream)).toBeNull();
});
