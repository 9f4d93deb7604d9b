import type { QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type FieldNode,
  type GraphQLSchema,
  getOperationAST,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../protection/operation-document.ts';
import type { CompileOptions } from './compiled-operation.ts';
import { viewOf } from './objects.ts';
import { fetchesOf } from './plan-fetches.ts';
import type { Position } from './position.ts';
import type { EntityFetch } from './run.ts';
import { compileTypeTest } from './type-condition.ts';
import { compileRead, compileTypename, type JsonObject, type View, visitObjects } from './view.ts';

type NeedContext = Pick<CompileOptions, 'plan' | 'operation' | 'normalised' | 'supergraphSchema'>;

type MayBeLimited = Omit<EntityFetch, 'needed'> & { needed: EntityFetch['needed'] };

const TYPENAME = '__typename';

/**
 * The planner's paths say nothing of the types on the way: what is selected of `product` below one member of a union is
 * fetched for the products of all. This makes such fetches ask for those objects alone that need them, by the types of
 * the objects above. A fetch on which others build stays as it is.
 */
export function limitToNeeded(entityFetches: readonly MayBeLimited[], context: NeedContext): void {
  const root = rootSelectionOf(context);
  const fetches = entityFetches.length > 0 ? fetchesOf(context.plan.node) : [];
  if (!root || fetches.some(({ contextRewrites }) => contextRewrites?.length)) return;
  const required = new Set(fetches.flatMap(({ requires }) => (requires ?? []).flatMap(namesIn)));
  const walks = createWalks(context);
  for (const fetch of entityFetches) {
    const keys = keysBroughtBy(fetch);
    if (!fetch.selection || fetch.context || keys.some((key) => key === TYPENAME || required.has(key))) continue;
    const chain = chainOf(fetch.position);
    const goal = { path: chain.slice(1).map(({ key }) => key), keys: new Set(keys) };
    if (!walks.depends([root], goal)) continue;
    fetch.needed = compileNeeded(chain, walks.stepsOf([root], goal));
  }
}

/** Where a fetch's values are: plan keys from the root to its objects, and those that it brings there. */
type Goal = { readonly path: readonly string[]; readonly keys: ReadonlySet<string> };

/** A field of the operation with the types that it is selected for: every test has to hold. */
type Occurrence = { readonly field: FieldNode; readonly conditions: readonly string[] };

/** What leads on from an object, by its type; null when nothing does. */
type Step = (typename: string | undefined) => Step | null;

function createWalks({ normalised: { document }, supergraphSchema }: NeedContext) {
  const fragments = fragmentsOf(document);
  const occurrencesIn = ({ selections }: SelectionSetNode, conditions: readonly string[]): Occurrence[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [{ field: selection, conditions }];
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) return [];
      const on = fragment.typeCondition?.name.value;
      return occurrencesIn(fragment.selectionSet, on === undefined ? conditions : [...conditions, on]);
    });
  const under = (sets: readonly SelectionSetNode[], key: string): Occurrence[] =>
    sets.flatMap((set) => occurrencesIn(set, [])).filter(({ field }) => keyOf(field) === key);
  const leads = (set: SelectionSetNode, { path, keys }: Goal): boolean => {
    const [key, ...rest] = path;
    const occurrences = occurrencesIn(set, []);
    if (key === undefined) return occurrences.some(({ field }) => keys.has(keyOf(field)));
    return occurrences.some(
      ({ field }) => keyOf(field) === key && field.selectionSet && leads(field.selectionSet, { path: rest, keys }),
    );
  };
  const below = (goal: Goal): Goal => ({ ...goal, path: goal.path.slice(1) });
  const leading = (sets: readonly SelectionSetNode[], goal: Goal): Occurrence[] =>
    under(sets, goal.path[0] ?? '').filter(({ field }) => field.selectionSet && leads(field.selectionSet, below(goal)));
  const setsOf = (occurrences: readonly Occurrence[]): SelectionSetNode[] =>
    occurrences.flatMap(({ field }) => field.selectionSet ?? []);
  /** Whether the types on the way decide what leads to the goal; false also where nothing does. */
  const depends = (sets: readonly SelectionSetNode[], goal: Goal): boolean => {
    const [key] = goal.path;
    if (key === undefined) return false;
    const ways = leading(sets, goal);
    if (ways.length === 0) return false;
    return ways.length < under(sets, key).length || depends(setsOf(ways), below(goal));
  };
  const stepsOf = (sets: readonly SelectionSetNode[], goal: Goal): Step => {
    const byType = new Map<string | undefined, Step | null>();
    const stepFor = (typename: string | undefined): Step | null => {
      const ways = leading(sets, goal).filter(({ conditions }) =>
        conditions.every((on) => isOfType(supergraphSchema, typename, on)),
      );
      return ways.length === 0 ? null : stepsOf(setsOf(ways), below(goal));
    };
    return (typename) => {
      const known = byType.get(typename);
      if (known !== undefined) return known;
      const step = stepFor(typename);
      byType.set(typename, step);
      return step;
    };
  };
  return { depends, stepsOf };
}

/** An object of unknown type, or one that says the name of its interface only, may be of any. */
function isOfType(schema: GraphQLSchema, typename: string | undefined, condition: string): boolean {
  const isKnown = typename !== undefined && isObjectType(schema.getType(typename));
  return !isKnown || compileTypeTest(schema, condition)(typename);
}

/** How far the walk is, and how many lists lie around. */
type Whereabouts = { readonly depth: number; readonly lists: number };

function compileNeeded(chain: readonly Position<EntityFetch>[], first: Step): NonNullable<EntityFetch['needed']> {
  const levels = chain.map((position, depth) => {
    const next = chain[depth + 1];
    return { position, typename: compileTypename(position), read: next ? compileRead(position, next.key) : null };
  });
  return (run) => {
    const found: JsonObject[] = [];
    const visit = (object: JsonObject, step: Step, { depth, lists }: Whereabouts): void => {
      const level = levels[depth];
      if (!level?.read) {
        found.push(object);
        return;
      }
      const view: View = viewOf(level.position, object, run);
      const next = step(level.typename(view));
      if (!next) return;
      const below = depth + 1;
      visitObjects(level.read(view), (inner, around) => visit(inner, next, { depth: below, lists: around }), lists);
    };
    visit(run.root, first, { depth: 0, lists: 0 });
    return found;
  };
}

function rootSelectionOf({ normalised, operation }: NeedContext): SelectionSetNode | undefined {
  return getOperationAST(normalised.document, operation.name)?.selectionSet;
}

function keyOf({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value;
}

function keysBroughtBy(fetch: EntityFetch): string[] {
  const { fetches, sources } = fetch.position;
  const source = fetches.indexOf(fetch) + 1;
  return [...sources].filter(([, holders]) => holders.includes(source)).map(([key]) => key);
}

/** The positions from the root to `position`. */
function chainOf(position: Position<EntityFetch>): Position<EntityFetch>[] {
  return position.parent === null ? [position] : [...chainOf(position.parent), position];
}

/** The names of all fields that a fetch requires, at any depth. */
function namesIn(selection: QueryPlanSelectionNode): string[] {
  const below = (selection.selections ?? []).flatMap(namesIn);
  return selection.kind === Kind.FIELD ? [selection.alias ?? selection.name, ...below] : below;
}
