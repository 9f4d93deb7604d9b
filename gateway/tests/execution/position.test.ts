import { parse, type SelectionSetNode } from 'graphql';
import { expect, test } from 'vitest';
import { createPositionTree, ITSELF, type Position } from '../../src/execution/position.ts';
import { compileRead, compileTypename, type View } from '../../src/execution/view.ts';

type Tree = ReturnType<typeof createPositionTree<string>>;

const plantTree = (): Tree => createPositionTree<string>(new Set(['User', 'Robot']));

function selectionSet(text: string): SelectionSetNode {
  const [operation] = parse(text).definitions;
  if (operation?.kind !== 'OperationDefinition') throw new TypeError(text);
  return operation.selectionSet;
}

function rootFetch(tree: Tree, text: string, renames = new Map<string, string>()): void {
  tree.contribute(tree.root, { source: ITSELF, subgraph: 'a', selectionSet: selectionSet(text), renames });
}

/** Adds a fetch that brings records to a position. */
function entityFetch(tree: Tree, position: Position<string>, text: string): void {
  position.fetches.push(`fetch ${position.fetches.length + 1}`);
  const source = position.fetches.length;
  tree.contribute(position, { source, subgraph: 'b', selectionSet: selectionSet(text), renames: new Map() });
}

test('a position is the same whether a selection or a path leads to it, lists left out', () => {
  const tree = plantTree();
  rootFetch(tree, '{ users { reviews { product { id } } } }');
  const size = tree.size();
  const product = tree.at(tree.root, ['users', '@', 'reviews', '@', '@', 'product']);
  expect(tree.at(tree.at(tree.root, ['users', '@']), ['reviews', 'product'])).toBe(product);
  expect([...product.sources.keys()]).toEqual(['id']);
  expect(tree.size()).toBe(size);
});

test('positions have indexes of their own, without gaps', () => {
  const tree = plantTree();
  rootFetch(tree, '{ a { b { c } } d { e { f } } }');
  const all = (position: Position<string>): number[] => [
    position.index,
    ...[...position.children.values()].flatMap(all),
  ];
  expect(all(tree.root).sort((x, y) => x - y)).toEqual([0, 1, 2, 3, 4]);
});

test('aliases and fragments count by the keys that they answer under', () => {
  const tree = plantTree();
  rootFetch(tree, '{ user { nick: name ... on User { age ... { id } } } }');
  expect([...tree.at(tree.root, ['user']).sources]).toEqual([
    ['nick', [0]],
    ['age', [0]],
    ['id', [0]],
  ]);
});

test('whose a value is counts where one subgraph alone is asked for it', () => {
  const tree = plantTree();
  rootFetch(tree, '{ user { id n: name } }');
  const user = tree.at(tree.root, ['user']);
  entityFetch(tree, user, '{ ... on User { id age home { town } } }');
  entityFetch(tree, user, '{ ... on User { age } }');
  expect(Object.fromEntries(user.subgraphs)).toEqual({ id: null, n: 'a', age: 'b', home: 'b' });
  expect(Object.fromEntries(tree.at(user, ['home']).subgraphs)).toEqual({ town: 'b' });
});

test('a key that a rewrite renames is found under its new name, at that place only', () => {
  const tree = plantTree();
  rootFetch(
    tree,
    '{ user { name__alias_0: name friend { name__alias_0: name } } }',
    new Map([['user.name__alias_0', 'name']]),
  );
  const user = tree.at(tree.root, ['user']);
  expect([...user.sources.keys()]).toEqual(['name', 'friend']);
  expect([...tree.at(user, ['friend']).sources.keys()]).toEqual(['name__alias_0']);
});

test('a value is read from the object itself while no fetch adds to it', () => {
  const tree = plantTree();
  rootFetch(tree, '{ user { name } }');
  const user = tree.at(tree.root, ['user']);
  expect(compileRead(user, 'name')({ name: 'Ada' })).toBe('Ada');
  expect(compileRead(user, 'name')({})).toBeUndefined();
});

test('a value is read from the fetch that brings it', () => {
  const tree = plantTree();
  rootFetch(tree, '{ user { id } }');
  const user = tree.at(tree.root, ['user']);
  entityFetch(tree, user, '{ name }');
  entityFetch(tree, user, '{ age }');
  const view: View = [{ id: '1', name: 'wrong' }, { name: 'Ada', age: 0 }, { age: 36 }];
  expect(['id', 'name', 'age'].map((key) => compileRead(user, key)(view))).toEqual(['1', 'Ada', 36]);
});

test('where several bring a scalar the first that has a value counts, and null counts more than nothing', () => {
  const tree = plantTree();
  rootFetch(tree, '{ user { name } }');
  const user = tree.at(tree.root, ['user']);
  entityFetch(tree, user, '{ name }');
  const read = compileRead(user, 'name');
  expect(read([{ name: 'object' }, { name: 'record' }])).toBe('object');
  expect(read([{ name: null }, { name: 'record' }])).toBe('record');
  expect(read([{}, { name: null }])).toBeNull();
  expect(read([{ name: null }, undefined])).toBeNull();
  expect(read([{}, null])).toBeUndefined();
});

test('objects that several fetches bring parts of are merged into the object, but not at the root', () => {
  const tree = plantTree();
  rootFetch(tree, '{ user { id address { street } } }');
  rootFetch(tree, '{ user { id } }');
  const user = tree.at(tree.root, ['user']);
  entityFetch(tree, user, '{ address { town } name }');
  expect([...user.merged]).toEqual(['address']);
  expect([...tree.root.merged]).toEqual([]);
  expect(compileRead(user, 'address')([{ address: 'merged' }, { address: 'part' }])).toBe('merged');
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])(
  'a field by the name of %s is not what every JavaScript object inherits',
  (key) => {
    const tree = plantTree();
    rootFetch(tree, `{ user { ${key} } }`);
    const user = tree.at(tree.root, ['user']);
    expect(compileRead(user, key)({})).toBeUndefined();
    expect(compileRead(user, key)(JSON.parse(`{"${key}":1}`) as View)).toBe(1);
  },
);

test('the type of an object is an object type where any answer names one, the last answer before the others', () => {
  const tree = plantTree();
  rootFetch(tree, '{ node { __typename id } }');
  const node = tree.at(tree.root, ['node']);
  expect(compileTypename(node)({ __typename: 'Node' })).toBe('Node');
  entityFetch(tree, node, '{ __typename name }');
  entityFetch(tree, node, '{ age }');
  const typenameOf = compileTypename(node);
  expect(typenameOf([{ __typename: 'Node' }, { __typename: 'User' }, { __typename: 'Robot' }])).toBe('User');
  expect(typenameOf([{ __typename: 'User' }, { __typename: 'Node' }, {}])).toBe('User');
  expect(typenameOf([{ __typename: 'User' }, { __typename: 'Robot' }, {}])).toBe('Robot');
  expect(typenameOf([{ __typename: 'Node' }, undefined, undefined])).toBe('Node');
  expect(typenameOf([{ __typename: 5 }, null, null] as unknown as View)).toBeUndefined();
});
