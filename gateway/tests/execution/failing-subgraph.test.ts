import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { expectWellFormed, type Fault, type FaultyGraph, lie, sendJson } from './faulty-graph.ts';
import { createShop } from './faulty-shop.ts';

const SOURCE = '{ visits users { id name score home { town } } first { id } }';
const NAMES = ['people', 'details', 'stats'];

let shop: FaultyGraph;
beforeAll(async () => {
  shop = await createShop();
});
afterEach(() => {
  for (const name of NAMES) shop.subgraph(name).fault = null;
});
afterAll(() => shop.close());

/** Ways not to answer, and the code that tells of each. */
const FAILURES: readonly (readonly [string, string, Fault])[] = [
  ['never answers', 'DEADLINE_EXCEEDED', () => undefined],
  ['begins and never ends', 'DEADLINE_EXCEEDED', (response) => void response.write('{"data":')],
  ['hangs up', 'UNAVAILABLE', (response) => response.destroy()],
  [
    'hangs up in the middle of its answer',
    'UNAVAILABLE',
    (response, truth) => {
      const text = JSON.stringify(truth);
      response.setHeader('content-length', text.length);
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    },
  ],
  [
    'ends in the middle of its answer',
    'UNAVAILABLE',
    (response, truth) => response.end(JSON.stringify(truth).slice(0, -5)),
  ],
  ['has a page to show', 'UNAVAILABLE', (response) => response.writeHead(502).end('<h1>Bad gateway at 10.0.0.7</h1>')],
  ['says nothing', 'UNAVAILABLE', (response) => response.end()],
  ['says null', 'UNAVAILABLE', (response) => sendJson(response, null)],
  ['says a list', 'UNAVAILABLE', (response) => sendJson(response, [{ data: {} }])],
  ['says something else', 'UNAVAILABLE', (response) => sendJson(response, { result: 'fine' })],
  ['has a list for data', 'UNAVAILABLE', (response) => sendJson(response, { data: [] })],
  ['says far too much', 'UNAVAILABLE', (response, truth) => sendJson(response, { ...truth, x: 'x'.repeat(200_000) })],
  ['has its answer refused', 'UNAVAILABLE', (response) => response.writeHead(401).end('{}')],
];

test.each(FAILURES)(
  'a subgraph of root fields that %s is an error at each of its fields',
  async (_what, code, fault) => {
    shop.subgraph('people').fault = fault;
    const source = '{ first { id } node { id } s: __typename }';
    const response = await shop.query(source);
    expectWellFormed(response, { judge: shop.judge, source, isExplained: true });
    expect(response.data).toEqual({ first: null, node: null, s: 'Query' });
    expect(response.errors?.map(({ path }) => path)).toEqual([['first'], ['node']]);
    expect(response.errors?.[0]).toMatchObject({ extensions: { code, service: 'people' } });
  },
);

test.each(FAILURES)(
  'a subgraph of entities that %s takes its own fields and no others, with an error at each',
  async (_what, code, fault) => {
    shop.subgraph('details').fault = fault;
    const response = await shop.query(SOURCE);
    expectWellFormed(response, { judge: shop.judge, source: SOURCE, isExplained: true });
    const user = (id: string) => ({ id, name: `name of ${id}`, score: null, home: null });
    expect(response.data).toEqual({ visits: 12, users: ['u1', 'u2', 'u3'].map(user), first: { id: 'u1' } });
    const lost = [0, 1, 2].flatMap((i) => [`users.${i}.score`, `users.${i}.home`]);
    expect(response.errors?.map(({ path }) => path?.join('.'))).toEqual(lost);
    for (const { extensions } of response.errors ?? []) expect(extensions).toMatchObject({ code, service: 'details' });
  },
);

test.each(FAILURES)(
  'a subgraph whose field may not be null and that %s leaves nothing but errors',
  async (_what, code, fault) => {
    shop.subgraph('stats').fault = fault;
    const response = await shop.query(SOURCE);
    expect(response.data).toBeNull();
    expect(response.errors?.[0]).toMatchObject({ path: ['visits'], extensions: { code, service: 'stats' } });
  },
);

test('when every subgraph fails there is an error of each', async () => {
  for (const name of NAMES) shop.subgraph(name).fault = (response) => response.destroy();
  const { data, errors = [] } = await shop.query('{ first { id score } node { id } visits }');
  expect(data).toBeNull();
  expect(new Set(errors.map(({ extensions }) => extensions.service))).toEqual(new Set(['people', 'stats']));
});

test('a subgraph that answers again is asked again', async () => {
  shop.subgraph('details').fault = (response) => response.destroy();
  expect((await shop.query(SOURCE)).errors).not.toHaveLength(0);
  shop.subgraph('details').fault = null;
  const { data, errors } = await shop.query(SOURCE);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ users: [{ score: 7, home: { town: 'town of u1' } }, {}, {}] });
});

test('an error about one entity stands at that one, below the field that the client chose', async () => {
  shop.subgraph('details').fault = lie(({ data }) => {
    const [first, second, third] = (data?._entities ?? []) as Record<string, unknown>[];
    const error = {
      message: 'No score today.',
      path: ['_entities', 1, 'points'],
      extensions: { code: 'CLOSED', day: 7 },
    };
    return { data: { _entities: [first, { ...second, points: null }, third] }, errors: [error] };
  });
  const source = '{ people: users { id points: score } }';
  const { data, errors } = await shop.query(source);
  expectWellFormed({ data: data ?? null, errors: errors ?? [] }, { judge: shop.judge, source, isExplained: true });
  expect(data).toEqual({
    people: [
      { id: 'u1', points: 7 },
      { id: 'u2', points: null },
      { id: 'u3', points: 7 },
    ],
  });
  expect(errors).toEqual([
    {
      message: 'No score today.',
      path: ['people', 1, 'points'],
      locations: [{ line: 1, column: 22 }],
      extensions: { code: 'CLOSED', day: 7, service: 'details' },
    },
  ]);
});

test('an error about one entity whose field may not be null takes as much as the schema says, and no second error', async () => {
  shop.subgraph('details').fault = lie(({ data }) => {
    const [first, , third] = (data?._entities ?? []) as unknown[];
    const error = { message: 'Age is secret.', path: ['_entities', 1, 'home', 'town'] };
    return { data: { _entities: [first, { __typename: 'User', home: null, score: 1 }, third] }, errors: [error] };
  });
  const { data, errors } = await shop.query('{ users { id home { town } score } }');
  expect(data).toMatchObject({ users: [{ home: { town: 'town of u1' } }, { home: null, score: 1 }, {}] });
  expect(errors?.map(({ path }) => path)).toEqual([['users', 1, 'home', 'town']]);
});

test('an error without a path is told at each field that the fetch was for', async () => {
  shop.subgraph('details').fault = lie(() => ({ data: null, errors: [{ message: 'Closed.' }] }));
  const { data, errors } = await shop.query('{ users { id score } first { id score } }');
  expect(data).toEqual({
    users: ['u1', 'u2', 'u3'].map((id) => ({ id, score: null })),
    first: { id: 'u1', score: null },
  });
  expect(errors?.map(({ message }) => message)).toEqual(errors?.map(() => 'Closed.'));
  const lost = ['users.0.score', 'users.1.score', 'users.2.score', 'first.score'];
  expect(errors?.map(({ path }) => path?.join('.'))).toEqual(lost);
});

test('an error beside whole data is told, and the data stays', async () => {
  shop.subgraph('people').fault = lie((truth) => ({
    ...truth,
    errors: [{ message: 'Slow today.', extensions: { code: 'SLOW' } }],
  }));
  const { data, errors } = await shop.query('{ first { id name } }');
  expect(data).toEqual({ first: { id: 'u1', name: 'name of u1' } });
  expect(errors).toMatchObject([{ message: 'Slow today.', extensions: { code: 'SLOW', service: 'people' } }]);
});

test.each(['people', 'details'])(
  'in production nobody sees the inside of %s: no stack, no message of a fault, no address',
  async (name) => {
    const secrets = ['SELECT * FROM users', 'at run (/srv/app/index.js:1:1)', 'ECONNREFUSED 10.0.0.7:5432', 'debugger'];
    shop.subgraph(name).fault = lie(({ data }) => ({
      data,
      errors: [
        {
          message: secrets[0],
          path: name === 'people' ? ['users', 0] : ['_entities', 0],
          extensions: {
            code: 'INTERNAL_SERVER_ERROR',
            stacktrace: [secrets[1]],
            exception: { stack: secrets[1], message: secrets[2] },
            debug: secrets[3],
          },
        },
      ],
    }));
    const text = JSON.stringify(await shop.query('{ users { id score } }'));
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).not.toContain(new URL(shop.subgraph(name).url).host);
  },
);

test.each(FAILURES)('nothing is told of the address of a subgraph that %s', async (_what, _code, fault) => {
  shop.subgraph('people').fault = fault;
  const text = JSON.stringify(await shop.query('{ first { id } }'));
  expect(text).not.toMatch(/127\.0\.0\.1|10\.0\.0\.7|\/srv|\bat \w+ \(/);
});

test.each(['people', 'details'])(
  'a client that goes while %s is silent gets no answer, and is missed nowhere',
  async (name) => {
    const controller = new AbortController();
    const hasLeft = new Promise<void>((resolve) => {
      shop.subgraph(name).fault = (response) => {
        response.once('close', resolve);
        controller.abort(new Error('The client has gone.'));
      };
    });
    await expect(shop.query(SOURCE, controller.signal)).rejects.toThrow('The client has gone.');
    await hasLeft;
    shop.subgraph(name).fault = null;
    expect((await shop.query(SOURCE)).errors).toBeUndefined();
  },
);
