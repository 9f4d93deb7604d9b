import type { QueryPlan } from '@apollo/query-planner';
import type { TransportResponse } from '@playgraph/server/transport';
import { printCacheControl } from '../cache/cache-control.ts';
import type { PrintedAnswer } from '../client-request.ts';
import { type CompiledPlan, compilePlan } from './compile-plan.ts';
import type {
  CompiledOperation,
  CompiledSubscription,
  CompileOptions,
  ExecutionInput,
  IncrementalOperation,
  Variables,
} from './compiled-operation.ts';
import { createDeferral, type Deferral } from './defer/deferral.ts';
import { createDeferredPrinter } from './defer/print-deferred.ts';
import { createFetchOperation, createFetchRequest } from './fetch-operation.ts';
import { indexForeseen } from './foreseen-loads.ts';
import { createStepJoining } from './join-steps.ts';
import { copyJson, mergeInto } from './merge.ts';
import { limitToNeeded } from './needed-objects.ts';
import type { NormalisedOperation } from './normalise-operation.ts';
import { createRun } from './objects.ts';
import { noteText } from './plain-text.ts';
import { createPrinter, type PrintedParts, type Printer, printAnswer } from './print-response.ts';
import type { Run } from './run.ts';
import { pathOf } from './subgraph-problem.ts';
import { isObject } from './view.ts';

/** Compiles a plan and the selection that it serves. */
export function compileOperation(options: CompileOptions): CompiledOperation {
  const { plan } = options;
  const compiled = compileNodes(plan, options);
  const printer = createPrinter(options, compiled);
  const toPlan = toPlanVariables(options.normalised);
  const execute = (input: ExecutionInput, event?: EventAtRoot) =>
    runWhole({ compiled, printer }, { ...input, variables: toPlan(input.variables) }, event);
  return {
    plan,
    fetchCount: compiled.fetchCount,
    execute,
    subscription: compileSubscription(plan, toPlan, execute),
  };
}

function compileNodes({ node }: QueryPlan, options: CompileOptions): CompiledPlan {
  const compiled =
    node?.kind === 'Subscription'
      ? // The event takes the place of a root fetch: where its values are is noted like that of any other.
        compilePlan(node.rest, options, node.primary)
      : compilePlan(node, options);
  limitToNeeded(compiled.entityFetches, options);
  return compiled;
}

/** What a subscription's event brings before the plan runs. */
type EventAtRoot = { readonly subgraph: string; readonly response: TransportResponse };

async function runWhole(
  { compiled, printer }: { readonly compiled: CompiledPlan; readonly printer: Printer },
  input: ExecutionInput,
  event: EventAtRoot | undefined,
): Promise<PrintedAnswer> {
  const failure = createFailure();
  const run = beginRun(compiled, input, {
    abort: failure.abort,
    deferral: null,
  });
  if (event) placeEvent(run, event);
  await compiled.execute(run);
  failure.check();
  return printWhole(printer.print(run, input, false), input);
}

function printWhole(parts: PrintedParts, input: ExecutionInput): PrintedAnswer {
  const policy = parts.errors.length > 0 ? null : (input.cache?.policy() ?? null);
  return {
    ...printAnswer(parts, input.extensions?.()),
    cacheControl: printCacheControl(policy),
  };
}

function placeEvent(run: Run, { subgraph, response }: EventAtRoot): void {
  const { root, problems, isPrivate } = run;
  const { data, errors } = response;
  noteText(run, null);
  for (const error of errors ?? []) {
    problems.push({ subgraph, error, path: pathOf(error), rootKeys: [], selectionSet: null });
  }
  if (isObject(data)) mergeInto(root, isPrivate ? copyJson(data) : data);
}

/** Compiles a plan with deferred parts; what it defers is sent later. */
export function compileIncrementalOperation(options: CompileOptions): IncrementalOperation {
  const compiled = compileNodes(options.plan, options);
  const printer = createPrinter(options, compiled);
  const deferred = createDeferredPrinter(options, compiled, printer);
  const toPlan = toPlanVariables(options.normalised);
  return {
    fetchCount: compiled.fetchCount,
    async executeIncrementally(given) {
      const input = { ...given, variables: toPlan(given.variables) };
      const failure = createFailure();
      const deferral = createDeferral(compiled.blocks);
      const run = beginRun(compiled, input, { abort: failure.abort, deferral });
      const primary = Promise.resolve(compiled.execute(run));
      deferral.start(run, primary);
      await primary;
      failure.check();
      const first = printer.print(run, input, true);
      return deferred.deliver(first, { run, input, deferral, check: failure.check }) ?? printWhole(first, input);
    },
  };
}

function beginRun(
  { isPrivate, entityFetches }: CompiledPlan,
  { variables, call, foreseen, joinsSteps, cache = null }: ExecutionInput,
  { abort, deferral }: { readonly abort: Run['abort']; readonly deferral: Deferral | null },
): Run {
  return createRun({
    variables,
    call,
    cache,
    isPrivate,
    abort,
    deferred: deferral?.progress ?? null,
    foreseen: foreseen.length > 0 ? indexForeseen(foreseen) : null,
    joining: joinsSteps ? createStepJoining() : null,
    fetchOf: (loader) => entityFetches.find((fetch) => fetch.loader === loader),
  });
}

/** The client's variables with those among them that have another name in the plan under that one too. */
function toPlanVariables({ variables: names }: NormalisedOperation): (variables: Variables) => Variables {
  if (names.size === 0) return (variables) => variables;
  return (variables) => {
    const all: Record<string, unknown> = { ...variables };
    for (const [planName, name] of names) if (Object.hasOwn(variables, name)) all[planName] = variables[name];
    return all;
  };
}

/** The first failure that is no subgraph's, for the end of the run. */
function createFailure(): {
  readonly abort: Run['abort'];
  readonly check: () => void;
} {
  const failure: { error?: unknown } = {};
  return {
    abort: (error) => {
      if (!('error' in failure)) failure.error = error;
    },
    check: () => {
      if ('error' in failure) throw failure.error;
    },
  };
}

function compileSubscription(
  { node }: QueryPlan,
  toPlan: (variables: Variables) => Variables,
  execute: (input: ExecutionInput, event: EventAtRoot) => Promise<PrintedAnswer>,
): CompiledSubscription | null {
  if (node?.kind !== 'Subscription') return null;
  const operation = createFetchOperation(node.primary);
  const { subgraph } = operation;
  return {
    subgraph,
    request: (variables) => createFetchRequest(operation, toPlan(variables), ''),
    complete: (response, input) => execute(input, { subgraph, response }),
  };
}
