import { expect, test } from 'vitest';
import { type MutableObject, mergeInto } from '../../src/execution/merge.ts';
import { createTestGraph } from '../test-graph.ts';

const found = { __resolveReference: (user: object) => user };
const users = {
  typeDefs: `type Query { me: User users: [User!]! nobody: User }
    type User @key(fields: "id") { id: ID! name: String friend: User slow: String }`,
  resolvers: {
    Query: { me: () => ({ id: 'u1' }), users: () => [{ id: 'u1' }, { id: 'u2' }], nobody: () => null },
    User: { ...found, name: () => 'name', slow: () => 'slow', friend: () => ({ id: 'u9' }) },
  },
};
const second = {
  typeDefs: 'type User @key(fields: "id") { id: ID! b1: Int fans: [User!] }',
  resolvers: { User: { ...found, b1: () => 1, fans: () => [{ id: 'u7' }] } },
};
const third = {
  typeDefs: 'type User @key(fields: "id") { id: ID! c1: Int b1: Int @external c2: Int @requires(fields: "b1") }',
  resolvers: { User: { ...found, c1: () => 3, c2: ({ b1 }: { b1: number }) => b1 + 10 } },
};

type Part = {
  readonly incremental?: readonly { readonly path: readonly (string | number)[]; readonly data: object }[];
};

test.each([
  '{ me { id name ... @defer { slow ... @defer { name } } } }',
  '{ me { id name ... @defer { b1 ... @defer { c1 } } } }',
  '{ me { id ... @defer { b1 ... @defer { slow ... @defer { c2 } } } } }',
  '{ me { id ... @defer { b1 ... @defer { id } } } }',
  '{ me { id ... @defer { fans { id ... @defer { id c1 } } } } }',
  '{ me { id ... @defer { friend { id ... @defer { c2 friend { b1 ... @defer { slow } } } } } ... @defer { c1 } } }',
  '{ ... @defer { me { id ... @defer { c1 ... @defer { b1 } } } } }',
  '{ me { id } ... @defer { users { b1 ... @defer { c1 } } ... @defer { nobody { id ... @defer { c1 } } } } }',
  'query Q($off: Boolean = false) { me { id ... @defer(if: $off) { b1 ... @defer { c1 } } } }',
  'query Q($off: Boolean = false) { me { id ... @defer { b1 ... @defer(if: $off) { c1 } } } }',
])('the parts come to what the whole answer says: %s', async (source) => {
  const graph = createTestGraph({ users, second, third });
  const { data } = await graph.query(source);
  const parts = graph.queryInParts(source);
  const first = (await parts.next()).value as { readonly data: MutableObject };
  const together: MutableObject = structuredClone(first.data);
  for await (const part of parts) {
    for (const { path, data: more } of (part as Part).incremental ?? []) {
      const at = path.reduce<unknown>((value, step) => (value as MutableObject)[step], together);
      mergeInto(at as MutableObject, more as MutableObject);
    }
  }
  expect(together).toEqual(data);
});
