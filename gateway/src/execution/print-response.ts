import { type GraphQLFormattedError, type GraphQLObjectType, Kind, visit } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { PrintedAnswer } from '../client-request.ts';
import type { PreparedOperation } from '../operations/prepare-operation.ts';
import { fragmentsOf } from '../protection/operation-document.ts';
import type { CompiledPlan } from './compile-plan.ts';
import type { CompileOptions, ExecutionInput, Variables } from './compiled-operation.ts';
import { compileIntrospection } from './introspect.ts';
import { viewOf } from './objects.ts';
import { collectErrors, type ErrorContext } from './response-errors.ts';
import type { Run } from './run.ts';
import { compileSelection, type WriteObject } from './writer/compile-selection.ts';
import { JsonOutput } from './writer/json-output.ts';
import type { FieldProblem, WriteRun } from './writer/write-run.ts';
import type { WriterContext } from './writer/writer-context.ts';

/** A response of a run, not yet put together. */
export type PrintedParts = {
  /** `data`; undefined: it is null. Whoever takes it finishes or discards it. */
  readonly data: JsonOutput | undefined;
  readonly errors: readonly GraphQLFormattedError[];
};

/** Prints what the client selected out of what a run has gathered. */
export type Printer = {
  /** The response; with `leavesDeferred` without the parts that `@defer` puts off. */
  print(run: Run, input: ExecutionInput, leavesDeferred: boolean): PrintedParts;
  /** What compiling a selection without its deferred parts needs, for these values of the variables. */
  contextFor(variables: Variables): WriterContext;
  /** Every error so far, given what did not fit while printing. */
  errorsOf(run: Run, input: ExecutionInput, problems: readonly FieldProblem[]): readonly GraphQLFormattedError[];
  /** The type of the operation. */
  readonly rootType: GraphQLObjectType;
};

/** How many printers of one operation are kept: one for each combination of the values that `@skip` and `@include` read. */
const WRITERS_MAX = 16;

export function createPrinter(options: CompileOptions, plan: CompiledPlan): Printer {
  const { operation, apiSchema, normalised } = options;
  const { document, definition } = operation;
  const rootType = apiSchema.getRootType(definition.operation);
  if (!rootType) throw new TypeError(`the schema has no ${definition.operation}`);
  const conditions = conditionVariablesOf(operation);
  const fragments = fragmentsOf(document);
  const writers = new LRUCache<string, WriteObject>({ max: WRITERS_MAX });
  const writerFor = (variables: Variables, leavesDeferred: boolean): WriteObject => {
    const key = conditions.map((name) => (variables[name] === true ? '1' : '0')).join('') + (leavesDeferred ? 'd' : '');
    const known = writers.get(key);
    if (known) return known;
    const context = createContext(options, fragments, { conditions: variables, leavesDeferred });
    const at = { position: plan.root, selectionSets: [definition.selectionSet] };
    const made = compileSelection(context, rootType, at);
    writers.set(key, made);
    return made;
  };
  const errorsOf: Printer['errorsOf'] = (run, input, problems) => {
    if (!hasProblems(run, problems)) return [];
    const { responseKeyOf, planKeyOf } = normalised;
    const mask: ErrorContext['mask'] = (error, subgraph) =>
      options.mask(error, { subgraph, correlationId: input.correlationId });
    const { root, entityFetches } = plan;
    const context = { schema: apiSchema, document, definition, root, entityFetches, responseKeyOf, planKeyOf, mask };
    return collectErrors(context, run, problems);
  };
  return {
    rootType,
    errorsOf,
    contextFor: (variables) => createContext(options, fragments, { conditions: variables, leavesDeferred: true }),
    print(run, input, leavesDeferred) {
      const write = writerFor(run.variables, leavesDeferred);
      const writing = createWriteRun(run);
      const isDone = write(viewOf(plan.root, run.root, run), writing);
      if (!isDone) writing.out.discard();
      return { data: isDone ? writing.out : undefined, errors: errorsOf(run, input, writing.problems) };
    },
  };
}

/** A whole response. Errors come first, so that who reads it sees them. */
export function printAnswer(
  { data, errors }: PrintedParts,
  extensions: Readonly<Record<string, unknown>> | undefined,
): PrintedAnswer {
  const head = errors.length > 0 ? `{"errors":${JSON.stringify(errors)},"data":` : '{"data":';
  const tail = extensions ? `,"extensions":${JSON.stringify(extensions)}}` : '}';
  const outcome = data === undefined ? 'NULL' : 'DATA';
  const body = data === undefined ? Buffer.from(`${head}null${tail}`) : data.finish(head, tail);
  return { body, outcome, status: null, cacheControl: null };
}

/** A printing with nothing printed yet. */
export function createWriteRun(run: Run): WriteRun {
  return { run, out: new JsonOutput(run.isPlain), path: [], problems: [], printed: [] };
}

function createContext(
  { apiSchema: schema, operation: { document, definition }, normalised, denialAt }: CompileOptions,
  fragments: WriterContext['fragments'],
  given: Pick<WriterContext, 'conditions' | 'leavesDeferred'>,
): WriterContext {
  let slots = 0;
  const { planKeyOf } = normalised;
  const introspect: WriterContext['introspect'] = (key, nodes) =>
    compileIntrospection({ schema, document, definition }, key, nodes);
  return { schema, fragments, ...given, planKeyOf, denialAt, introspect, takeSlot: () => slots++ };
}

function hasProblems({ problems, loaders }: Run, ofPrinting: readonly FieldProblem[]): boolean {
  return problems.length > 0 || ofPrinting.length > 0 || loaders.some((loader) => loader && loader.problems.length > 0);
}

/** The variables that `@skip`, `@include` and `@defer` read anywhere in the document. */
function conditionVariablesOf({ document }: PreparedOperation): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (!['skip', 'include', 'defer'].includes(name.value)) return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
