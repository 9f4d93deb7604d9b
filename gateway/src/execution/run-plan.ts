import type { FetchNode, PlanNode } from '@apollo/query-planner';
import type { Transport, TransportInfo, TransportRequest, TransportResponse } from '@playgraph/server/transport';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, Kind, parse } from 'graphql';
import { isObject, mergeInto, type ResponseObject } from './merge.ts';
import { buildEntityRequest, type Target } from './representations.ts';
import { applyRewrites } from './rewrites.ts';

/** One execution of a plan: what it needs, and what it gathers on the way. */
export type PlanRun = {
  readonly supergraphSchema: GraphQLSchema;
  readonly transports: ReadonlyMap<string, Transport>;
  readonly info: TransportInfo;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly errors: GraphQLError[];
  /** Calls and store queries by subgraph. */
  readonly usage: Map<string, { calls: number; storeQueries: number }>;
};

/** Runs `node` and fills `data` in place; errors of subgraphs go to `run.errors`, none is thrown. */
export async function runPlan(run: PlanRun, node: PlanNode, data: ResponseObject): Promise<void> {
  await runNode(run, node, [{ object: data, path: [] }]);
}

/** The transport's form of a fetch: its operation with those variables that it uses. */
export function toTransportRequest(run: PlanRun, fetch: FetchNode, more: ResponseObject = {}): TransportRequest {
  const used = (fetch.variableUsages ?? []).filter((name) => Object.hasOwn(run.variables, name));
  return {
    query: fetch.operation,
    document: fetch.operationDocumentNode ?? parse(fetch.operation),
    operationName: fetch.operationName,
    variables: { ...Object.fromEntries(used.map((name) => [name, run.variables[name]])), ...more },
  };
}

/** A subgraph's error as the client may see it: with the subgraph's name, at its place in the whole response. */
export function toClientError(
  error: GraphQLFormattedError,
  subgraph: string,
  path: readonly (string | number)[] | undefined,
): GraphQLError {
  const { stacktrace: _, ...extensions } = error.extensions ?? {};
  return new GraphQLError(error.message, {
    ...(path ? { path } : {}),
    extensions: { code: 'INTERNAL_SERVER_ERROR', ...extensions, subgraph },
  });
}

async function runNode(run: PlanRun, node: PlanNode, targets: readonly Target[]): Promise<void> {
  switch (node.kind) {
    case 'Sequence':
      for (const step of node.nodes) await runNode(run, step, targets);
      return;
    case 'Parallel':
      await Promise.all(node.nodes.map((step) => runNode(run, step, targets)));
      return;
    case 'Flatten':
      return runNode(run, node.node, flatten(targets, node.path));
    case 'Condition': {
      const clause = run.variables[node.condition] === true ? node.ifClause : node.elseClause;
      return clause ? runNode(run, clause, targets) : undefined;
    }
    case 'Fetch':
      return node.requires ? runEntityFetch(run, node, targets) : runRootFetch(run, node, targets);
    case 'Defer':
      throw new TypeError('the planner is not asked for @defer');
  }
}

async function runRootFetch(run: PlanRun, fetch: FetchNode, targets: readonly Target[]): Promise<void> {
  const response = await call(run, fetch, toTransportRequest(run, fetch));
  for (const error of response.errors ?? []) {
    run.errors.push(toClientError(error, fetch.serviceName, error.path ?? firstFieldOf(fetch)));
  }
  if (!isObject(response.data)) return;
  applyRewrites(run.supergraphSchema, fetch.outputRewrites, response.data);
  for (const { object } of targets) mergeInto(object, response.data);
}

async function runEntityFetch(run: PlanRun, fetch: FetchNode, targets: readonly Target[]): Promise<void> {
  const { representations, targetsOf } = buildEntityRequest(run.supergraphSchema, fetch, targets);
  if (representations.length === 0) return;
  const response = await call(run, fetch, toTransportRequest(run, fetch, { representations }));
  for (const error of response.errors ?? []) addEntityError(run, fetch, error, targetsOf);
  const entities = response.data?._entities;
  if (!Array.isArray(entities)) return;
  applyRewrites(run.supergraphSchema, fetch.outputRewrites, entities);
  entities.forEach((entity, i) => {
    if (isObject(entity)) for (const { object } of targetsOf[i] ?? []) mergeInto(object, entity);
  });
}

/** Where an error of a whole root fetch stands: at the first field that it was to bring. */
function firstFieldOf({ operation, operationDocumentNode }: FetchNode): string[] | undefined {
  const [definition] = (operationDocumentNode ?? parse(operation)).definitions;
  const field = definition?.kind === Kind.OPERATION_DEFINITION ? definition.selectionSet.selections[0] : undefined;
  return field?.kind === Kind.FIELD ? [field.alias?.value ?? field.name.value] : undefined;
}

/** An error below `_entities[i]` stands at every place that asked for entity i; one of the whole fetch at the first. */
function addEntityError(
  run: PlanRun,
  fetch: FetchNode,
  error: GraphQLFormattedError,
  targetsOf: readonly (readonly Target[])[],
): void {
  const [, index, ...rest] = error.path ?? [];
  const targets = typeof index === 'number' ? targetsOf[index] : targetsOf[0]?.slice(0, 1);
  for (const { path } of targets ?? []) {
    run.errors.push(toClientError(error, fetch.serviceName, [...path, ...rest]));
  }
}

async function call(run: PlanRun, fetch: FetchNode, request: TransportRequest): Promise<TransportResponse> {
  const transport = run.transports.get(fetch.serviceName);
  if (!transport) throw new TypeError(`no transport to the subgraph ${fetch.serviceName}`);
  const response = await transport.execute(request, run.info);
  const usage = run.usage.get(fetch.serviceName) ?? { calls: 0, storeQueries: 0 };
  const storeQueries = Number(response.extensions?.storeQueries ?? 0);
  run.usage.set(fetch.serviceName, { calls: usage.calls + 1, storeQueries: usage.storeQueries + storeQueries });
  return response;
}

/** The objects at `path` below the targets; `@` steps into every item of a list. */
function flatten(targets: readonly Target[], path: readonly (string | number)[]): Target[] {
  return targets.flatMap((target) => collect(target.object, target.path, path));
}

function collect(value: unknown, at: Target['path'], path: readonly (string | number)[]): Target[] {
  const [step, ...rest] = path;
  if (step === undefined) return isObject(value) ? [{ object: value, path: at }] : [];
  if (step === '@') {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, i) => collect(item, [...at, i], rest));
  }
  return isObject(value) ? collect(value[step], [...at, step], rest) : [];
}
