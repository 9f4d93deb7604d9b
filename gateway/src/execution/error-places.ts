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
import { lostWith } from './dependents.ts';
import { missingPartsOf } from './missing-parts.ts';
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

/**
 * The path as far as the client selected it, and where in its document that is. Of what others require and the client did
 * not select: the fields that are missing for it, where there are some. None where it is nothing to the client.
 */
export function placesOf(context: PlaceContext, run: Run, planPath: Path): readonly NonNullable<Place>[] {
  const spot = descend(context, run, planPath);
  if (!spot) return [];
  const places = placesOfDependents(context, run, spot);
  return places.length > 0 ? places : [toPlace(spot.path, spot.nodes)];
}

function placesOfDependents(context: PlaceContext, run: Run, spot: Spot): NonNullable<Place>[] {
  const { position, view, path, selectionSets, typename, unselected } = spot;
  if (!position || !view || unselected === undefined) return [];
  const missing = lostWith(position, unselected).filter((planKey) => isMissing(compileRead(position, planKey)(view)));
  return missing.flatMap((planKey) => {
    const found = findFields(context, selectionSets, { planKey, typename, conditions: run.variables });
    return found.length > 0 ? [toPlace([...path, context.responseKeyOf(planKey)], found)] : [];
  });
}

/**
 * Where the client misses what `fetch` should have brought to the object at `planPath`: each field of it that is not
 * there, also in objects of which others have brought a part, and each that requires one; else each that nobody could be
 * asked for without it. Where the client selected nothing of the fetch that is the object itself at least. None when the
 * client misses nothing.
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
  const find = (planKey: string | undefined) =>
    findFields(context, selectionSets, { planKey, typename, conditions: run.variables });
  const read = (planKey: string) => compileRead(position, planKey)(view);
  const brought = planKeysOf(fetch).filter((planKey) => isKnown(context, ofAnyType, planKey));
  const { selectionSet } = fetch.selection ?? fetch.operation.definition;
  const parts = missingPartsOf(context, run, { position, view, selectionSet }).flatMap((below) =>
    placesOf(context, run, [...planPath, ...below]),
  );
  const gone = planKeysOf(fetch).filter((planKey) => isMissing(read(planKey)));
  const missing = gone.filter((planKey) => brought.includes(planKey));
  const unasked = find(undefined).filter((node) => isUnasked(node, read(context.planKeyOf(node))));
  const lost = gone.flatMap((planKey) => lostWith(position, planKey)).filter((planKey) => isMissing(read(planKey)));
  const known = [...missing, ...lost];
  const keys = known.length + parts.length > 0 ? known : unasked.map(context.planKeyOf);
  const places = [...new Set(keys)].flatMap((planKey) => {
    const found = find(planKey);
    return found.length > 0 ? [toPlace([...path, context.responseKeyOf(planKey)], found)] : [];
  });
  if (places.length + parts.length > 0) return [...places, ...parts];
  // Its type alone may be missing.
  const isUntyped = !position.objectTypes.has(typename ?? '');
  return brought.length > 0 && !isUntyped ? [] : [toPlace(path, nodes)];
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
  /** The plan key at which the path leaves what the client selected; undefined where it does not. */
  readonly unselected: string | undefined;
};

function descend(context: PlaceContext, run: Run, planPath: Path): Spot | null {
  const path: (string | number)[] = [];
  let value: unknown = run.root;
  let position: Position<EntityFetch> | undefined = context.root;
  let selectionSets: readonly SelectionSetNode[] = [context.definition.selectionSet];
  let ofAnyType = selectionSets;
  let nodes: readonly FieldNode[] = [];
  let unselected: string | undefined;
  for (const step of planPath) {
    if (!leadsOn(value, step)) break;
    if (typeof step === 'number') {
      value = Array.isArray(value) ? value[step] : undefined;
      path.push(step);
      continue;
    }
    const planKey = planKeyOf(position, step);
    const { view, typename } = look(position, value, run);
    const known = findFields(context, ofAnyType, { planKey, typename: undefined, conditions: null });
    if (known.length === 0) {
      unselected = planKey;
      break;
    }
    // The planner may ask for what a condition leaves out, or for more types than need it: that is nothing to tell.
    nodes = findFields(context, selectionSets, { planKey, typename, conditions: run.variables });
    if (nodes.length === 0) return null;
    selectionSets = setsOf(nodes);
    ofAnyType = setsOf(known);
    value = position && view ? compileRead(position, planKey)(view) : undefined;
    position = position?.children.get(planKey);
    path.push(context.responseKeyOf(planKey));
  }
  return { path, nodes, selectionSets, ofAnyType, position, unselected, ...look(position, value, run) };
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
  /** Undefined: every field. What the plan adds by itself may be called like what the client calls another field. */
  readonly planKey: string | undefined;
  readonly typename: string | undefined;
  /** The variables by which `@skip` and `@include` are judged; null when those do not matter. */
  readonly conditions: Run['variables'] | null;
};

/** Whether the client selects what a plan key stands for there at all, for whatever type and under whatever condition. */
function isKnown(context: PlaceContext, selectionSets: readonly SelectionSetNode[], planKey: string): boolean {
  return findFields(context, selectionSets, { planKey, typename: undefined, conditions: null }).length > 0;
}

/** The fields behind a plan key; with a `typename` those that are selected for objects of that type. */
function findFields(context: PlaceContext, selectionSets: readonly SelectionSetNode[], sought: Sought): FieldNode[] {
  const fields: FieldNode[] = [];
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (sought.conditions && !isIncluded(selection.directives ?? [], sought.conditions)) continue;
      if (selection.kind === Kind.FIELD) {
        if (sought.planKey === undefined || context.planKeyOf(selection) === sought.planKey) fields.push(selection);
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
