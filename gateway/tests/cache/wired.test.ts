import { expect, test } from 'vitest';
import { openCachedGraph } from './cached-graph.ts';

const shop = {
  typeDefs: `
    type Query { products: [Product!]! @cacheControl(maxAge: 30) fresh: [Product!]! }
    type Product @key(fields: "id") { id: ID! }
  `,
  resolvers: { Query: { products: () => [{ id: '1' }, { id: '2' }], fresh: () => [{ id: '1' }, { id: '2' }] } },
};

function namesWith(state: { name: string }) {
  return {
    typeDefs: 'type Product @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! name: String! }',
    resolvers: {
      Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `${state.name} ${id}` }) },
    },
  };
}

const LISTED = '{ products { name } }';
const one = { products: [{ name: 'one 1' }, { name: 'one 2' }] };
const two = { products: [{ name: 'two 1' }, { name: 'two 2' }] };

test.each([[false], [true]])(
  'root fields, entities and whole answers are kept and dropped together, prediction %s',
  async (prediction) => {
    const state = { name: 'one' };
    const { run, cache, listed } = await openCachedGraph({ shop, names: namesWith(state) }, { prediction });
    for (let i = 0; i < 3; i++) expect((await run(LISTED)).data).toEqual(one);
    state.name = 'two';
    const policy = 'max-age=30, public';
    expect(await run(LISTED)).toEqual({ data: one, cacheControl: policy, asked: '' });
    await cache.invalidate([{ typename: 'Product', key: { id: '1' } }]);
    // The list goes with any product; of the entities only the one that has changed, and what shares its place.
    const afterwards = await run(LISTED);
    expect(afterwards).toMatchObject({ cacheControl: policy, asked: 'ns' });
    expect(afterwards.data).toMatchObject({ products: [{ name: 'two 1' }, {}] });
    await cache.invalidate([{ subgraph: 'names' }]);
    expect(await run(LISTED)).toEqual({ data: two, cacheControl: policy, asked: 'n' });
    expect(await run(LISTED)).toEqual({ data: two, cacheControl: policy, asked: '' });
    expect(await run('{ fresh { name } }')).toMatchObject({ cacheControl: null, asked: 's' });
    listed.add(LISTED);
    expect(await run(LISTED)).toEqual({ data: two, cacheControl: policy, asked: '' });
    state.name = 'one';
    // Nothing is looked up but the answer itself.
    expect(await run(LISTED)).toEqual({ data: two, cacheControl: policy, asked: '' });
    await cache.invalidate([{ subgraph: 'names' }]);
    expect(await run(LISTED)).toEqual({ data: one, cacheControl: policy, asked: 'n' });
  },
);
