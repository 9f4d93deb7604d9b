import { createHash } from 'node:crypto';
import type { QueryPlan } from '@apollo/query-planner';
import { printExact } from '@playgraph/kernel/exact-json';
import type { Transport, TransportRequest, TransportResponse } from '@playgraph/server/transport';
import type { SubgraphCall } from '../calls/subgraph-call.ts';
import { type ClientInfo, type PrintedAnswer, printRefusal } from '../client-request.ts';
import type { Variables } from '../execution/compiled-operation.ts';
import { coerceVariables, type ExecutableGraph } from '../graph.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import type { ExecutionObserver } from '../telemetry/observe-execution.ts';
import { type Audience, type AudienceRule, callersOnly } from './audience.ts';
import { printEnd } from './stream-answer.ts';

/** A subscription on one version of the graph, with its variables. */
export type SubscriptionPlan = {
  /** What is asked of the subgraph that owns the subscription field. */
  readonly primary: { readonly subgraph: string; readonly transport: Transport; readonly request: TransportRequest };
  /** Plans with equal keys ask the same of every subgraph and print the same from the same answers. */
  readonly key: string;
  readonly audience: Audience;
  /** The client's answer to one event. Rejects only when `client.signal` aborts. */
  complete(event: TransportResponse, client: ClientInfo): Promise<PrintedAnswer>;
};

export type PlanInput = {
  readonly operation: PreparedOperation;
  readonly variables: Variables;
  readonly client: ClientInfo;
  /** How subgraphs are asked for what they add to an event. */
  readonly callFor: (client: ClientInfo) => SubgraphCall;
  /** Who gets the same; `callersOnly` when absent. */
  readonly audienceOf?: AudienceRule;
  readonly observer?: ExecutionObserver | undefined;
};

/** Plans a prepared subscription; a refusal when its variables do not fit. @throws PlanningError when no plan exists. */
export function planSubscription(
  graph: ExecutableGraph,
  { operation, variables, client: caller, callFor, audienceOf = callersOnly, observer }: PlanInput,
): SubscriptionPlan | { readonly refused: PrintedAnswer } {
  // Prepared before the graph changed: what was allowed then may not be so now.
  if (operation.version !== graph.catalogue.version) return { refused: printEnd('GRAPH_CHANGED') };
  const coerced = coerceVariables(graph.apiSchema, operation, variables);
  if ('errors' in coerced) return { refused: printRefusal(coerced) };
  const compile = () => graph.compile(operation);
  const isKept = graph.compiledOf(operation) !== null;
  const compiled = observer ? observer.compile({ operation, client: caller, isKept }, compile) : compile();
  const { subscription, plan } = compiled;
  if (!subscription) throw new TypeError('the operation is not a subscription');
  const { subgraph } = subscription;
  const transport = graph.transports.get(subgraph);
  if (!transport) throw new TypeError(`no transport to the subgraph ${subgraph}`);
  const audience = audienceOf(graph, operation, compiled);
  return {
    primary: { subgraph, transport, request: subscription.request(coerced.variables) },
    key: printExact([operation.id, coerced.variables, digestOf(plan), audience]),
    audience,
    async complete(event, client) {
      const { correlationId } = client;
      const call = callFor(client);
      const input = { call, correlationId, foreseen: [], joinsSteps: false, extensions: null, ...coerced };
      const answer = await subscription.complete(event, input);
      // A response without `data` is no event: the subgraph says that there is no stream, or no more of it.
      return event.data === undefined ? { ...answer, outcome: 'REFUSED' } : answer;
    },
  };
}

const digests = new WeakMap<QueryPlan, string>();

/** What a plan does: its fetches in their order. Parsed documents only repeat what their text says. */
function digestOf(plan: QueryPlan): string {
  const known = digests.get(plan);
  if (known !== undefined) return known;
  const text = JSON.stringify(plan.node, (key, value: unknown) =>
    key === 'operationDocumentNode' ? undefined : value,
  );
  const digest = createHash('sha256').update(text).digest('hex');
  digests.set(plan, digest);
  return digest;
}
