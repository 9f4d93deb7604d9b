import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { readOverrideConditions } from '../../src/execution/override-labels.ts';
import { createTestGraph } from '../test-graph.ts';
import { ask } from './ask.ts';

const OPERATIONS = Array.from({ length: 400 }, (_, i) => parse(`{ tune { id a${i}: name } }`));

const old = {
  typeDefs: 'type Query { tune: Tune } type Tune @key(fields: "id") { id: ID! name: String beat: String key: String }',
  resolvers: {
    Query: { tune: () => ({ id: '1' }) },
    Tune: { name: () => 'old', beat: () => 'old', key: () => 'old' },
  },
};
const renewed = {
  typeDefs: `type Tune @key(fields: "id") {
    id: ID!
    name: String @override(from: "old", label: "percent(100)")
    beat: String @override(from: "old", label: "percent(0)")
    key: String @override(from: "old", label: "ask_somebody")
  }`,
  resolvers: { Tune: { name: () => 'new', beat: () => 'new', key: () => 'new' } },
};

test('a field moves to its new subgraph with the share that its label says, others stay', async () => {
  const graph = createTestGraph({ old, renewed });
  expect(await ask(graph, '{ tune { name beat key } }')).toBe('{"tune":{"name":"new","beat":"old","key":"old"}}');
});

test('about as many operations as the label says have the new field, and always the same ones', () => {
  const sdl = parse(
    'type T { a: Int @join__field(overrideLabel: "percent(25)") b: Int @join__field(overrideLabel: "else") }',
  );
  const conditions = readOverrideConditions(sdl);
  const moved = OPERATIONS.filter((operation) => conditions(operation).get('percent(25)'));
  expect(moved.length).toBeGreaterThan(60);
  expect(moved.length).toBeLessThan(140);
  const again = readOverrideConditions(sdl);
  expect(OPERATIONS.filter((operation) => again(operation).get('percent(25)'))).toEqual(moved);
  expect(conditions(OPERATIONS[0] ?? sdl).has('else')).toBe(false);
});
