import type { SubscriptionNode } from '@apollo/query-planner';
import type { TransportInfo, TransportResponse } from '@playgraph/server/transport';
import { type ExecutionResult, GraphQLError } from 'graphql';
import {
  type ClientOperation,
  coerceVariables,
  createPlanRun,
  type ExecutableGraph,
  executeOperation,
  finish,
} from '../execution/execute-operation.ts';
import { isObject } from '../execution/merge.ts';
import { runPlan, toClientError, toTransportRequest } from '../execution/run-plan.ts';

/** What the owning subgraph sent, and its name for error messages. */
type Event = { readonly response: TransportResponse; readonly subgraph: string };

/**
 * Runs a subscription: the owning subgraph's stream is the source, and for every event the rest of the query plan
 * fetches the fields of other subgraphs. One event at a time, in order; the next is asked for when the client has
 * taken the last. Ends when the source ends, the client returns or `info.signal` aborts.
 */
export async function* subscribeOperation(
  graph: ExecutableGraph,
  operation: ClientOperation,
  info: TransportInfo,
): AsyncGenerator<ExecutionResult, void, void> {
  const coerced = coerceVariables(graph.apiSchema, operation);
  if ('errors' in coerced) return yield coerced;
  const { node } = graph.planner.plan(operation.document, operation.operationName);
  if (node?.kind !== 'Subscription') return yield executeOperation(graph, operation, info);
  const { variables } = coerced;
  const subgraph = node.primary.serviceName;
  const transport = graph.transports.get(subgraph);
  if (!transport) throw new GraphQLError(`no transport to the subgraph ${subgraph}`);
  const request = toTransportRequest(createPlanRun(graph, variables, info), node.primary);
  for await (const response of transport.subscribe(request, info)) {
    yield completeEvent(graph, { ...operation, variables }, { node, info, event: { response, subgraph } });
  }
}

async function completeEvent(
  graph: ExecutableGraph,
  operation: ClientOperation,
  { node, info, event }: { node: SubscriptionNode; info: TransportInfo; event: Event },
): Promise<ExecutionResult> {
  const run = createPlanRun(graph, { ...operation.variables }, info);
  const { data, errors } = event.response;
  for (const error of errors ?? []) run.errors.push(toClientError(error, event.subgraph, error.path));
  if (!isObject(data)) return { ...(data === null ? { data } : {}), errors: run.errors };
  if (node.rest) await runPlan(run, node.rest, data);
  return finish(graph, operation, { run, data });
}
