import { printExact } from '@playgraph/kernel/exact-json';
import type { Logger } from '@playgraph/kernel/logger';
import { maskError } from '@playgraph/server/mask-error';
import { OperationTypeNode } from 'graphql';
import type { AnswerCache } from './cache/answer-cache.ts';
import { type AnswerReach, answerReachOf } from './cache/answer-reach.ts';
import type { EntityCache } from './cache/entity-cache.ts';
import type { CallRunner } from './calls/call-runner.ts';
import {
  type ClientInfo,
  type IncrementalAnswer,
  type PrintedAnswer,
  printRefusal,
  type Refusal,
} from './client-request.ts';
import type {
  CompiledOperation,
  ExecutionInput,
  IncrementalOperation,
  Variables,
} from './execution/compiled-operation.ts';
import { coerceVariables, defersAnything, type ExecutableGraph } from './graph.ts';
import { countCalls, meterCalls } from './meter-calls.ts';
import type { PreparedOperation } from './operations/prepare-operation.ts';
import { refuseUnplanned } from './operations/refuse-unplanned.ts';
import type { ExecutionObserver } from './telemetry/observe-execution.ts';

/** Runs prepared queries and mutations on the graph in force. */
export type Executor = {
  /** Runs a query or mutation. Rejects only when `client.signal` aborts. */
  execute(operation: PreparedOperation, variables: Variables, client: ClientInfo): Promise<PrintedAnswer>;
  /** The same for a client that takes a response in parts: what `@defer` puts off comes later. */
  executeIncrementally(
    operation: PreparedOperation,
    variables: Variables,
    client: ClientInfo,
  ): Promise<PrintedAnswer | IncrementalAnswer>;
};

export type ExecutorDeps = {
  readonly graph: () => ExecutableGraph;
  readonly runner: CallRunner;
  /** Whether calls are sent ahead: then only what is to be sent ahead the next time joins steps, since that takes time. */
  readonly prediction: boolean;
  /** Whether every answer says under `extensions.plan` what its plan took. No when absent. */
  readonly showsPlan?: boolean;
  readonly logger: Logger;
  /** The operation on the graph in force, where it was prepared on an older one. */
  readonly prepareAgain: (
    operation: PreparedOperation,
    variables: Variables,
    client: ClientInfo,
  ) => Promise<PreparedOperation | Refusal>;
  readonly observer?: ExecutionObserver | undefined;
  /** Entities that are kept; none when absent. */
  readonly entities?: EntityCache | undefined;
  /** Whole answers that are kept; none when absent. */
  readonly answers?: AnswerCache | undefined;
  /** Whether an operation is one of the persisted manifest. */
  readonly isListed?: (operation: PreparedOperation) => boolean;
};

/** One request, with its variables coerced. */
type Request = {
  readonly operation: PreparedOperation;
  readonly variables: Variables;
  readonly client: ClientInfo;
};

export function createExecutor(deps: ExecutorDeps): Executor {
  return {
    execute: (operation, variables, client) =>
      guard(deps, { operation, variables, client }, (request) => runOperation(deps, request)),
    executeIncrementally: (operation, variables, client) =>
      guard(deps, { operation, variables, client }, async (request) => {
        const incremental = compileInParts(deps, request);
        if (!incremental) return runOperation(deps, request);
        const cache = isQuery(request.operation) ? deps.entities?.openSession(client) : null;
        const input = toInput(deps, request, {
          call: deps.runner.callFor(client),
          foreseen: [],
          joinsSteps: !deps.prediction,
          cache: cache ?? null,
          fetches: incremental.fetchCount,
        });
        return incremental.executeIncrementally(input);
      }),
  };
}

/** Coerces the variables; what fails and is no subgraph's fault becomes a masked refusal. Rejects when the client has gone. */
async function guard<Answer>(
  { graph, logger, prepareAgain }: ExecutorDeps,
  request: Request,
  run: (request: Request) => Promise<Answer>,
): Promise<Answer | PrintedAnswer> {
  const { operation, variables, client } = request;
  try {
    const isCurrent = operation.version === graph().catalogue.version;
    const renewed = isCurrent ? operation : await prepareAgain(operation, variables, client);
    if ('errors' in renewed) return printRefusal(renewed);
    const coerced = coerceVariables(graph().apiSchema, renewed, variables);
    return 'errors' in coerced ? printRefusal(coerced) : await run({ operation: renewed, client, ...coerced });
  } catch (error) {
    client.signal.throwIfAborted();
    const { correlationId } = client;
    const unplanned = refuseUnplanned(error, { operation, correlationId, logger });
    return printRefusal(unplanned ?? { errors: [maskError(error, { logger, correlationId })], status: 500 });
  }
}

async function runOperation(deps: ExecutorDeps, request: Request): Promise<PrintedAnswer> {
  const { operation, variables, client } = request;
  const compiled = compile(deps, request);
  const variablesKey = printExact(variables);
  const reach = reachOf(deps, operation, compiled);
  const lookup = reach && (await deps.answers?.open({ operationId: operation.id, variablesKey, client, reach }));
  if (lookup?.answer) return lookup.answer;
  // The graph has changed while the answer was looked up: what was compiled for the older one asks its subgraphs.
  if (operation.version !== deps.graph().catalogue.version) {
    return guard(deps, request, (again) => runOperation(deps, again));
  }
  const cache = isQuery(operation) ? deps.entities?.openSession(client, { tracksEntities: Boolean(lookup) }) : null;
  const result = await deps.runner.run({
    operationId: operation.id,
    variablesKey,
    isMutation: operation.definition.operation === OperationTypeNode.MUTATION,
    client,
    // What was kept may be gone the next time.
    isRepeatable: () => !cache?.hasHits(),
    execute: async (call, foreseen, { isLearned }) => {
      const joinsSteps = isLearned || !deps.prediction;
      const asking = { call, foreseen, joinsSteps, cache: cache ?? null, fetches: compiled.fetchCount };
      const made = await compiled.execute(toInput(deps, request, asking));
      // What a plan took belongs to one run.
      if (cache && !deps.showsPlan) lookup?.keep(made, { policy: cache.policy(), touched: cache.touched() });
      return made;
    },
  });
  deps.observer?.onRun(operation, result);
  return result.answer;
}

function isQuery({ definition }: PreparedOperation): boolean {
  return definition.operation === OperationTypeNode.QUERY;
}

/** By version of the graph: a compiled operation may be carried over to one where other types have other keys. */
const reaches = new WeakMap<ExecutableGraph, WeakMap<CompiledOperation, AnswerReach | null>>();

/** What a whole answer of a listed query is made of; null when its answers are not kept whole. */
function reachOf(
  { entities, answers, isListed, graph }: ExecutorDeps,
  operation: PreparedOperation,
  compiled: CompiledOperation,
): AnswerReach | null {
  if (!entities || !answers || !isQuery(operation) || !isListed?.(operation)) return null;
  const current = graph();
  const ofGraph = reaches.get(current) ?? new WeakMap<CompiledOperation, AnswerReach | null>();
  reaches.set(current, ofGraph);
  const known = ofGraph.get(compiled);
  if (known !== undefined) return known;
  const rootName = current.supergraphSchema.getQueryType()?.name ?? 'Query';
  const reach = answerReachOf(compiled.plan, entities.parts.types(), rootName);
  ofGraph.set(compiled, reach);
  return reach;
}

function compile({ graph, observer }: ExecutorDeps, { operation, client }: Request): CompiledOperation {
  const current = graph();
  if (!observer) return current.compile(operation);
  const isKept = current.compiledOf(operation) !== null;
  return observer.compile({ operation, client, isKept }, () => current.compile(operation));
}

/** Null when the operation defers nothing. */
function compileInParts(
  { graph, observer }: ExecutorDeps,
  { operation, client }: Request,
): IncrementalOperation | null {
  const current = graph();
  if (!observer || !defersAnything(operation)) return current.compileIncremental(operation);
  const isKept = current.inParts.madeOf(operation) !== null;
  return observer.compile({ operation, client, isKept }, () => current.compileIncremental(operation));
}

/** What an execution asks of subgraphs by, and how many fetches its plan has. */
type Asking = Required<Pick<ExecutionInput, 'call' | 'foreseen' | 'joinsSteps' | 'cache'>> & {
  readonly fetches: number;
};

function toInput({ showsPlan }: ExecutorDeps, { variables, client }: Request, asking: Asking): ExecutionInput {
  const counted = showsPlan ? countCalls(asking, asking.fetches) : null;
  const { call, foreseen } = counted ?? asking;
  const meter = client.isMetered ? meterCalls(call) : null;
  return {
    variables,
    call: meter?.call ?? call,
    foreseen,
    joinsSteps: asking.joinsSteps,
    cache: asking.cache,
    correlationId: client.correlationId,
    extensions: meter || counted ? () => ({ ...counted?.plan(), ...meter?.usage() }) : null,
  };
}
