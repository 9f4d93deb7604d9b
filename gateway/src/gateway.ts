import type { GatewayInterface } from '@apollo/server-gateway-interface';
import type { Logger } from '@playgraph/kernel/logger';
import { maskError } from '@playgraph/server/mask-error';
import type { Transport, TransportInfo } from '@playgraph/server/transport';
import { type ExecutionResult, GraphQLError, parse } from 'graphql';
import { type ClientOperation, type ExecutableGraph, executeOperation } from './execution/execute-operation.ts';
import { createOperationPlanner } from './execution/plan-operation.ts';
import { subscribeOperation } from './subscriptions/subscribe-operation.ts';
import { createSupergraphLoader, type SupergraphSource } from './supergraph.ts';

export type GatewayDeps = {
  readonly source: SupergraphSource;
  /** The way to a subgraph, made once for each name that the supergraph mentions. */
  readonly createTransport: (subgraph: { readonly name: string; readonly url: string }) => Transport;
  readonly logger: Logger;
};

/** A loaded supergraph that answers operations; the doors (HTTP, WebSocket) stand in `http/`. */
export type Gateway = {
  /** What ApolloServer drives: load, updates, stop and our executor. */
  readonly forServer: GatewayInterface;
  /** The graph in force. @throws TypeError before the first load. */
  graph(): ExecutableGraph;
  execute(operation: ClientOperation, info: TransportInfo): Promise<ExecutionResult>;
  subscribe(operation: ClientOperation, info: TransportInfo): AsyncGenerator<ExecutionResult, void, void>;
  /** Resolves when every subgraph answers. @throws Error naming one that does not. */
  checkReady(): Promise<void>;
  /** Closes every transport. The supergraph's watcher is stopped by ApolloServer through `forServer.stop`. */
  close(): Promise<void>;
};

/** A gateway over any Federation 2 supergraph; it knows nothing of what the graph is about. */
export function createGateway(deps: GatewayDeps): Gateway {
  const loader = createSupergraphLoader(deps.source, deps.logger);
  const transports = new Map<string, Transport>();
  let current: ExecutableGraph | null = null;

  loader.onSchemaLoadOrUpdate(({ coreSupergraphSdl }) => {
    const planner = createOperationPlanner(coreSupergraphSdl);
    for (const [name, url] of planner.subgraphUrls) {
      if (!transports.has(name)) transports.set(name, deps.createTransport({ name, url }));
    }
    current = { apiSchema: planner.apiSchema, planner, transports, logger: deps.logger };
  });

  const graph = (): ExecutableGraph => {
    if (!current) throw new TypeError('the supergraph is not loaded yet');
    return current;
  };
  const execute: Gateway['execute'] = async (operation, info) => {
    try {
      return await executeOperation(graph(), operation, info);
    } catch (error) {
      if (info.signal.aborted) return { data: null };
      const { message, extensions } = maskError(error, { logger: deps.logger, correlationId: info.correlationId });
      return { errors: [new GraphQLError(message, { extensions: extensions ?? null })] };
    }
  };
  return {
    graph,
    execute,
    subscribe: (operation, info) => subscribeOperation(graph(), operation, info),
    forServer: {
      onSchemaLoadOrUpdate: (callback) => loader.onSchemaLoadOrUpdate(callback),
      load: async (options) => {
        await loader.load(options);
        return {
          executor: ({ document, operationName, request, context }) =>
            execute(
              { document, operationName: operationName ?? undefined, variables: request.variables ?? {} },
              context as TransportInfo,
            ) as never,
        };
      },
      stop: () => loader.stop(),
    },
    checkReady: async () => {
      await Promise.all([...graph().transports].map(([name, transport]) => checkSubgraph(name, transport)));
    },
    close: async () => {
      await Promise.all([...transports.values()].map((transport) => transport.close()));
    },
  };
}

/** The cheapest operation that every GraphQL service answers. */
const PROBE = '{ __typename }';
const PROBE_MS_MAX = 2_000;

async function checkSubgraph(name: string, transport: Transport): Promise<void> {
  const request = { query: PROBE, document: parse(PROBE), operationName: undefined, variables: {} };
  const signal = AbortSignal.timeout(PROBE_MS_MAX);
  const { errors } = await transport.execute(request, {
    identity: null,
    correlationId: 'ready',
    signal,
    isMetered: false,
  });
  if (errors) throw new Error(`${name}: ${errors[0]?.message}`);
}
