import type { PlanNode } from '@apollo/query-planner';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import type { EntityFetch } from '../../src/execution/run.ts';
import { compileByHand, entityFetch, idleRun, representationOf, rootFetch, sequence } from './hand-made-plan.ts';

const schema = buildSchema(`
  type Query { user: User node: Node }
  interface Node { id: ID }
  type User implements Node { id: ID name: String age: Int org: Org tags: [String] orgs: [Org] pet: Pet }
  type Org { id: ID name: String }
  type Robot implements Node { id: ID model: String }
  interface Pet { id: ID }
  type Dog implements Pet { id: ID bark: String }
  type Cat implements Pet { id: ID meow: String }
`);

/** The fetch for what `requires` names, at an object that the root fetch brings with `selection`. */
function fetchFor(selection: string, requires: string, keys = [['id']]): EntityFetch {
  const [path] = selection.split(' ');
  const fetch = entityFetch('b', { path: path ?? '', requires, selection: '... on User { name }' });
  return last(compileByHand(sequence(rootFetch('a', selection), fetch), schema, keys).entityFetches);
}

function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1);
  if (item === undefined) throw new TypeError('nothing there');
  return item;
}

const BY_ID = fetchFor('user { __typename id }', '... on User { __typename id }');

test('one scalar and the type are the representation, and the scalar itself is the key', () => {
  expect(representationOf(BY_ID, [{ __typename: 'User', id: 'u1' }])).toEqual({ __typename: 'User', id: 'u1' });
  expect(BY_ID.representation.keyOf([{ __typename: 'User', id: 'u1' }], idleRun())).toBe('u1');
  expect(BY_ID.representation).toMatchObject({ isKeyCheap: true, typename: 'User', keyFields: new Set(['id']) });
});

test.each(['', '"', 'a"b\\', '\u0000', '\u0000{"__typename":"Robot","id":"x"}', '\u0001', '\ud800', '{}', '__proto__'])(
  'an id may be any text: %j',
  (id) => {
    expect(representationOf(BY_ID, [{ __typename: 'User', id }])).toEqual({ __typename: 'User', id });
  },
);

test('a number, a text of the same digits, a boolean and a list are different keys', () => {
  const values = [1, '1', true, 'true', 'null', [1], '[1]', 0];
  const keys = values.map((id) => BY_ID.representation.keyOf([{ __typename: 'User', id }], idleRun()));
  expect(new Set(keys).size).toBe(values.length);
  expect(values.map((id) => representationOf(BY_ID, [{ __typename: 'User', id }]))).toEqual(
    values.map((id) => ({ __typename: 'User', id })),
  );
});

test('null names no entity, but may stand in a key beside what is not null', () => {
  expect(representationOf(BY_ID, [{ __typename: 'User', id: null }])).toBeUndefined();
  const pair = fetchFor('user { __typename id name }', '... on User { __typename id name }', [['id', 'name']]);
  const half = { __typename: 'User', id: null, name: 'Ada' };
  expect(representationOf(pair, [half])).toEqual(half);
  expect(representationOf(pair, [{ ...half, name: null }])).toBeUndefined();
});

test('an object of another type, of no type, or without the field is not asked for', () => {
  expect(representationOf(BY_ID, [{ __typename: 'Robot', id: 'r1' }])).toBeUndefined();
  expect(representationOf(BY_ID, [{ id: 'r1' }])).toBeUndefined();
  expect(representationOf(BY_ID, [{ __typename: 7, id: 'r1' }])).toBeUndefined();
  expect(representationOf(BY_ID, [{ __typename: 'User' }])).toBeUndefined();
});

test('an entity behind an interface is named by its own type, so that equal ids of two types are two entities', () => {
  const fetch = fetchFor('node { __typename id }', '... on Node { __typename id }');
  const views = ['User', 'Robot'].map((typename) => [{ __typename: typename, id: '1' }]);
  expect(views.map((view) => representationOf(fetch, view))).toEqual([
    { __typename: 'User', id: '1' },
    { __typename: 'Robot', id: '1' },
  ]);
  expect(new Set(views.map((view) => fetch.representation.keyOf(view, idleRun()))).size).toBe(2);
  expect(fetch.representation).toMatchObject({ isKeyCheap: false, typename: null });
});

const FLAT = fetchFor('user { __typename id name age }', '... on User { __typename id name age }');

test('several scalars stand in the representation in the order that the plan names them', () => {
  const view = [{ age: 3, name: 'A"da', id: 'u1', __typename: 'User' }];
  expect(JSON.stringify(representationOf(FLAT, view))).toBe('{"__typename":"User","id":"u1","name":"A\\"da","age":3}');
});

test('a null that is required is sent as null', () => {
  const view = [{ __typename: 'User', id: 'u1', name: null, age: 3 }];
  expect(representationOf(FLAT, view)).toEqual({ __typename: 'User', id: 'u1', name: null, age: 3 });
});

test('what nobody was asked for is left out, while a key is there', () => {
  expect(representationOf(FLAT, [{ __typename: 'User', id: 'u1', age: 3 }])).toEqual({
    __typename: 'User',
    id: 'u1',
    age: 3,
  });
  expect(representationOf(FLAT, [{ __typename: 'User', name: 'Ada', age: 3 }])).toBeUndefined();
});

test('one of two keys is enough, and half of a key is none', () => {
  const fetch = fetchFor(
    'user { __typename id name age }',
    '... on User { __typename id } ... on User { __typename name age }',
    [['id'], ['name', 'age']],
  );
  const named = (object: object) => representationOf(fetch, [{ __typename: 'User', ...object }]);
  expect(named({ id: 'u1' })).toEqual({ __typename: 'User', id: 'u1' });
  expect(named({ name: 'Ada', age: 1 })).toEqual({ __typename: 'User', name: 'Ada', age: 1 });
  expect(named({ name: 'Ada' })).toBeUndefined();
  expect(named({})).toBeUndefined();
});

test('what a subgraph was asked for and did not know takes the whole representation along', () => {
  const plan = sequence(
    rootFetch('a', 'user { __typename id }'),
    entityFetch('b', { path: 'user', requires: '... on User { __typename id }', selection: '... on User { name }' }),
    entityFetch('c', {
      path: 'user',
      requires: '... on User { __typename id name }',
      selection: '... on User { age }',
    }),
  );
  const fetch = last(compileByHand(plan, schema).entityFetches);
  const user = { __typename: 'User', id: 'u1' };
  expect(representationOf(fetch, [user, { name: 'Ada' }])).toEqual({ ...user, name: 'Ada' });
  expect(representationOf(fetch, [user, { name: null }])).toEqual({ ...user, name: null });
  // The subgraph `b` does not know the user.
  expect(representationOf(fetch, [user, null])).toBeUndefined();
  // The fetch from `b` was left out by a condition.
  expect(representationOf(fetch, [user, undefined])).toEqual(user);
});

test('objects, lists of objects and lists of scalars inside a requirement come along as deep as they are named', () => {
  const fetch = fetchFor(
    'user { __typename id org { id name } orgs { id name } tags }',
    '... on User { __typename id org { name } orgs { id } tags }',
  );
  const org = { id: 'o1', name: 'Acme' };
  const object = { __typename: 'User', id: 'u1', org, orgs: [org, null, [org]], tags: ['x', null] };
  expect(representationOf(fetch, [object])).toEqual({
    __typename: 'User',
    id: 'u1',
    org: { name: 'Acme' },
    orgs: [{ id: 'o1' }, null, [{ id: 'o1' }]],
    tags: ['x', null],
  });
  expect(representationOf(fetch, [{ ...object, org: null, orgs: null }])).toMatchObject({ org: null, orgs: null });
});

test('below an interface each object brings the fields of its own type', () => {
  const fetch = fetchFor(
    'user { __typename id pet { __typename id ... on Dog { bark } ... on Cat { meow } } }',
    '... on User { __typename id pet { __typename ... on Pet { id } ... on Dog { bark } ... on Cat { meow } } }',
  );
  const withPet = (pet: object) => representationOf(fetch, [{ __typename: 'User', id: 'u1', pet }]);
  expect(withPet({ __typename: 'Dog', id: 'd', bark: 'wow' })).toMatchObject({
    pet: { __typename: 'Dog', id: 'd', bark: 'wow' },
  });
  expect(withPet({ __typename: 'Cat', id: 'c', meow: null })).toMatchObject({
    pet: { __typename: 'Cat', id: 'c', meow: null },
  });
});

test('a key may itself be an object, and equal objects are one key', () => {
  const fetch = fetchFor('user { __typename org { id } }', '... on User { __typename org { id } }', [['org']]);
  const keyOf = (org: unknown) => fetch.representation.keyOf([{ __typename: 'User', org }], idleRun());
  expect(keyOf({ id: 'o1' })).toBe(keyOf({ id: 'o1', name: 'more' }));
  expect(keyOf({ id: 'o1' })).not.toBe(keyOf({ id: 'o2' }));
  expect(keyOf(undefined)).toBeUndefined();
});

test('an input rewrite gives the entity the type that the subgraph knows it by', () => {
  const fetch = entityFetch('b', {
    path: 'node',
    requires: '... on User { __typename id }',
    selection: '... on Node { id }',
    inputRewrites: [{ kind: 'ValueSetter', path: ['... on User', '__typename'], setValueTo: 'Node' }],
  });
  const plan: PlanNode = sequence(rootFetch('a', 'node { __typename id }'), fetch);
  const compiled = last(compileByHand(plan, schema).entityFetches);
  expect(representationOf(compiled, [{ __typename: 'User', id: '1' }])).toEqual({ __typename: 'Node', id: '1' });
  expect(representationOf(compiled, [{ __typename: 'Robot', id: '1' }])).toBeUndefined();
});
