import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLCompositeType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { viewOf } from '../objects.ts';
import type { Position } from '../position.ts';
import type { EntityFetch, Run } from '../run.ts';
import { compileRead, compileTypename, isObject, type JsonObject, type View } from '../view.ts';
import { applies, collectFields, isDeferred, isIncluded } from '../writer/collect-fields.ts';
import type { WriterContext } from '../writer/writer-context.ts';
import type { DeferMark } from './mark-deferred.ts';

export type Path = readonly (string | number)[];

/** What finding parts needs to know of the operation; `leavesDeferred` holds. */
export type PartContext = WriterContext & { readonly marks: ReadonlyMap<DirectiveNode, DeferMark> };

/** A fragment with `@defer`, at a place of the plan. */
export type DeferredFragment = {
  readonly id: string;
  readonly label: string | undefined;
  readonly selectionSet: SelectionSetNode;
  /** Plan keys from the root to the objects that it is for. */
  readonly keys: readonly string[];
  readonly position: Position<EntityFetch>;
};

/** What comes later for one object. */
export type DeferredPart = {
  readonly fragment: DeferredFragment;
  /** The object's type; an interface where nobody knows more. */
  readonly type: GraphQLCompositeType;
  /** Where the client has the object. */
  readonly path: Path;
  /** The same in plan keys. What is fetched later may put another object in its place. */
  readonly planPath: Path;
};

/** Where objects are from which deferred fragments are sought. */
export type Place = {
  readonly type: GraphQLCompositeType;
  readonly selectionSets: readonly SelectionSetNode[];
  readonly position: Position<EntityFetch>;
  readonly keys: readonly string[];
};

/** One value of an answer: `printed` is what the client got of it, and below a null nothing comes later. */
type Spot = Pick<DeferredPart, 'path' | 'planPath'> & { readonly printed: unknown; readonly run: Run };

/** Finds what an object of a place defers. */
export type FindParts = (object: JsonObject, at: Spot) => DeferredPart[];

/** Compiles a search for the deferred fragments that `place.selectionSets` reach, not into those fragments themselves. */
export function compileFindParts(context: PartContext, place: Place): FindParts {
  const { position, type } = place;
  const typenameOf = compileTypename(position);
  const finders = new Map<GraphQLCompositeType, FindParts>();
  return (object, at) => {
    if (!isObject(at.printed)) return [];
    const typename = isAbstractType(type) ? typenameOf(viewOf(position, object, at.run)) : undefined;
    const named = typename === undefined ? undefined : context.schema.getType(typename);
    const objectType = isObjectType(named) ? named : type;
    const find = finders.get(objectType) ?? compileForType(context, { ...place, type: objectType });
    finders.set(objectType, find);
    return find(object, at);
  };
}

function compileForType(context: PartContext, place: Place): FindParts {
  const { type, position } = place;
  const fragments = findFragments(context, place);
  const fields = [...collectFields(context, type, place.selectionSets)].flatMap(([key, nodes]) => {
    const field = compileField(context, place, nodes);
    return field ? [{ key, ...field }] : [];
  });
  return (object, at) => {
    const { path, planPath, run } = at;
    const found: DeferredPart[] = fragments.map((fragment) => ({ fragment, type, path, planPath }));
    if (fields.length === 0) return found;
    const view = viewOf(position, object, run);
    const printed = at.printed as JsonObject;
    for (const { key, planKey, find } of fields) {
      const below = { printed: printed[key], path: [...path, key], planPath: [...planPath, planKey], run };
      for (const part of find(view, below)) found.push(part);
    }
    return found;
  };
}

type DeferringField = { readonly planKey: string; readonly find: (view: View, at: Spot) => DeferredPart[] };

/** Null when nothing below the field is deferred. */
function compileField(context: PartContext, place: Place, nodes: readonly FieldNode[]): DeferringField | null {
  const allowed = nodes.filter((candidate) => !context.denialAt(candidate));
  const selectionSets = allowed.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
  const [node] = allowed;
  if (!node || !selectionSets.some((selectionSet) => mayDefer(context, selectionSet))) return null;
  const planKey = context.planKeyOf(node);
  const position = place.position.children.get(planKey);
  const type = fieldTypeOf(place.type, node);
  if (!position || !type) return null;
  const read = compileRead(place.position, planKey);
  const find = compileFindParts(context, { type, selectionSets, position, keys: [...place.keys, planKey] });
  const visit = (value: unknown, at: Spot): DeferredPart[] => {
    if (!Array.isArray(value)) return isObject(value) ? find(value, at) : [];
    const { printed, path, planPath, run } = at;
    if (!Array.isArray(printed)) return [];
    return value.flatMap((item, i) =>
      visit(item, { printed: printed[i], path: [...path, i], planPath: [...planPath, i], run }),
    );
  };
  return { planKey, find: (view, at) => visit(read(view), at) };
}

function fieldTypeOf(parent: GraphQLCompositeType, node: FieldNode): GraphQLCompositeType | null {
  if (isUnionType(parent)) return null;
  const field = parent.getFields()[node.name.value];
  const type = field && getNamedType(field.type);
  return isCompositeType(type) ? type : null;
}

/** The deferred fragments that stand right here for objects of the place's type, each once. */
function findFragments(context: PartContext, { type, selectionSets, keys, position }: Place): DeferredFragment[] {
  const found = new Map<string, DeferredFragment>();
  const visited = new Set<string>();
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) continue;
      const directives = selection.directives ?? [];
      if (!isIncluded(directives, context.conditions)) continue;
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const fragment = isSpread ? context.fragments.get(selection.name.value) : selection;
      if (!fragment || !applies(context, fragment.typeCondition?.name.value, type)) continue;
      const { selectionSet } = fragment;
      if (isDeferred(directives, context)) {
        const directive = directives.find(({ name }) => name.value === 'defer');
        const id = directive && context.marks.get(directive)?.id;
        if (id !== undefined) found.set(id, { id, label: labelOf(directive), selectionSet, keys, position });
      } else if (!isSpread || !visited.has(selection.name.value)) {
        if (isSpread) visited.add(selection.name.value);
        visit(selectionSet);
      }
    }
  };
  for (const selectionSet of selectionSets) visit(selectionSet);
  return [...found.values()];
}

function labelOf(directive: DirectiveNode | undefined): string | undefined {
  const value = directive?.arguments?.find(({ name }) => name.value === 'label')?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

const deferring = new WeakMap<SelectionSetNode, boolean>();

/** Whether anything in a selection may be deferred: most of an answer need not be looked through. */
export function mayDefer(context: PartContext, selectionSet: SelectionSetNode): boolean {
  const known = deferring.get(selectionSet);
  if (known !== undefined) return known;
  const found = selectionSet.selections.some((selection) => {
    if (selection.directives?.some((directive) => context.marks.has(directive))) return true;
    const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
    const below = isSpread ? context.fragments.get(selection.name.value)?.selectionSet : selection.selectionSet;
    return below !== undefined && mayDefer(context, below);
  });
  deferring.set(selectionSet, found);
  return found;
}
