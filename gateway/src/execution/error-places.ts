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
import { viewOf } from './objects.ts';
import type { Position } from './position.ts';
import type { EntityFetch, Run } from './run.ts';
import { compileRead, compileTypename, isObject, type View } from './view.ts';
import { isIncluded } from './writer/collect-fields.ts';

export type PlaceContext = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  readonly root: Position<EntityFetch>;
  /** A plan key as the client knows it. */
  readonly responseKeyOf: (planKey: string) => string;
  /** The key under which the plan fetches a field of the client. */
  readonly planKeyOf: (field: FieldNode) => string;
};

export type Path = readonly (string | number)[];

/** An error's place as the client knows it; null when the client did not select that for an object of this type. */
export type Place = Pick<GraphQLFormattedError, 'path' | 'locations'> | null;

/** The path as far as the client selected it, and where in its document that is. */
export function placeOf(context: PlaceContext, run: Run, planPath: Path): Place {
  const spot = descend(context, run, planPath);
  return spot && toPlace(spot.path, spot.nodes);
}

/**
 * Where the client misses what `fetch` should have brought to the object at `planPath`: each field of it that is not
 * there, else each that nobody could be asked for without it. Where the client selected nothing of the fetch that is the
 * object itself at least. None when the client misses nothing.
 */
export function placesOfMissing(
  context: PlaceContext,
  run: Run,
  { fetch, planPath }: { readonly fetch: EntityFetch; readonly planPath: Path },
): NonNullable<Place>[] {
  const spot = descend(context, run, planPath);
  if (!spot) return [];
  const { position, view, path, nodes, selectionSets, ofAnyType, typename } = spot;
  if (!position || !view) return [toPlace(path, nodes)];
  const find = (key: string | undefined) =>
    findFields(context, selectionSets, { key, typename, conditions: run.variables });
  const read = (planKey: string) => compileRead(position, planKey)(view);
  const brought = planKeysOf(fetch).filter((planKey) => isKnown(context, ofAnyType, context.responseKeyOf(planKey)));
  const missing = brought.filter((planKey) => isMissing(read(planKey))).map(context.responseKeyOf);
  const unasked = find(undefined).filter((node) => isUnasked(node, read(context.planKeyOf(node))));
  const keys = missing.length > 0 ? missing : unasked.map(({ alias, name }) => (alias ?? name).value);
  const places = [...new Set(keys)].flatMap((key) => {
    const found = find(key);
    return found.length > 0 ? [toPlace([...path, key], found)] : [];
  });
  return places.length > 0 || brought.length > 0 ? places : [toPlace(path, nodes)];
}

function isUnasked({ name }: FieldNode, value: unknown): boolean {
  return value === undefined && name.value !== '__typename';
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined;
}

/** The plan keys that a fetch brings to its position, in its order. */
export function planKeysOf(fetch: EntityFetch): string[] {
  const { position } = fetch;
  const source = position.fetches.indexOf(fetch) + 1;
  return [...position.sources].flatMap(([key, sources]) => (sources.includes(source) ? [key] : []));
}

/** The end of a path: the object there, as far as there is one, and what the client selects of it. */
type Spot = {
  readonly path: Path;
  readonly nodes: readonly FieldNode[];
  readonly selectionSets: readonly SelectionSetNode[];
  /** The same where the objects on the way may be of any type, under any condition. */
  readonly ofAnyType: readonly SelectionSetNode[];
  readonly position: Position<EntityFetch> | undefined;
  readonly view: View | undefined;
  readonly typename: string | undefined;
};

function descend(context: PlaceContext, run: Run, planPath: Path): Spot | null {
  const path: (string | number)[] = [];
  let value: unknown = run.root;
  let position: Position<EntityFetch> | undefined = context.root;
  let selectionSets: readonly SelectionSetNode[] = [context.definition.selectionSet];
  let ofAnyType = selectionSets;
  let nodes: readonly FieldNode[] = [];
  for (const step of planPath) {
    if (!leadsOn(value, step)) break;
    if (typeof step === 'number') {
      value = Array.isArray(value) ? value[step] : undefined;
      path.push(step);
      continue;
    }
    const planKey = planKeyOf(position, step);
    const key = context.responseKeyOf(planKey);
    const { view, typename } = look(position, value, run);
    const known = findFields(context, ofAnyType, { key, typename: undefined, conditions: null });
    if (known.length === 0) break;
    // The planner may ask for what a condition leaves out, or for more types than need it: that is nothing to tell.
    nodes = findFields(context, selectionSets, { key, typename, conditions: run.variables });
    if (nodes.length === 0) return null;
    selectionSets = setsOf(nodes);
    ofAnyType = setsOf(known);
    value = position && view ? compileRead(position, planKey)(view) : undefined;
    position = position?.children.get(planKey);
    path.push(key);
  }
  return { path, nodes, selectionSets, ofAnyType, position, ...look(position, value, run) };
}

function setsOf(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
}

/** A step of a subgraph's path as the plan knows it: where the planner gave a field an alias, a rewrite has taken it off. */
function planKeyOf(position: Position<EntityFetch> | undefined, step: string): string {
  return position?.sources.has(step) ? step : (position?.renamed.get(step) ?? step);
}

function look(
  position: Position<EntityFetch> | undefined,
  value: unknown,
  run: Run,
): { readonly view: View | undefined; readonly typename: string | undefined } {
  if (!position || !isObject(value)) return { view: undefined, typename: undefined };
  const view = viewOf(position, value, run);
  return { view, typename: compileTypename(position)(view) };
}

/** Whether a path may go on at a value: a subgraph may name what is not there. Below what is missing nobody can tell. */
function leadsOn(value: unknown, step: string | number): boolean {
  if (value === null || value === undefined) return true;
  return typeof step === 'number' ? Array.isArray(value) && step in value : isObject(value);
}

type Sought = {
  /** Undefined: every field. */
  readonly key: string | undefined;
  readonly typename: string | undefined;
  /** The variables by which `@skip` and `@include` are judged; null when those do not matter. */
  readonly conditions: Run['variables'] | null;
};

/** Whether the client selects a key there at all, for whatever type and under whatever condition. */
function isKnown(context: PlaceContext, selectionSets: readonly SelectionSetNode[], key: string): boolean {
  return findFields(context, selectionSets, { key, typename: undefined, conditions: null }).length > 0;
}

/** The fields behind a response key; with a `typename` those that are selected for objects of that type. */
function findFields(context: PlaceContext, selectionSets: readonly SelectionSetNode[], sought: Sought): FieldNode[] {
  const fields: FieldNode[] = [];
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (sought.conditions && !isIncluded(selection.directives ?? [], sought.conditions)) continue;
      if (selection.kind === Kind.FIELD) {
        if (sought.key === undefined || (selection.alias ?? selection.name).value === sought.key)
          fields.push(selection);
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

function toPlace(path: Path, nodes: readonly FieldNode[]): NonNullable<Place> {
  return path.length === 0 ? {} : { ...locationsOf(nodes), path };
}

export function locationsOf(nodes: readonly FieldNode[]): Pick<GraphQLFormattedError, 'locations'> {
  const locations = nodes.flatMap(({ loc }) => (loc ? [getLocation(loc.source, loc.start)] : []));
  return locations.length > 0 ? { locations } : {};
}
