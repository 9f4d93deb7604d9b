import type { Logger } from '@playgraph/kernel/logger';
import type { Transport, TransportInfo } from '@playgraph/server/transport';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
} from 'graphql';
import type { ResponseObject } from './merge.ts';
import type { OperationPlanner } from './plan-operation.ts';
import { type PlanRun, runPlan } from './run-plan.ts';
import { shapeResponse } from './shape-response.ts';

/** One version of the graph and the ways to its subgraphs. */
export type ExecutableGraph = {
  readonly apiSchema: GraphQLSchema;
  readonly planner: OperationPlanner;
  readonly transports: ReadonlyMap<string, Transport>;
  readonly logger: Logger;
};

/** A validated operation of a client. `variables` are as the client sent them. */
export type ClientOperation = {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** Plans and runs a query or mutation. Never rejects on what a subgraph does; an aborted client does reject. */
export async function executeOperation(
  graph: ExecutableGraph,
  operation: ClientOperation,
  info: TransportInfo,
): Promise<ExecutionResult> {
  const coerced = coerceVariables(graph.apiSchema, operation);
  if ('errors' in coerced) return coerced;
  const plan = graph.planner.plan(operation.document, operation.operationName);
  if (plan.node?.kind === 'Subscription') {
    return { errors: [new GraphQLError('Subscriptions are served over graphql-ws.', badRequest())] };
  }
  const run = createPlanRun(graph, coerced.variables, info);
  const data: ResponseObject = {};
  if (plan.node) await runPlan(run, plan.node, data);
  return finish(graph, { ...operation, ...coerced }, { run, data });
}

/** Checks and completes the client's variables; the errors when they do not fit. */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: ClientOperation,
): { variables: Record<string, unknown> } | { errors: readonly GraphQLError[] } {
  const definition = getOperationAST(operation.document, operation.operationName);
  if (!definition) return { errors: [new GraphQLError('There is no such operation in the document.', badRequest())] };
  const { coerced, errors } = getVariableValues(schema, definition.variableDefinitions ?? [], operation.variables);
  if (!errors) return { variables: coerced };
  return {
    errors: errors.map((error) => new GraphQLError(error.message, { ...badRequest(), nodes: error.nodes ?? null })),
  };
}

/** A fresh run, with nothing gathered yet. */
export function createPlanRun(
  graph: ExecutableGraph,
  variables: Record<string, unknown>,
  info: TransportInfo,
): PlanRun {
  return {
    supergraphSchema: graph.planner.supergraphSchema,
    transports: graph.transports,
    info,
    variables,
    errors: [],
    usage: new Map(),
  };
}

/** The client's response of a run; with what it cost when the client asked for that. */
export async function finish(
  graph: ExecutableGraph,
  operation: ClientOperation,
  { run, data }: { run: PlanRun; data: ResponseObject },
): Promise<ExecutionResult> {
  const shaped = await shapeResponse(
    { apiSchema: graph.apiSchema, logger: graph.logger, correlationId: run.info.correlationId, ...operation },
    data,
    run.errors,
  );
  return run.info.isMetered ? { ...shaped, extensions: { usage: Object.fromEntries(run.usage) } } : shaped;
}

function badRequest() {
  return { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } };
}
