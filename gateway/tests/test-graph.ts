import { composeServices } from '@apollo/composition';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createLocalTransport } from '@playgraph/server/local-transport';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';
import type { Transport, TransportInfo, TransportRequest } from '@playgraph/server/transport';
import { parse, validate } from 'graphql';
import { expect } from 'vitest';
import { type ExecutableGraph, executeOperation } from '../src/execution/execute-operation.ts';
import { createOperationPlanner } from '../src/execution/plan-operation.ts';
import { subscribeOperation } from '../src/subscriptions/subscribe-operation.ts';

export type SubgraphParts = { readonly typeDefs: string; readonly resolvers: object };

/** A call as a transport saw it. */
export type SeenCall = { readonly subgraph: string; readonly request: TransportRequest };

/** Real subgraphs, composed by Apollo's composition, behind real local transports that also note what passes. */
export function createTestGraph(parts: Readonly<Record<string, SubgraphParts>>) {
  const seen: SeenCall[] = [];
  const services = Object.entries(parts).map(([name, { typeDefs }]) => ({
    name,
    url: `http://${name}.invalid/graphql`,
    typeDefs: parse(withLink(typeDefs)),
  }));
  const composed = composeServices(services);
  expect(composed.errors ?? []).toEqual([]);
  const planner = createOperationPlanner(composed.supergraphSdl ?? '');
  const transports = new Map(
    Object.entries(parts).map(([name, part]) => [
      name,
      noting(name, createLocalTransport(toSubgraph(name, part)), seen),
    ]),
  );
  const graph: ExecutableGraph = { apiSchema: planner.apiSchema, planner, transports, logger: silentLogger };
  return {
    graph,
    seen,
    supergraphSdl: composed.supergraphSdl ?? '',
    /** From now on that subgraph cannot be reached: nothing listens at its address. */
    breakSubgraph: (name: string) => void transports.set(name, createUnreachableTransport(name)),
    query: (source: string, variables = {}) =>
      executeOperation(graph, toOperation(graph, source, variables), createInfo()),
    subscribe: (source: string, signal = new AbortController().signal) =>
      subscribeOperation(graph, toOperation(graph, source, {}), { ...createInfo(), signal }),
  };
}

export function createInfo(): TransportInfo {
  return { identity: null, correlationId: 'test', signal: new AbortController().signal, isMetered: false };
}

function toOperation({ apiSchema }: ExecutableGraph, source: string, variables: Record<string, unknown>) {
  const document = parse(source);
  expect(validate(apiSchema, document)).toEqual([]);
  return { document, operationName: undefined, variables };
}

function toSubgraph(name: string, { typeDefs, resolvers }: SubgraphParts): Subgraph {
  return {
    name,
    schema: buildSchema({ typeDefs: withLink(typeDefs), resolvers }),
    createContext: (info: RequestInfo) => info,
    logger: silentLogger,
    routes: [],
    checkReady: async () => undefined,
    close: async () => undefined,
  };
}

function createUnreachableTransport(name: string): Transport {
  const options = { name, url: 'http://127.0.0.1:9/graphql', identitySecret: 'x'.repeat(32) };
  return createHttpTransport({ ...options, clock: systemClock, logger: silentLogger });
}

function noting(subgraph: string, transport: Transport, seen: SeenCall[]): Transport {
  return {
    ...transport,
    execute: (request, info) => {
      seen.push({ subgraph, request });
      return transport.execute(request, info);
    },
  };
}

function withLink(typeDefs: string): string {
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external", "@shareable", "@provides", "@authenticated", "@interfaceObject"])\n${typeDefs}`;
}
