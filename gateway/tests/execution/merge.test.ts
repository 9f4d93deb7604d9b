import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { type MutableObject, mergeInto, mergeValues } from '../../src/execution/merge.ts';
import { applyRewrites } from '../../src/execution/rewrites.ts';
import { compileTypeTest } from '../../src/execution/type-condition.ts';

const json = fc.jsonValue({ maxDepth: 3 });

test('parts of an object are put together field by field, to any depth', () => {
  const merged = mergeValues({ id: 1, at: { street: 'A' }, tags: [1] }, { at: { town: 'B' }, name: null });
  expect(merged).toEqual({ id: 1, at: { street: 'A', town: 'B' }, tags: [1], name: null });
});

test('lists are put together item by item, the longer one decides how many there are', () => {
  expect(mergeValues([{ a: 1 }, null, { a: 3 }], [{ b: 1 }, { b: 2 }])).toEqual([{ a: 1, b: 1 }, { b: 2 }, { a: 3 }]);
  expect(mergeValues([[{ a: 1 }]], [[{ b: 1 }, { b: 2 }]])).toEqual([[{ a: 1, b: 1 }, { b: 2 }]]);
});

test('null and nothing never take the place of a value, a value takes theirs', () => {
  expect([mergeValues(1, null), mergeValues(1, undefined), mergeValues(null, 2), mergeValues(undefined, 2)]).toEqual([
    1, 1, 2, 2,
  ]);
  expect([mergeValues(null, undefined), mergeValues(undefined, null)]).toEqual([null, null]);
});

test('merging changes neither of two values, and merging a value with itself gives that value', () => {
  fc.assert(
    fc.property(json, json, (left, right) => {
      const before = JSON.stringify([left, right]);
      mergeValues(left, right);
      expect(JSON.stringify([left, right])).toBe(before);
      expect(mergeValues(left, structuredClone(left))).toEqual(left);
    }),
  );
});

test('parts that do not overlap give the same in any order', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), fc.dictionary(fc.string(), json), (left, right) => {
      const other = Object.fromEntries(Object.entries(right).filter(([key]) => !Object.hasOwn(left, key)));
      expect(mergeValues(left, other)).toEqual(mergeValues(other, left));
    }),
  );
});

test('a key of __proto__ becomes a property, and changes no prototype', () => {
  const target: MutableObject = {};
  mergeInto(target, JSON.parse('{"__proto__":{"polluted":true},"constructor":{"x":1}}') as MutableObject);
  expect(JSON.stringify(target)).toBe('{"__proto__":{"polluted":true},"constructor":{"x":1}}');
  expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
  expect(({} as MutableObject).polluted).toBeUndefined();
});

const schema = buildSchema(`
  type Query { node: Node any: Any }
  interface Node { id: ID }
  interface Named implements Node { id: ID name: String }
  type User implements Node & Named { id: ID name: String }
  type Robot implements Node { id: ID }
  union Any = User | Robot
`);

test('a type satisfies its own name, and every interface and union that it is part of', () => {
  const satisfied = (typename: string) =>
    ['User', 'Robot', 'Node', 'Named', 'Any'].filter((condition) => compileTypeTest(schema, condition)(typename));
  expect(satisfied('User')).toEqual(['User', 'Node', 'Named', 'Any']);
  expect(satisfied('Robot')).toEqual(['Robot', 'Node', 'Any']);
  expect(satisfied('Named')).toEqual(['Node', 'Named']);
  expect(satisfied('Ghost')).toEqual([]);
  expect(compileTypeTest(schema, 'Node')(undefined)).toBe(false);
});

test('a rewrite renames a key in every object of the type at its path, through lists, and leaves others alone', () => {
  const value = {
    nodes: [{ __typename: 'User', x: 1 }, [{ __typename: 'Robot', x: 2 }], null, 'lie', { __typename: 'User' }],
  };
  applyRewrites(schema, [{ kind: 'KeyRenamer', path: ['nodes', '... on User', 'x'], renameKeyTo: 'y' }], value);
  expect(value).toEqual({
    nodes: [{ __typename: 'User', y: 1 }, [{ __typename: 'Robot', x: 2 }], null, 'lie', { __typename: 'User' }],
  });
});

test('a rewrite sets a value where its type condition holds, and where no type is told', () => {
  const value = [{ __typename: 'User' }, { __typename: 'Robot' }, {}];
  applyRewrites(schema, [{ kind: 'ValueSetter', path: ['... on Named', 'name'], setValueTo: 'set' }], value);
  expect(value).toEqual([{ __typename: 'User', name: 'set' }, { __typename: 'Robot' }, { name: 'set' }]);
});

test('rewrites whose path is not there change nothing', () => {
  const value = { node: null, list: [1, 'two'] };
  const paths = [['node', 'x'], ['list', 'x'], ['gone', 'deep', 'x'], []];
  for (const path of paths) applyRewrites(schema, [{ kind: 'KeyRenamer', path, renameKeyTo: 'y' }], value);
  expect(value).toEqual({ node: null, list: [1, 'two'] });
});
