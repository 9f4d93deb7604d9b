import type { GraphQLFormattedError } from 'graphql';
import { lostWith } from './dependents.ts';
import {
  locationsOf,
  type Path,
  type Place,
  type PlaceContext,
  placesOf,
  placesOfMissing,
  planKeysOf,
} from './error-places.ts';
import { type EntityPlace, findPlaces } from './find-places.ts';
import { missingPartsOf } from './missing-parts.ts';
import { viewOf } from './objects.ts';
import type { EntityFetch, EntityProblem, Run } from './run.ts';
import type { SubgraphProblem } from './subgraph-problem.ts';
import { lacks } from './view.ts';
import type { FieldProblem } from './writer/write-run.ts';

/** How many errors one response carries; the rest is counted in one more. */
const ERRORS_MAX = 1_000;

export type ErrorContext = PlaceContext & {
  readonly entityFetches: readonly EntityFetch[];
  /** What a client may see of a subgraph's error. */
  readonly mask: (
    error: GraphQLFormattedError,
    subgraph: string,
  ) => Pick<GraphQLFormattedError, 'message' | 'extensions'>;
};

/** All errors of a response: those of subgraphs, each at the places that it concerns, then what does not fit the schema. */
export function collectErrors(
  context: ErrorContext,
  run: Run,
  problems: readonly FieldProblem[],
): readonly GraphQLFormattedError[] {
  const told = createTold();
  tellRootErrors(context, run, told);
  for (const fetch of context.entityFetches) tellEntityErrors(context, { run, fetch, told });
  const isExplained = createExplanations(told.explained);
  for (const { message, path, nodes, code, subgraph, isConsequence } of problems) {
    if (isConsequence && isExplained(path)) continue;
    const places = [{ ...locationsOf(nodes), path }];
    const extensions = subgraph === undefined ? { code } : { code, service: subgraph };
    told.tell(path, () => ({ places, seen: { message, extensions } }));
  }
  return told.errors();
}

type Telling = {
  readonly places: readonly NonNullable<Place>[];
  readonly seen: ReturnType<ErrorContext['mask']>;
};

/** Errors as they are told, each once, and no more than a response carries. */
type Told = {
  /** Errors that explain what is missing at, above or below `explained`; they are made where there is room for them. */
  tell(explained: Path, make: () => Telling): void;
  /** Paths in the client's keys. */
  readonly explained: Path[];
  errors(): readonly GraphQLFormattedError[];
};

function createTold(): Told {
  const told = new Map<string, GraphQLFormattedError>();
  const explained: Path[] = [];
  let left = 0;
  return {
    explained,
    tell(path, make) {
      if (told.size >= ERRORS_MAX) {
        explained.push(path);
        left += 1;
        return;
      }
      const { places, seen } = make();
      if (places.length > 0) explained.push(path);
      for (const place of places) {
        explained.push(place.path ?? []);
        // Two fetches may tell the same of one place.
        const identity = JSON.stringify([place.path, seen.message]);
        if (told.size < ERRORS_MAX || told.has(identity)) told.set(identity, { ...place, ...seen });
        else left += 1;
      }
    },
    errors() {
      if (left === 0) return [...told.values()];
      const more = { message: `There are at least ${left} more errors.`, extensions: { code: 'TOO_MANY_ERRORS' } };
      return [...told.values(), more];
    },
  };
}

function tellRootErrors(context: ErrorContext, run: Run, told: Told): void {
  for (const problem of run.problems) {
    const { error, subgraph, path, rootKeys } = problem;
    const missing = rootKeys.filter((key) => lacks(run.root, key));
    // What was asked for together is missing for the one reason.
    if (path && missing.length === rootKeys.length)
      told.explained.push(...missing.map((key) => toClientPath(context, [key])));
    const paths = path ? [path] : pathsOfMissing(context, run, { ...problem, missing });
    const seen = context.mask(error, subgraph);
    for (const planPath of paths) {
      const places = placesOf(context, run, planPath);
      const [first] = places;
      if (first) told.tell(first.path ?? [], () => ({ places, seen }));
    }
  }
}

/** Of a whole fetch that failed: each field that is missing, at the root or in an object of the root, else the first. */
function pathsOfMissing(
  context: ErrorContext,
  run: Run,
  { selectionSet, rootKeys, missing }: SubgraphProblem & { readonly missing: readonly string[] },
): readonly Path[] {
  const position = context.root;
  const view = viewOf(position, run.root, run);
  const parts = selectionSet ? missingPartsOf(context, run, { position, view, selectionSet }) : [];
  const paths = [...missing.map((key) => [key]), ...parts];
  return paths.length > 0 ? paths : [rootKeys.slice(0, 1)];
}

type EntityTelling = { readonly run: Run; readonly fetch: EntityFetch; readonly told: Told };

function tellEntityErrors(context: ErrorContext, { run, fetch, told }: EntityTelling): void {
  const problems = run.loaders[fetch.loader]?.problems ?? [];
  if (!run.tables[fetch.index] || problems.length === 0) return;
  const keys = new Set(problems.flatMap((problem) => [...problem.keys]));
  const places = findPlaces(run, fetch, { keys, placesMax: ERRORS_MAX });
  for (const problem of problems) {
    let seen: Telling['seen'] | undefined;
    const lost = findLost(run, fetch, problem);
    for (const { path } of placesOfEntities(places, problem)) {
      for (const lostPath of lost) told.explained.push(toClientPath(context, [...path, ...lostPath]));
      const planPath = [...path, ...(problem.path ?? [])];
      told.tell(toClientPath(context, planPath), () => {
        seen ??= context.mask(problem.error, problem.subgraph);
        if (problem.path?.length === 0) return { places: placesOfMissing(context, run, { fetch, planPath }), seen };
        return { places: placesOf(context, run, planPath), seen };
      });
    }
  }
}

/** What a problem in an entity has taken with it, as paths from there: what is missing below them is so for that reason. */
function findLost(run: Run, fetch: EntityFetch, { keys: [key], path = [] }: EntityProblem): readonly Path[] {
  if (key === undefined || path.length === 0) return [];
  let value: unknown = run.loaders[fetch.loader]?.records.get(key);
  if (value === null) {
    // Nobody was asked for what requires a part of it.
    const lost = planKeysOf(fetch).flatMap((planKey) => [planKey, ...lostWith(fetch.position, planKey)]);
    return lost.map((planKey) => [planKey]);
  }
  const above = path.findIndex((step) => {
    value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[step];
    return value === null;
  });
  return above < 0 ? [] : [path.slice(0, above + 1)];
}

function toClientPath({ responseKeyOf }: ErrorContext, planPath: Path): Path {
  return planPath.map((step) => (typeof step === 'string' ? responseKeyOf(step) : step));
}

/** The places of a problem's entities, in the order of the response; the first one where nothing is missing. */
function placesOfEntities(
  places: ReturnType<typeof findPlaces>,
  { keys, path }: EntityProblem,
): readonly EntityPlace[] {
  const found = keys.flatMap((key) => places.get(key) ?? []);
  if (keys.length > 1) found.sort((left, right) => left.order - right.order);
  return path === undefined ? found.slice(0, 1) : found;
}

/**
 * Tells whether an error of a subgraph is the cause of a value that is missing at a path: it stands there, above or below.
 * Names have no dots, so that a joined path means one path.
 */
function createExplanations(explained: readonly Path[]): (missing: Path) => boolean {
  const paths = new Set(explained.map((path) => path.join('.')));
  const starts = new Set(explained.flatMap(startsOf));
  return (missing) => starts.has(missing.join('.')) || startsOf(missing).some((start) => paths.has(start));
}

/** A path and all that it begins with, the root first. */
function startsOf(path: Path): string[] {
  return ['', ...path.map((_step, i) => path.slice(0, i + 1).join('.'))];
}
