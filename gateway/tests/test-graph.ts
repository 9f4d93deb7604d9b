import { composeServices } from '@apollo/composition';
import { systemClock } from '@playgraph/kernel/clock';
import { silentLogger } from '@playgraph/kernel/logger';
import { buildSchema } from '@playgraph/server/build-schema';
import { createHttpTransport } from '@playgraph/server/http-transport';
import { createLocalTransport } from '@playgraph/server/local-transport';
import type { RequestInfo, Subgraph } from '@playgraph/server/subgraph';
import type { Transport, TransportRequest } from '@playgraph/server/transport';
import { type GraphQLFormattedError, parse } from 'graphql';
import { expect } from 'vitest';
import { createCallRunner } from '../src/calls/call-runner.ts';
import type { ClientInfo, PrintedAnswer } from '../src/client-request.ts';
import { createOperationPlanner } from '../src/execution/plan-operation.ts';
import { createExecutor } from '../src/executor.ts';
import { createGraph, type ExecutableGraph } from '../src/graph.ts';
import type { PreparedOperation } from '../src/operations/prepare-operation.ts';
import { admit } from '../src/protection/admit.ts';
import { PROTECTION_DEFAULTS } from '../src/protection/protect-operation.ts';
import { planSubscription } from '../src/subscriptions/subscription-plan.ts';
import { createSubscriptions } from '../src/subscriptions/subscriptions.ts';
import { withoutSecurityPurpose } from '../src/supergraph/security-links.ts';

export type SubgraphParts = { readonly typeDefs: string; readonly resolvers: object };

/** A call as a transport saw it. */
export type SeenCall = { readonly subgraph: string; readonly request: TransportRequest };

/** Real subgraphs, composed by Apollo's composition, behind real local transports that also note what passes. */
export function createTestGraph(
  parts: Readonly<Record<string, SubgraphParts>>,
  given: { prediction?: boolean; showsPlan?: boolean } = {},
) {
  const seen: SeenCall[] = [];
  const services = Object.entries(parts).map(([name, { typeDefs }]) => ({
    name,
    url: `http://${name}.invalid/graphql`,
    typeDefs: parse(withLink(typeDefs)),
  }));
  const composed = composeServices(services);
  expect(composed.errors ?? []).toEqual([]);
  const supergraphSdl = withoutSecurityPurpose(composed.supergraphSdl ?? '');
  const planner = createOperationPlanner(supergraphSdl);
  const transports = new Map(
    Object.entries(parts).map(([name, part]) => [
      name,
      noting(name, createLocalTransport(toSubgraph(name, part)), seen),
    ]),
  );
  const options = {
    protection: PROTECTION_DEFAULTS,
    documentTokensMax: 20_000,
    subgraphErrors: 'pass',
    isDevelopment: false,
    logger: silentLogger,
  } as const;
  const graph = createGraph(planner, supergraphSdl, { transports, options });
  const runner = createCallRunner({ transports: () => transports, sharing: false, prediction: false });
  const executor = createExecutor({
    graph: () => graph,
    runner,
    logger: silentLogger,
    prediction: given.prediction ?? true,
    showsPlan: given.showsPlan ?? false,
    prepareAgain: async (operation) => operation,
  });
  const subscriptions = createSubscriptions({
    plan: (request) => planSubscription(graph, { ...request, callFor: runner.callFor }),
    prepareAgain: (operation) => operation,
    logger: silentLogger,
  });
  return {
    graph,
    seen,
    supergraphSdl,
    /** From now on that subgraph cannot be reached: nothing listens at its address. */
    breakSubgraph: (name: string) => void transports.set(name, createUnreachableTransport(name)),
    /** Executes; the response as the client would parse it. */
    query: async (source: string, variables = {}, info: Partial<ClientInfo> = {}): Promise<TestResponse> => {
      const client = { ...createInfo(), ...info };
      const operation = await admitted(graph, source, { variables, client });
      return parseAnswer(await executor.execute(operation, variables, client));
    },
    /** Executes for a client that takes a response in parts; each part as the client would parse it. */
    async *queryInParts(source: string, variables = {}): AsyncGenerator<unknown, void, void> {
      const client = createInfo();
      const operation = await admitted(graph, source, { variables, client });
      const answer = await executor.executeIncrementally(operation, variables, client);
      if ('body' in answer) return yield parseAnswer(answer);
      yield JSON.parse(answer.initial.toString());
      for await (const part of answer.rest) yield JSON.parse(part.toString());
    },
    async *subscribe(source: string, signal = new AbortController().signal): AsyncGenerator<TestResponse, void, void> {
      const client = { ...createInfo(), signal };
      const answers = subscriptions.subscribe({ operation: toOperation(graph, source), variables: {}, client });
      for await (const answer of answers) yield parseAnswer(answer);
    },
  };
}

/** The operation as this client may run it. @throws with what refuses it. */
async function admitted(
  graph: ExecutableGraph,
  source: string,
  { variables, client }: { readonly variables: Record<string, unknown>; readonly client: ClientInfo },
): Promise<PreparedOperation> {
  const operation = await admit(graph, toOperation(graph, source), { variables, client, logger: silentLogger });
  if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
  return operation;
}

/** A response as a client sees it. */
export type TestResponse = {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly (GraphQLFormattedError & { readonly extensions: Record<string, unknown> })[];
  readonly extensions?: Record<string, unknown>;
};

function parseAnswer({ body }: PrintedAnswer): TestResponse {
  return JSON.parse(body.toString()) as TestResponse;
}

export function createInfo(): ClientInfo {
  return {
    identity: null,
    correlationId: 'test',
    signal: new AbortController().signal,
    isMetered: false,
    headers: {},
    allowsSharing: true,
  };
}

function toOperation({ catalogue }: ExecutableGraph, source: string): PreparedOperation {
  const operation = catalogue.prepare(source, undefined);
  if ('errors' in operation) throw new Error(JSON.stringify(operation.errors));
  return operation;
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

/** Starts the SDL of a subgraph of Federation 1, which links to nothing. */
export const FEDERATION_1 = '# Federation 1';

function withLink(typeDefs: string): string {
  if (typeDefs.startsWith(FEDERATION_1)) return typeDefs;
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@external", "@shareable", "@provides", "@authenticated", "@interfaceObject", "@context", "@fromContext", "@requiresScopes", "@policy", "@inaccessible", "@composeDirective", "@override"])\n${typeDefs}`;
}
