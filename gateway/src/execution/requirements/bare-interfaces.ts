import {
  type DocumentNode,
  doTypesOverlap,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { fragmentsOf } from '../../protection/operation-document.ts';
import { hasFields, isInterfaceObject, stringArgument, TYPENAME_FIELD } from './field-set.ts';

/** How many fragments may come of it: each level has as many times more as the interface has types. */
const FRAGMENTS_MAX = 1_000;
/** How many fields and fragments are looked at, those of a fragment at each place. */
const SELECTIONS_MAX = 20_000;
const DEFER = 'defer';

/** The interfaces that some subgraph has without a single type of them. */
export function findBareInterfaces({ definitions }: DocumentNode): ReadonlySet<string> {
  const types = definitions.filter(hasFields);
  const implemented = new Set<string>();
  for (const type of types) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const join of type.directives ?? []) {
      if (join.name.value !== 'join__implements') continue;
      implemented.add(`${stringArgument(join, 'graph')}.${stringArgument(join, 'interface')}`);
    }
  }
  const bare = types.filter(
    (type) =>
      type.kind === Kind.INTERFACE_TYPE_DEFINITION &&
      type.directives?.some(
        (join) =>
          join.name.value === 'join__type' &&
          !isInterfaceObject(join) &&
          !implemented.has(`${stringArgument(join, 'graph')}.${type.name.value}`),
      ),
  );
  return new Set(bare.map(({ name }) => name.value));
}

/**
 * The operation with what it selects on interfaces of `bare` as fragments on the object types that they can be. It selects
 * the same. In the first form the planner leaves out such a field where it comes from a subgraph that knows no type of its
 * interface, though the subgraph has an answer: null, or an empty list. What is deferred stays, since each fragment is a
 * part of its own; so does all where it would become too large.
 */
export function withMembers(
  document: DocumentNode,
  { schema, bare }: { readonly schema: GraphQLSchema; readonly bare: ReadonlySet<string> },
): DocumentNode {
  if (bare.size === 0) return document;
  const fragments = fragmentsOf(document);
  let [made, seen] = [0, 0];
  const isTooLarge = () => made > FRAGMENTS_MAX || seen > SELECTIONS_MAX;
  const rewriteSet = (set: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode => {
    const selections = selectedOf(set, type);
    return { ...set, selections: selections.length > 0 ? selections : [TYPENAME_FIELD] };
  };
  const selectedOf = ({ selections }: SelectionSetNode, type: GraphQLCompositeType): readonly SelectionNode[] =>
    selections.flatMap((selection) => rewriteOne(selection, type));
  const rewriteOne = (selection: SelectionNode, type: GraphQLCompositeType): readonly SelectionNode[] => {
    seen += 1;
    if (isTooLarge()) return [selection];
    if (selection.kind === Kind.FIELD) return [rewriteField(selection, type)];
    const body = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    const condition = body?.typeCondition;
    const named = condition ? schema.getType(condition.name.value) : type;
    if (!body || !isCompositeType(named)) return [selection];
    // The planner fails at a fragment for other types within one for an object type.
    if (!doTypesOverlap(schema, type, named)) return [];
    const on = isObjectType(type) ? type : named;
    const selections = selectedOf(body.selectionSet, on);
    const { directives = [] } = selection;
    return selections.length > 0
      ? [toInline(on.name, { directives, selectionSet: { ...body.selectionSet, selections } })]
      : [];
  };
  const rewriteField = (field: FieldNode, type: GraphQLCompositeType): FieldNode => {
    const { selectionSet } = field;
    const below = 'getFields' in type ? getNamedType(type.getFields()[field.name.value]?.type) : undefined;
    if (!selectionSet || !isCompositeType(below)) return field;
    if (!isInterfaceType(below) || !bare.has(below.name) || defers(field)) {
      return { ...field, selectionSet: rewriteSet(selectionSet, below) };
    }
    const members = schema.getPossibleTypes(below);
    made += members.length;
    const ofMembers = members.flatMap((on) => {
      const selections = selectedOf(selectionSet, on);
      return selections.length > 0 ? [toInline(on.name, { selectionSet: { ...selectionSet, selections } })] : [];
    });
    return { ...field, selectionSet: { ...selectionSet, selections: [TYPENAME_FIELD, ...ofMembers] } };
  };
  const definitions = document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    const root = schema.getRootType(definition.operation);
    return root ? [{ ...definition, selectionSet: rewriteSet(definition.selectionSet, root) }] : [definition];
  });
  return made === 0 || isTooLarge() ? document : { ...document, definitions };
}

function toInline(on: string, rest: Pick<InlineFragmentNode, 'directives' | 'selectionSet'>): InlineFragmentNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: on } },
    ...rest,
  };
}

function defers(field: FieldNode): boolean {
  let found = false;
  visit(field, {
    Directive({ name }) {
      found ||= name.value === DEFER;
    },
  });
  return found;
}
