import type { QueryPlan } from '@apollo/query-planner';
import type { Logger } from '@playgraph/kernel/logger';
import type { Transport } from '@playgraph/server/transport';
import { type DocumentNode, type GraphQLSchema, getOperationAST, getVariableValues, parse } from 'graphql';
import type { Refusal } from './client-request.ts';
import { compileIncrementalOperation, compileOperation } from './execution/compile-operation.ts';
import type {
  CompiledOperation,
  CompileOptions,
  IncrementalOperation,
  Variables,
} from './execution/compiled-operation.ts';
import { keepExactLiterals } from './execution/exact-literals.ts';
import { hasDefer, type OperationPlanner, type PlanOptions } from './execution/plan-operation.ts';
import {
  createOperationForm,
  type MadeOperation,
  type OperationForm,
  type PlannedOperation,
} from './operation-forms.ts';
import { keepExactForScalars, readLiteralsExactly } from './operations/exact-variables.ts';
import { findNullConditions } from './operations/null-conditions.ts';
import {
  createOperationCatalogue,
  type OperationCatalogue,
  type PreparedOperation,
} from './operations/prepare-operation.ts';
import { maskSubgraphError, type SubgraphErrorRule } from './protection/mask-subgraph-error.ts';
import { createProtection, type ProtectedOperation, type ProtectionOptions } from './protection/protect-operation.ts';
import { withoutDenied } from './protection/without-denied.ts';

/** One version of the graph: what its operations are checked against, planned and compiled for. */
export type ExecutableGraph = {
  readonly apiSchema: GraphQLSchema;
  readonly supergraphSchema: GraphQLSchema;
  readonly catalogue: OperationCatalogue;
  readonly transports: ReadonlyMap<string, Transport>;
  /** The checks of an operation before it runs. */
  protect(operation: PreparedOperation): ProtectedOperation;
  /** The compiled form; made at the first call. @throws PlanningError when no plan exists. */
  compile(operation: PreparedOperation): CompiledOperation;
  /** The same for a client that takes a response in parts; null when the operation defers nothing. */
  compileIncremental(operation: PreparedOperation): IncrementalOperation | null;
  /** What `compile` has made already, or null. */
  compiledOf(operation: PreparedOperation): MadeOperation<CompiledOperation> | null;
  /** How many operations are kept compiled, in both forms. */
  compiledCount(): number;
  /** What `compile` makes, step by step. */
  readonly whole: OperationForm<CompiledOperation>;
  /** The same for `compileIncremental`; for operations that defer something only. */
  readonly inParts: OperationForm<IncrementalOperation>;
};

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
  readLiteralsExactly(apiSchema);
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
  'whole' | 'inParts' | 'compile' | 'compileIncremental' | 'compiledOf' | 'compiledCount'
>;

function createCompiler(planner: OperationPlanner, options: GraphOptions): Compiler {
  const whole = createOperationForm<CompiledOperation>({
    plan: (operation) => planOperation(planner, operation, false),
    compilePlanned: (operation, planned) =>
      compileOperation(toCompileOptions(planner, options, { operation, planned })),
  });
  const inParts = createOperationForm<IncrementalOperation>({
    plan: (operation) => planOperation(planner, operation, true),
    compilePlanned: (operation, planned) =>
      compileIncrementalOperation(toCompileOptions(planner, options, { operation, planned })),
  });
  return {
    whole,
    inParts,
    compile: whole.compile,
    compileIncremental: (operation) => (defersAnything(operation) ? inParts.compile(operation) : null),
    compiledOf: whole.madeOf,
    compiledCount: () => whole.count() + inParts.count(),
  };
}

const deferring = new WeakMap<DocumentNode, boolean>();

/** Whether an operation's document may put off anything. */
export function defersAnything({ document }: PreparedOperation): boolean {
  const known = deferring.get(document);
  if (known !== undefined) return known;
  const found = hasDefer(document);
  deferring.set(document, found);
  return found;
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
  const literals = keepExactLiterals(planned, planner.apiSchema);
  const plan = planInParts(planner, literals.document, { operationName: name ?? undefined, defers });
  return { plan: literals.restore(plan), normalised };
}

/** The planner fails at some operations with `@defer`, by an assertion of its own: those are planned without. */
function planInParts(planner: OperationPlanner, document: DocumentNode, options: PlanOptions): QueryPlan {
  try {
    return planner.plan(document, options);
  } catch (error) {
    if (!options.defers) throw error;
    return planner.plan(document, { ...options, defers: false });
  }
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
  { document, definition }: PreparedOperation,
  variables: Variables,
): { readonly variables: Variables } | Refusal {
  const given = keepExactForScalars(schema, definition, variables);
  const { coerced, errors } = getVariableValues(schema, definition.variableDefinitions ?? [], given);
  if (!errors) {
    const nulls = findNullConditions(document, coerced);
    return nulls.length > 0 ? { errors: nulls, status: 400 } : { variables: coerced };
  }
  const formatted = errors.map(({ message, locations }) => ({
    message,
    ...(locations ? { locations } : {}),
    extensions: { code: 'BAD_USER_INPUT' },
  }));
  return { errors: formatted, status: 400 };
}
