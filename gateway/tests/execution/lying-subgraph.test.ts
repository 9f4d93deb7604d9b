import fc from 'fast-check';
import { parse } from 'graphql';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { completeBySpecification, expectWellFormed, type FaultyGraph, lie } from './faulty-graph.ts';
import { createShop } from './faulty-shop.ts';
import { anyLie, withLie } from './lies.ts';

const DETAILS = 'age height score mood member tags home { town street { name number } } grid';
let shop: FaultyGraph;
beforeAll(async () => {
  shop = await createShop();
});
afterEach(() => {
  for (const name of ['people', 'details', 'stats']) shop.subgraph(name).fault = null;
});
afterAll(() => shop.close());

type Json = Record<string, unknown>;

const place = fc.nat({ max: 1_000 });

test('whatever a subgraph of root fields says, the answer is what the specification makes of it', async () => {
  const source =
    '{ users { id name nick } first { id name } node { __typename id sound ... on Dog { tricks } ... on Cat { lives } } }';
  const document = parse(source);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(place, anyLie), { minLength: 1, maxLength: 3 }), async (lies) => {
      let said: unknown;
      shop.subgraph('people').fault = lie((truth) => {
        said = lies.reduce<unknown>((value, [n, lied]) => withLie(value, n, lied), truth.data);
        if (typeof said !== 'object' || said === null || Array.isArray(said)) said = {};
        return { data: said };
      });
      const response = await shop.query(source);
      expectWellFormed(response, { judge: shop.judge, source, isExplained: false });
      const paths = (response.errors ?? []).map(({ path = [] }) => path.join('.')).sort();
      expect({ data: response.data, paths }).toEqual(completeBySpecification(shop.judge, document, said));
    }),
    { numRuns: 300 },
  );
});

test('whatever a subgraph of entities says, the answer is what the specification makes of both answers together', async () => {
  const source = `{ users { id name nick ${DETAILS} } }`;
  const document = parse(source);
  const { users } = (await shop.query('{ users { id name nick } }')).data as { users: Json[] };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(place, anyLie), { minLength: 1, maxLength: 3 }), async (lies) => {
      let entities: unknown;
      shop.subgraph('details').fault = lie(({ data }) => {
        entities = lies.reduce<unknown>((value, [n, lied]) => withLie(value, n, lied), data?._entities);
        return { data: { _entities: entities } };
      });
      const response = await shop.query(source);
      expectWellFormed(response, { judge: shop.judge, source, isExplained: false });
      const known = Array.isArray(entities) ? entities : [];
      const together = { users: users.map((user, i) => ({ ...asObject(known[i]), ...user })) };
      const expected = completeBySpecification(shop.judge, document, together);
      expect(response.data).toEqual(expected.data);
      // Where other things than entities came, one error tells of it in the place of many.
      if (known.length === users.length && known.every((entity) => entity === null || asObject(entity) === entity)) {
        expect((response.errors ?? []).map(({ path = [] }) => path.join('.')).sort()).toEqual(expected.paths);
      }
    }),
    { numRuns: 300 },
  );
});

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an object', { 0: { age: 1 } }],
  ['a text', 'entities'],
  ['an empty list', []],
  ['too short a list', [{ __typename: 'User', age: 1 }]],
  ['a list of what are no entities', ['u1', 2, [3]]],
])(
  'a subgraph that gives %s for three entities leaves everything else, and an error says why',
  async (_what, entities) => {
    const source = '{ visits users { id name score } }';
    shop.subgraph('details').fault = lie(() => ({ data: { _entities: entities } }));
    const response = await shop.query(source);
    expectWellFormed(response, { judge: shop.judge, source, isExplained: true });
    expect(response.data).toMatchObject({ visits: 12, users: [{ name: 'name of u1' }, {}, { name: 'name of u3' }] });
  },
);

test('entities beyond those that were asked for are nobody’s', async () => {
  const source = '{ users { id score } }';
  const expected = await shop.query(source);
  shop.subgraph('details').fault = lie(({ data }) => ({
    data: { _entities: [...((data?._entities ?? []) as unknown[]), { __typename: 'User', score: 99 }] },
  }));
  expect(await shop.query(source)).toEqual(expected);
});

test.each<[string, unknown]>([
  ['a text', 'users.0'],
  ['a number', 7],
  ['an object', { users: 0 }],
  ['a list of nonsense', [null, { a: 1 }, ['users']]],
  ['a place that is not there', ['users', 99, 'name']],
  ['a negative index', ['users', -1, 'name']],
  ['a field that nobody selected', ['users', 0, 'salary']],
  ['a list with fields', ['users', 'name']],
  ['an endless path', Array.from({ length: 5_000 }, () => 'users')],
])('an error whose path is %s takes nothing along', async (_what, path) => {
  const source = '{ visits users { id name score } }';
  for (const name of ['people', 'details']) {
    shop.subgraph(name).fault = lie((truth) => ({ ...truth, errors: [{ message: 'Half of it.', path }] }));
    const response = await shop.query(source);
    expectWellFormed(response, { judge: shop.judge, source, isExplained: false });
    expect(response.data).toMatchObject({ visits: 12, users: [{ name: 'name of u1', score: 7 }, {}, {}] });
    expect(response.errors?.map(({ message }) => message)).toContain('Half of it.');
    shop.subgraph(name).fault = null;
  }
});

test.each<[string, unknown]>([
  ['no list', { message: 'no' }],
  ['a list of texts', ['no']],
  ['errors without words', [{}]],
  ['words that are none', [{ message: { text: 'no' } }]],
  ['extensions that are none', [{ message: 'no', extensions: 'code' }]],
  ['a code that is none', [{ message: 'no', extensions: { code: 7 } }]],
  ['an empty list', []],
])('errors that are %s are an error of that subgraph, or none at all', async (_what, errors) => {
  const source = '{ visits users { id name } }';
  shop.subgraph('people').fault = lie(() => ({ data: null, errors }));
  const response = await shop.query(source);
  expect(response.errors?.length).toBeGreaterThan(0);
  expectWellFormed(response, { judge: shop.judge, source, isExplained: true });
});
