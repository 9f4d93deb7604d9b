import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { createCallRunner } from '../src/calls/call-runner.ts';
import { createExecutor } from '../src/executor.ts';
import type { PreparedOperation } from '../src/operations/prepare-operation.ts';
import { admit } from '../src/protection/admit.ts';
import { createInfo, createTestGraph } from './test-graph.ts';

/** A graph of two fields of which one is guarded. */
function createGuarded(guarded: 'a' | 'b') {
  const [a, b] = ['a', 'b'].map((name) => `${name}: Int${name === guarded ? ' @authenticated' : ''}`);
  return createTestGraph({
    main: { typeDefs: `type Query { ${a} ${b} }`, resolvers: { Query: { a: () => 1, b: () => 2 } } },
  });
}

async function prepareOn({ graph }: ReturnType<typeof createGuarded>, text: string): Promise<PreparedOperation> {
  const operation = graph.catalogue.prepare(text, undefined);
  if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
  const admitted = await admit(graph, operation, { variables: {}, client: createInfo(), logger: silentLogger });
  if ('errors' in admitted) throw new Error(JSON.stringify(admitted.errors));
  return admitted;
}

test('an operation that was prepared before the graph changed runs under the rules of the newer graph', async () => {
  const [before, after] = [createGuarded('a'), createGuarded('b')];
  const prepared = await prepareOn(before, '{ a b }');
  const executor = createExecutor({
    graph: () => after.graph,
    runner: createCallRunner({ transports: () => after.graph.transports, sharing: true, prediction: true }),
    logger: silentLogger,
    prediction: true,
    prepareAgain: ({ text }) => prepareOn(after, text),
  });
  const { body } = await executor.execute(prepared, {}, createInfo());
  expect(JSON.parse(body.toString())).toMatchObject({ data: { a: 1, b: null }, errors: [{ path: ['b'] }] });
});
