import { silentLogger } from '@playgraph/kernel/logger';
import { expect, test } from 'vitest';
import { createGateway } from '../src/gateway.ts';
import { createTestGraph } from './test-graph.ts';

const PARTS = {
  one: { typeDefs: 'type Query { one: Int }', resolvers: { Query: { one: () => 1 } } },
  two: { typeDefs: 'type Query { two: Int }', resolvers: { Query: { two: () => 2 } } },
};

test('a gateway is ready while every subgraph answers, and names one that does not', async () => {
  const { graph, supergraphSdl, breakSubgraph } = createTestGraph(PARTS);
  const createTransport = ({ name }: { name: string }) => {
    const transport = graph.transports.get(name);
    if (!transport) throw new Error(`no transport to ${name}`);
    return transport;
  };
  const load = async () => {
    const gateway = createGateway({ source: { sdl: supergraphSdl }, createTransport, logger: silentLogger });
    await gateway.forServer.load({ apollo: { key: undefined, keyHash: undefined, graphRef: undefined } as never });
    return gateway;
  };
  await expect((await load()).checkReady()).resolves.toBeUndefined();
  breakSubgraph('two');
  await expect((await load()).checkReady()).rejects.toThrow('two');
});
