import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getLocation,
  isAbstractType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { type EntityPlace, findPlaces } from './find-places.ts';
import { viewOf } from './objects.ts';
import type { Position } from './position.ts';
import type { EntityFetch, EntityProblem, Run } from './run.ts';
import { compileRead, compileTypename, isObject } from './view.ts';
import { isIncluded } from './writer/collect-fields.ts';
import type { FieldProblem } from './writer/write-run.ts';

/** How many errors one response carries; the rest is counted in the last one. */
const ERRORS_MAX = 1_000;

export type ErrorContext = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly root: Position<EntityFetch>;
  readonly entityFetches: readonly EntityFetch[];
  /** A plan key as the client knows it. */
  readonly responseKeyOf: (planKey: string) => string;
  /** What a client may see of a subgraph's error. */
  readonly mask: (
    error: GraphQLFormattedError,
    subgraph: string,
  ) => Pick<GraphQLFormattedError, 'message' | 'extensions'>;
};

type Path = readonly (string | number)[];

/** All errors of a response: those of subgraphs, each at the places that it concerns, then what does not fit the schema. */
export function collectErrors(
  context: ErrorContext,
  run: Run,
  problems: readonly FieldProblem[],
): readonly GraphQLFormattedError[] {
  const ofSubgraphs = withoutRepeats([...rootErrors(context, run), ...entityErrors(context, run)]);
  const isExplained = createExplanations(ofSubgraphs);
  const own = problems
    .filter(({ isConsequence, path }) => !isConsequence || !isExplained(path))
    .map(({ message, path, nodes, code }) => ({ message, ...locationsOf(nodes), path, extensions: { code } }));
  const all = [...ofSubgraphs, ...own];
  if (all.length <= ERRORS_MAX) return all;
  const more = {
    message: `There are ${all.length - ERRORS_MAX} more errors.`,
    extensions: { code: 'TOO_MANY_ERRORS' },
  };
  return [...all.slice(0, ERRORS_MAX), more];
}

/** Two fetches may tell the same of one place. */
function withoutRepeats(errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] {
  const told = new Map(errors.map((error) => [JSON.stringify([error.path, error.message]), error]));
  return [...told.values()];
}

function rootErrors(context: ErrorContext, run: Run): GraphQLFormattedError[] {
  const { problems } = run;
  return problems.flatMap(({ error, subgraph, path }) => {
    const place = placeOf(context, run, path ?? []);
    return place ? [{ ...place, ...context.mask(error, subgraph) }] : [];
  });
}

function entityErrors(context: ErrorContext, run: Run): GraphQLFormattedError[] {
  return context.entityFetches.flatMap((fetch) => {
    const problems = run.loaders[fetch.loader]?.problems ?? [];
    if (!run.tables[fetch.index] || problems.length === 0) return [];
    const keys = new Set(problems.flatMap((problem) => [...problem.keys]));
    const places = findPlaces(run, fetch, { keys, placesMax: ERRORS_MAX });
    return problems.flatMap((problem) => errorsOf(context, { run, places, problem }));
  });
}

function errorsOf(
  context: ErrorContext,
  { run, places, problem }: { readonly run: Run; readonly places: PlacesByKey; readonly problem: EntityProblem },
): GraphQLFormattedError[] {
  const seen = context.mask(problem.error, problem.subgraph);
  return placesOf(places, problem).flatMap(({ path }) => {
    const place = placeOf(context, run, [...path, ...(problem.path ?? [])]);
    return place ? [{ ...place, ...seen }] : [];
  });
}

type PlacesByKey = ReturnType<typeof findPlaces>;

/** The places that a problem is told at: all of its one entity, or the first of a whole load. */
function placesOf(places: PlacesByKey, { keys, path }: EntityProblem): readonly EntityPlace[] {
  if (path !== undefined) return keys.flatMap((key) => places.get(key) ?? []);
  let first: EntityPlace | undefined;
  for (const key of keys) {
    const place = places.get(key)?.[0];
    if (place && (!first || place.order < first.order)) first = place;
  }
  return first ? [first] : [];
}

/**
 * Tells whether an error of a subgraph is the cause of a value that is missing at a path: it stands there, above or below.
 * Names have no dots, so that a joined path means one path.
 */
function createExplanations(errors: readonly GraphQLFormattedError[]): (missing: Path) => boolean {
  const paths = new Set(errors.map(({ path }) => (path ?? []).join('.')));
  const starts = new Set(errors.flatMap(({ path }) => startsOf(path ?? [])));
  return (missing) => starts.has(missing.join('.')) || startsOf(missing).some((start) => paths.has(start));
}

/** A path and all that it begins with, the root first. */
function startsOf(path: Path): string[] {
  return ['', ...path.map((_step, i) => path.slice(0, i + 1).join('.'))];
}

/** An error's place as the client knows it; null when the client did not select that for an object of this type. */
type Place = Pick<GraphQLFormattedError, 'path' | 'locations'> | null;

/** The path as far as the client selected it, and where in its document that is. */
function placeOf(context: ErrorContext, run: Run, planPath: Path): Place {
  const path: (string | number)[] = [];
  let at: { value: unknown; position: Position<EntityFetch> | undefined } = { value: run.root, position: context.root };
  let selectionSets: readonly SelectionSetNode[] = [context.definition.selectionSet];
  let nodes: readonly FieldNode[] = [];
  for (const step of planPath) {
    if (!leadsOn(at.value, step)) break;
    if (typeof step === 'number') {
      at = { ...at, value: Array.isArray(at.value) ? at.value[step] : undefined };
      path.push(step);
      continue;
    }
    const key = context.responseKeyOf(step);
    const view = at.position && isObject(at.value) ? viewOf(at.position, at.value, run) : undefined;
    const typename = at.position && view ? compileTypename(at.position)(view) : undefined;
    const selected = findFields(context, selectionSets, { key, typename: undefined, conditions: null });
    if (selected.length === 0) break;
    // The planner may ask for what a condition leaves out: that is nothing to tell.
    nodes = findFields(context, selectionSets, { key, typename, conditions: run.variables });
    if (nodes.length === 0) return null;
    selectionSets = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
    at = {
      value: at.position && view ? compileRead(at.position, step)(view) : undefined,
      position: at.position?.children.get(step),
    };
    path.push(key);
  }
  return path.length === 0 ? {} : { ...locationsOf(nodes), path };
}

/** Whether a path may go on at a value: a subgraph may name what is not there. Below what is missing nobody can tell. */
function leadsOn(value: unknown, step: string | number): boolean {
  if (value === null || value === undefined) return true;
  return typeof step === 'number' ? Array.isArray(value) && step in value : isObject(value);
}

type Sought = {
  readonly key: string;
  readonly typename: string | undefined;
  /** The variables by which `@skip` and `@include` are judged; null when those do not matter. */
  readonly conditions: Run['variables'] | null;
};

/** The fields behind a response key; with a `typename` those that are selected for objects of that type. */
function findFields(context: ErrorContext, selectionSets: readonly SelectionSetNode[], sought: Sought): FieldNode[] {
  const fields: FieldNode[] = [];
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (sought.conditions && !isIncluded(selection.directives ?? [], sought.conditions)) continue;
      if (selection.kind === Kind.FIELD) {
        if ((selection.alias ?? selection.name).value === sought.key) fields.push(selection);
        continue;
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const fragment = isSpread ? findFragment(context.document, selection.name.value) : selection;
      if (fragment && applies(context.schema, fragment.typeCondition?.name.value, sought.typename)) {
        visit(fragment.selectionSet);
      }
    }
  };
  for (const selectionSet of selectionSets) visit(selectionSet);
  return fields;
}

function findFragment(document: DocumentNode, name: string): FragmentDefinitionNode | undefined {
  return document.definitions
    .filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
    .find((fragment) => fragment.name.value === name);
}

function applies(schema: GraphQLSchema, condition: string | undefined, typename: string | undefined): boolean {
  if (condition === undefined || typename === undefined || condition === typename) return true;
  const [conditionType, type] = [schema.getType(condition), schema.getType(typename)];
  // Of an object that is known by its interface alone, anything may be.
  if (!isObjectType(type)) return true;
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type);
}

function locationsOf(nodes: readonly FieldNode[]): Pick<GraphQLFormattedError, 'locations'> {
  const locations = nodes.flatMap(({ loc }) => (loc ? [getLocation(loc.source, loc.start)] : []));
  return locations.length > 0 ? { locations } : {};
}
