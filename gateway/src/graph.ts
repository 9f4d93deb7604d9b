import type { QueryPlan } from '@apollo/query-planner';
import type { Logger } from '@playgraph/kernel/logger';
import type { Transport } from '@playgraph/server/transport';
import { type GraphQLSchema, getOperationAST, getVariableValues, parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Refusal } from './client-request.ts';
import { compileIncrementalOperation, compileOperation } from './execution/compile-operation.ts';
import type {
  CompiledOperation,
  CompileOptions,
  IncrementalOperation,
  Variables,
} from './execution/compiled-operation.ts';
import type { NormalisedOperation } from './execution/normalise-operation.ts';
import { hasDefer, type OperationPlanner } from './execution/plan-operation.ts';
import {
  createOperationCatalogue,
  type OperationCatalogue,
  type PreparedOperation,
} from './operations/prepare-operation.ts';
import { maskSubgraphError, type SubgraphErrorRule } from './protection/mask-subgraph-error.ts';
import { createProtection, type ProtectedOperation, type ProtectionOptions } from './protection/protect-operation.ts';
import { withoutDenied } from './protection/without-denied.ts';

/** How many compiled operations are kept; one beyond that is planned anew. */
const COMPILED_MAX = 2_000;

/** One version of the graph: what its operations are checked against, planned and compiled for. */
export type ExecutableGraph = {
  readonly apiSchema: GraphQLSchema;
  readonly supergraphSchema: GraphQLSchema;
  readonly catalogue: OperationCatalogue;
  readonly transports: ReadonlyMap<string, Transport>;
  /** The checks of an operation before it runs. */
  protect(operation: PreparedOperation): ProtectedOperation;
  /** The compiled form; made at the first call. @throws GraphQLError when no plan exists. */
  compile(operation: PreparedOperation): CompiledOperation;
  /** The same for a client that takes a response in parts; null when the operation defers nothing. */
  compileIncremental(operation: PreparedOperation): IncrementalOperation | null;
  plan(operation: PreparedOperation): PlannedOperation;
  /** What `compile` has made already, or null. */
  compiledOf(operation: PreparedOperation): MadeOperation | null;
  /** From now on this is what `compile` has made. */
  keep(operation: PreparedOperation, made: MadeOperation): void;
  /** How many operations are kept compiled. */
  compiledCount(): number;
  compilePlanned(operation: PreparedOperation, planned: PlannedOperation): CompiledOperation;
};

export type PlannedOperation = { readonly plan: QueryPlan; readonly normalised: NormalisedOperation };
export type MadeOperation = { readonly planned: PlannedOperation; readonly compiled: CompiledOperation };

export type GraphOptions = {
  readonly protection: ProtectionOptions;
  readonly documentTokensMax: number;
  readonly subgraphErrors: SubgraphErrorRule;
  readonly isDevelopment: boolean;
  readonly logger: Logger;
};

/** A graph over a supergraph. @throws GraphQLError when it is none. */
export function createGraph(
  planner: OperationPlanner,
  supergraphSdl: string,
  { transports, options }: { readonly transports: ReadonlyMap<string, Transport>; readonly options: GraphOptions },
): ExecutableGraph {
  const { apiSchema, supergraphSchema } = planner;
  const protection = createProtection({ apiSchema, supergraph: parse(supergraphSdl), options: options.protection });
  const { documentTokensMax } = options;
  const hidesSuggestions = options.protection.introspection !== 'allow';
  const catalogue = createOperationCatalogue(apiSchema, {
    documentTokensMax,
    hidesSuggestions,
    checkDocument: protection.checkDocument,
  });
  const guarded = new WeakMap<PreparedOperation, ProtectedOperation>();
  return {
    apiSchema,
    supergraphSchema,
    catalogue,
    transports,
    protect(operation) {
      const known = guarded.get(operation) ?? protection.protect(operation);
      guarded.set(operation, known);
      return known;
    },
    ...createCompiler(planner, options),
  };
}

type Compiler = Pick<
  ExecutableGraph,
  'compile' | 'compileIncremental' | 'plan' | 'compiledOf' | 'compiledCount' | 'keep' | 'compilePlanned'
>;

function createCompiler(planner: OperationPlanner, options: GraphOptions): Compiler {
  const made = new LRUCache<string, MadeOperation>({ max: COMPILED_MAX });
  const incremental = new LRUCache<string, { readonly compiled: IncrementalOperation | null }>({ max: COMPILED_MAX });
  return {
    compile(operation) {
      const known = made.get(operation.id);
      if (known) return known.compiled;
      const planned = planOperation(planner, operation, false);
      const compiled = compileOperation(toCompileOptions(planner, options, { operation, planned }));
      made.set(operation.id, { planned, compiled });
      return compiled;
    },
    compileIncremental(operation) {
      const known = incremental.get(operation.id);
      if (known) return known.compiled;
      const planned = hasDefer(operation.document) ? planOperation(planner, operation, true) : null;
      const compiled =
        planned && compileIncrementalOperation(toCompileOptions(planner, options, { operation, planned }));
      incremental.set(operation.id, { compiled });
      return compiled;
    },
    plan: (operation) => planOperation(planner, operation, false),
    compiledOf: ({ id }) => made.peek(id) ?? null,
    compiledCount: () => made.size,
    keep: ({ id }, one) => void made.set(id, one),
    compilePlanned: (operation, planned) =>
      compileOperation(toCompileOptions(planner, options, { operation, planned })),
  };
}

function planOperation(
  planner: OperationPlanner,
  { document, name, denied }: PreparedOperation,
  defers: boolean,
): PlannedOperation {
  const normalised = planner.normalise(document);
  const definition = getOperationAST(normalised.document, name);
  const planned =
    denied && definition
      ? withoutDenied(planner.apiSchema, { document: normalised.document, definition }, denied)
      : normalised.document;
  return { plan: planner.plan(planned, { operationName: name ?? undefined, defers }), normalised };
}

function toCompileOptions(
  { apiSchema, supergraphSchema, facts }: OperationPlanner,
  { subgraphErrors: rule, isDevelopment, logger }: GraphOptions,
  { operation, planned }: { readonly operation: PreparedOperation; readonly planned: PlannedOperation },
): CompileOptions {
  return {
    ...planned,
    operation,
    apiSchema,
    supergraphSchema,
    facts,
    denialAt: (node) => operation.denied?.reasonAt(node) ?? null,
    mask: (error, { subgraph, correlationId }) =>
      maskSubgraphError(error, { subgraph, correlationId, rule, isDevelopment, logger }),
  };
}

/** Checks and completes the client's variables; a refusal when they do not fit. */
export function coerceVariables(
  schema: GraphQLSchema,
  { definition }: PreparedOperation,
  variables: Variables,
): { readonly variables: Variables } | Refusal {
  const { coerced, errors } = getVariableValues(schema, definition.variableDefinitions ?? [], variables);
  if (!errors) return { variables: coerced };
  const formatted = errors.map(({ message, locations }) => ({
    message,
    ...(locations ? { locations } : {}),
    extensions: { code: 'BAD_USER_INPUT' },
  }));
  return { errors: formatted, status: 400 };
}
