import { expect, test } from 'vitest';
import type { PreparedOperation } from '../../src/operations/prepare-operation.ts';
import { createInfo, createTestGraph } from '../test-graph.ts';
import { openChangingGateway } from './changing-gateway.ts';

const shop = (fields: string) =>
  createTestGraph({
    shop: { typeDefs: `type Query { name: String ${fields} }`, resolvers: { Query: { name: () => 'Ann' } } },
  });

test('after a reload the schema is told as it is now, to those who asked before too', async () => {
  const world = await openChangingGateway(shop('old: Int'));
  const { gateway } = world;
  await world.load();
  const ask = async (query: string) => {
    const asked = { query, operationName: undefined, variables: {}, extensions: {} };
    const operation = (await gateway.prepare(asked, createInfo())) as PreparedOperation;
    const { body } = await gateway.execute(operation, {}, createInfo());
    return body.toString();
  };
  const sources = [
    '{ __type(name: "Query") { fields { name } } }',
    '{ name ...F } fragment F on Query { __schema { queryType { fields { name } } } }',
  ];
  for (const source of sources) expect(await ask(source)).toContain('"old"');
  const ready = world.untilReady();
  await world.changeTo(shop('fresh: Int'));
  await ready;
  for (const source of sources) {
    expect(await ask(source)).toContain('"fresh"');
    expect(await ask(source)).not.toContain('"old"');
  }
});
