import { buildSchema, type GraphQLObjectType, parse, type SelectionSetNode } from 'graphql';
import { expect, test } from 'vitest';
import { entitiesOf, isLeader, leaderOf } from '../../src/execution/leader.ts';
import type { EntityFetch } from '../../src/execution/run.ts';
import { memoKeyOf } from '../../src/execution/writer/memo.ts';
import type { WriterContext } from '../../src/execution/writer/writer-context.ts';
import { compileByHand, entityFetch, idleRun, rootFetch, sequence } from './hand-made-plan.ts';

const schema = buildSchema(`
  type Query { users: [User] }
  type User { id: ID nick: String name: String age: Int mood: String home: Home }
  type Home { town: String street: String }
  type Robot { id: ID }
`);
const BY_ID = '... on User { __typename id }';

type Fetch = readonly [requires: string, selection: string];

/** The fetches at `users` after a root fetch with `selection`. */
function fetchesAt(selection: string, ...fetches: Fetch[]): readonly EntityFetch[] {
  const nodes = fetches.map(([requires, selects]) =>
    entityFetch('b', { path: 'users.@', requires, selection: `... on User { ${selects} }` }),
  );
  return compileByHand(sequence(rootFetch('a', `users { ${selection} }`), ...nodes), schema).entityFetches;
}

function keyOfPrinting(fetches: readonly EntityFetch[], selection: string) {
  const context: WriterContext = {
    schema,
    fragments: new Map(),
    conditions: {},
    leavesDeferred: false,
    planKeyOf: ({ alias, name }) => (alias ?? name).value,
    denialAt: () => null,
    introspect: () => () => undefined,
    takeSlot: () => 0,
  };
  const position = fetches[0]?.position ?? expect.fail();
  const type = schema.getType('User') as GraphQLObjectType;
  return memoKeyOf(context, position, { type, selectionSets: [selectionSet(`{ ${selection} }`)] });
}

function selectionSet(text: string): SelectionSetNode {
  const [operation] = parse(text).definitions;
  return operation?.kind === 'OperationDefinition' ? operation.selectionSet : expect.fail();
}

test('the first fetch at a place leads when its key is one field of the object itself', () => {
  const [first, second] = fetchesAt('__typename id', [BY_ID, 'name'], [BY_ID, 'age']);
  expect([first, second].map((fetch) => fetch && isLeader(fetch))).toEqual([true, false]);
});

test('a fetch follows whose needs are the key, or what records of the key bring', () => {
  const [first, ...others] = fetchesAt(
    '__typename id nick',
    [BY_ID, 'name'],
    [BY_ID, 'age'],
    ['... on User { __typename id name }', 'mood'],
  );
  expect(others.map((fetch) => leaderOf(fetch))).toEqual([first, first]);
  expect(first && leaderOf(first)).toBeNull();
});

test('a fetch that needs something of the object itself follows nobody: equal entities may differ there', () => {
  const [, second] = fetchesAt('__typename id nick', [BY_ID, 'name'], ['... on User { __typename id nick }', 'mood']);
  expect(second && leaderOf(second)).toBeNull();
});

test('nobody leads by several fields, or by a field that some record brings', () => {
  const two = fetchesAt('__typename id nick', ['... on User { __typename id nick }', 'name'], [BY_ID, 'age']);
  expect(two.map((fetch) => fetch.leader)).toEqual([null, null]);
  const fromRecord = fetchesAt('__typename nick', ['... on User { __typename id }', 'id name'], [BY_ID, 'age']);
  expect(fromRecord.map(isLeader).at(0)).toBe(false);
});

test('fetches for other types at the same place follow nobody', () => {
  const [, second] = fetchesAt('__typename id', [BY_ID, 'name'], ['... on Robot { __typename id }', 'age']);
  expect(second && leaderOf(second)).toBeNull();
});

test('a leader knows each entity once, with one of the objects that stand for it', () => {
  const [first = expect.fail()] = fetchesAt('__typename id', [BY_ID, 'name']);
  const run = idleRun();
  const user = (id: unknown, typename = 'User') => ({ __typename: typename, id });
  const [one, again, two] = [user('1'), user('1'), user('2')];
  run.root.users = [one, null, [again, two], user('3', 'Robot'), { __typename: 'User' }, 'lie'];
  expect([...entitiesOf(first, run)]).toEqual([
    ['1', one],
    ['2', two],
  ]);
  expect(entitiesOf(first, run)).toBe(entitiesOf(first, run));
});

test('what is printed of records and of the key follows from the key', () => {
  const fetches = fetchesAt('__typename id nick', [BY_ID, 'name age'], ['... on User { __typename id name }', 'mood']);
  const keyOf = keyOfPrinting(fetches, '__typename id name mood') ?? expect.fail();
  expect(keyOf({ __typename: 'User', id: '7' }, idleRun())).toBe('7');
  expect(keyOf({ __typename: 'Robot', id: '7' }, idleRun())).toBeUndefined();
  expect(keyOf({ __typename: 'User', id: '7' }, idleRun(true))).toBeUndefined();
});

test.each([
  ['a field that only the object has', 'name nick'],
  ['the same under an alias', 'name again: nick'],
  ['a field that no fetch brings', 'name lost: mood'],
])('%s keeps what is printed from being remembered', (_what, selection) => {
  const fetches = fetchesAt('__typename id nick again: nick', [BY_ID, 'name']);
  expect(keyOfPrinting(fetches, selection)).toBeNull();
});

test('nothing is remembered of objects with records that follow from other things than the key', () => {
  const fetches = fetchesAt('__typename id nick', [BY_ID, 'name'], ['... on User { __typename id nick }', 'mood']);
  expect(keyOfPrinting(fetches, 'id name')).toBeNull();
});
