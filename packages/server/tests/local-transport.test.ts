import { once } from 'node:events';
import { silentLogger } from '@playgraph/kernel/logger';
import { createLocalTransport } from '@playgraph/server/local-transport';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';
import { LeanAbortController } from '@playgraph/server/watch-abort';
import { GraphQLObjectType, GraphQLScalarType, GraphQLSchema } from 'graphql';
import { expect, test } from 'vitest';
import { query, toInfo } from './odd-subgraph.ts';

/** A subgraph that answers `{ a }` with `value` as a scalar of any form. `onAsked` hears of each operation. */
function createSubgraph(value: unknown, onAsked: (request: RequestInfo) => void = () => undefined): Subgraph {
  const Anything = new GraphQLScalarType({ name: 'Anything' });
  const Query = new GraphQLObjectType({ name: 'Query', fields: { a: { type: Anything, resolve: () => value } } });
  return {
    name: 'any',
    schema: new GraphQLSchema({ query: Query }),
    logger: silentLogger,
    createContext(request) {
      onAsked(request);
      return {};
    },
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
}

test('nobody can change an answer that others hold', async () => {
  const transport = createLocalTransport(createSubgraph({ list: [{ n: 1 }] }));
  const response = (await transport.execute(query, toInfo())).read();
  const { a } = response.data as { a: { list: { n: number }[] } };
  expect(() => Object.assign(response, { data: null })).toThrow(TypeError);
  expect(() => Object.assign(response.data ?? {}, { a: 2 })).toThrow(TypeError);
  expect(() => a.list.push({ n: 2 })).toThrow(TypeError);
  expect(() => Object.assign(a.list[0] ?? {}, { n: 2 })).toThrow(TypeError);
  expect(response).toEqual({ data: { a: { list: [{ n: 1 }] } } });
});

test('an answer is no part of the subgraph: its own values stay its own, and later changes are not seen', async () => {
  const own = { list: [{ n: 1 }] };
  const transport = createLocalTransport(createSubgraph(own));
  const response = (await transport.execute(query, toInfo())).read();
  own.list.push({ n: 2 });
  Object.assign(own.list[0] ?? {}, { n: 3 });
  expect(response).toEqual({ data: { a: { list: [{ n: 1 }] } } });
  expect((await transport.execute(query, toInfo())).read()).toEqual({ data: { a: { list: [{ n: 3 }, { n: 2 }] } } });
});

test('values that print themselves arrive as they would over a wire', async () => {
  const at = new Date(0);
  const transport = createLocalTransport(createSubgraph({ at, all: [at] }));
  const { data } = (await transport.execute(query, toInfo())).read();
  expect(data).toEqual({ a: { at: '1970-01-01T00:00:00.000Z', all: ['1970-01-01T00:00:00.000Z'] } });
});

test('a resolver in this process is told that its client has gone, and its caller does not wait for it', async () => {
  const client = new LeanAbortController();
  let answered: Promise<void> | undefined;
  const asked = new Promise<AbortSignal>((resolve) => {
    const never = createSubgraph(new Promise(() => undefined), ({ signal }) => resolve(signal));
    answered = expect(createLocalTransport(never).execute(query, toInfo({ signal: client.signal }))).rejects.toThrow(
      'bye',
    );
  });
  const signal = await asked;
  expect(signal.aborted).toBe(false);
  const gone = once(signal, 'abort');
  client.abort(new Error('bye'));
  await Promise.all([gone, answered]);
  expect(signal.reason).toBe(client.reason);
});
