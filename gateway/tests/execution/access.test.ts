import { beforeEach, expect, test } from 'vitest';
import { createTestGraph } from '../test-graph.ts';

type Graph = ReturnType<typeof createTestGraph>;

const people = {
  typeDefs: `
    type Query { me: Person people: [Person!]! secret: String! @authenticated audit: Audit @requiresScopes(scopes: [["admin"], ["staff", "audit"]]) things: [Thing!]! pet: Pet }
    type Mutation { wipe: Boolean @requiresScopes(scopes: [["admin"]]) touch: Int }
    type Person @key(fields: "id") { id: ID! name: String! email: String @authenticated born: Int! @authenticated friend: Person }
    type Audit { lines: [String!]! }
    interface Thing { id: ID! label: String }
    type Book implements Thing { id: ID! label: String }
    type Diary implements Thing { id: ID! label: String @authenticated text: String @authenticated }
    union Pet = Dog | Cat
    type Dog { name: String }
    type Cat @authenticated { name: String }
  `,
  resolvers: {
    Query: {
      me: () => ({ id: 'p1' }),
      people: () => [{ id: 'p1' }, { id: 'p2' }],
      secret: () => 'the secret',
      audit: () => ({ lines: ['one'] }),
      things: () => [
        { __typename: 'Book', id: 'b1', label: 'Book' },
        { __typename: 'Diary', id: 'd1', label: 'Mine', text: 'Dear diary' },
      ],
      pet: () => ({ __typename: 'Dog', name: 'Rex' }),
    },
    Mutation: { touch: () => 1, wipe: () => true },
    Person: {
      name: ({ id }: { id: string }) => `name of ${id}`,
      email: ({ id }: { id: string }) => `${id}@mail`,
      born: () => 1990,
      friend: ({ id }: { id: string }) => (id === 'p1' ? { id: 'p2' } : null),
    },
  },
};
const bank = {
  typeDefs: `
    type Person @key(fields: "id") { id: ID! balance: Int @requiresScopes(scopes: [["bank:read"]]) branch: String }
  `,
  resolvers: { Person: { balance: () => 100, branch: () => 'Main' } },
};

const STRANGER = { identity: null };
const caller = (...scopes: string[]) => ({ identity: { userId: 'user_1', sessionId: 'session_1', scopes } });

let graph: Graph;
beforeEach(() => {
  graph = createTestGraph({ people, bank });
});

/** Every operation that was sent, as one text. */
const sent = (): string => graph.seen.map(({ request }) => request.query).join('\n');
/** `code at path`, sorted. */
const told = ({ errors = [] }: Awaited<ReturnType<Graph['query']>>): string[] =>
  errors.map(({ extensions, path = [] }) => `${extensions.code} at ${path.join('.')}`).sort();

test('a stranger gets null and a reason for each place of a field that needs a sign-in, and it is not asked for', async () => {
  const answer = await graph.query('{ people { id email } }', {}, STRANGER);
  expect(answer.data).toEqual({
    people: [
      { id: 'p1', email: null },
      { id: 'p2', email: null },
    ],
  });
  expect(told(answer)).toEqual(['UNAUTHENTICATED at people.0.email', 'UNAUTHENTICATED at people.1.email']);
  expect(answer.errors?.[0]?.locations).toEqual([{ line: 1, column: 15 }]);
  expect(sent()).not.toContain('email');
});

test('who is signed in gets it', async () => {
  const answer = await graph.query('{ people { email born } }', {}, caller());
  expect(answer).toEqual({
    data: {
      people: [
        { email: 'p1@mail', born: 1990 },
        { email: 'p2@mail', born: 1990 },
      ],
    },
  });
});

test('a denied field that may not be null takes its object, as far as the schema says', async () => {
  const answer = await graph.query('{ me { id friend { id when: born } } }', {}, STRANGER);
  expect(answer.data).toEqual({ me: { id: 'p1', friend: null } });
  expect(told(answer)).toEqual(['UNAUTHENTICATED at me.friend.when']);
  expect(sent()).not.toContain('born');
});

test('a denied root field that may not be null leaves no data', async () => {
  const answer = await graph.query('{ me { id } secret }', {}, STRANGER);
  expect(answer.data).toBeNull();
  expect(told(answer)).toEqual(['UNAUTHENTICATED at secret']);
  expect(sent()).not.toContain('secret');
});

test('a subgraph of which everything is denied is not called', async () => {
  const answer = await graph.query('{ people { name balance } }', {}, caller('other'));
  expect(answer.data).toMatchObject({ people: [{ name: 'name of p1', balance: null }, { balance: null }] });
  expect(told(answer)).toEqual(['FORBIDDEN at people.0.balance', 'FORBIDDEN at people.1.balance']);
  expect(graph.seen.map(({ subgraph }) => subgraph)).toEqual(['people']);
});

test('scopes open a field of an entity in another subgraph, and what stands beside a denied one stays', async () => {
  const source = '{ me { branch balance } }';
  const { data } = await graph.query(source, {}, caller('bank:read'));
  expect(data).toEqual({ me: { branch: 'Main', balance: 100 } });
  const denied = await graph.query(source, {}, caller());
  expect(denied.data).toEqual({ me: { branch: 'Main', balance: null } });
});

test('of the lists of scopes one has to be held in full', async () => {
  const ask = async (...scopes: string[]) => told(await graph.query('{ audit { lines } }', {}, caller(...scopes)));
  expect([await ask('admin'), await ask('audit', 'staff')]).toEqual([[], []]);
  expect(await ask('staff')).toEqual(['FORBIDDEN at audit']);
});

test('an operation of which everything is denied asks nobody', async () => {
  const answer = await graph.query('{ audit { lines } }', {}, STRANGER);
  expect(answer.data).toEqual({ audit: null });
  expect(told(answer)).toEqual(['UNAUTHENTICATED at audit']);
  expect(graph.seen).toEqual([]);
});

test('fragments hide nothing, and a field that is denied in one of them is denied in all', async () => {
  const source = `
    query ($all: Boolean!) { me { ...A ... on Person { mail: email } ... @include(if: $all) { friend { ...A } } } }
    fragment A on Person { id email }`;
  const answer = await graph.query(source, { all: true }, STRANGER);
  expect(answer.data).toEqual({ me: { id: 'p1', email: null, mail: null, friend: { id: 'p2', email: null } } });
  expect(told(answer)).toEqual([
    'UNAUTHENTICATED at me.email',
    'UNAUTHENTICATED at me.friend.email',
    'UNAUTHENTICATED at me.mail',
  ]);
  expect(sent()).not.toContain('email');
});

test('a field that a condition leaves out is no reason for an error', async () => {
  const source = 'query ($with: Boolean!) { me { id email @include(if: $with) } }';
  expect(await graph.query(source, { with: false }, STRANGER)).toEqual({ data: { me: { id: 'p1' } } });
  expect(told(await graph.query(source, { with: true }, STRANGER))).toEqual(['UNAUTHENTICATED at me.email']);
});

test('on an interface a field is denied that one of its types guards; a fragment is judged by its own type', async () => {
  const onInterface = await graph.query('{ things { __typename id label } }', {}, STRANGER);
  expect(onInterface.data).toMatchObject({
    things: [
      { id: 'b1', label: null },
      { id: 'd1', label: null },
    ],
  });
  const onTypes = await graph.query('{ things { ... on Book { label } ... on Diary { label text } } }', {}, STRANGER);
  expect(onTypes.data).toEqual({ things: [{ label: 'Book' }, { label: null, text: null }] });
  expect(told(onTypes)).toEqual(['UNAUTHENTICATED at things.1.label', 'UNAUTHENTICATED at things.1.text']);
  const allowed = await graph.query('{ things { __typename id label } }', {}, caller());
  expect(allowed.errors).toBeUndefined();
  expect(allowed.data).toMatchObject({ things: [{ label: 'Book' }, { label: 'Mine' }] });
});

test('the fields of a guarded member of a union are denied there, those of others are not', async () => {
  const source = '{ pet { __typename ... on Dog { name } ... on Cat { name } } }';
  const answer = await graph.query(source, {}, STRANGER);
  expect(answer).toEqual({ data: { pet: { __typename: 'Dog', name: 'Rex' } } });
});

test('a mutation that is denied does not happen, the others do', async () => {
  const answer = await graph.query('mutation { wipe touch }', {}, STRANGER);
  expect(answer.data).toEqual({ wipe: null, touch: 1 });
  expect(sent()).not.toContain('wipe');
});

test('callers of one operation in turn get each what is theirs', async () => {
  const source = '{ me { email balance } }';
  const ask = async (info: Parameters<Graph['query']>[2]) => (await graph.query(source, {}, info)).data?.me;
  for (let round = 0; round < 2; round++) {
    expect(await ask(STRANGER)).toEqual({ email: null, balance: null });
    expect(await ask(caller())).toEqual({ email: 'p1@mail', balance: null });
    expect(await ask(caller('bank:read'))).toEqual({ email: 'p1@mail', balance: 100 });
  }
});
