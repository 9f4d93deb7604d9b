import {
  type DocumentNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../../protection/operation-document.ts';
import { TYPENAME_FIELD } from './field-set.ts';

type Fragment = InlineFragmentNode | FragmentSpreadNode;

/** How many fragments may come of it: each level of fields in fragments has as many times more as there are types. */
const FRAGMENTS_MAX = 1_000;
const DEFER = 'defer';

/**
 * The operation with every fragment on an interface, where it stands below another abstract type, as fragments on the
 * object types that are both. It selects the same. The planner has no plan for the first form where a subgraph knows the
 * outer interface as an object (`@interfaceObject`), and one for the second. Fragments that are deferred stay, since each
 * is a part of its own. The same document where it would become too large.
 */
export function expandInterfaces(document: DocumentNode, schema: GraphQLSchema): DocumentNode {
  const fragments = fragmentsOf(document);
  let made = 0;
  const expandSet = (selectionSet: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.flatMap((selection) => expandOne(selection, type)),
  });
  const expandOne = (selection: SelectionNode, type: GraphQLCompositeType): SelectionNode[] => {
    if (selection.kind !== Kind.FIELD) return expandFragment(selection, type);
    const field = 'getFields' in type ? type.getFields()[selection.name.value] : undefined;
    const below = field && getNamedType(field.type);
    if (!selection.selectionSet || !below || !isCompositeType(below)) return [selection];
    return [{ ...selection, selectionSet: expandSet(selection.selectionSet, below) }];
  };
  const expandFragment = (fragment: Fragment, type: GraphQLCompositeType): SelectionNode[] => {
    const body = fragment.kind === Kind.INLINE_FRAGMENT ? fragment : fragments.get(fragment.name.value);
    const named = body?.typeCondition && schema.getType(body.typeCondition.name.value);
    const condition = named && isCompositeType(named) ? named : type;
    if (!body || made > FRAGMENTS_MAX) return [fragment];
    const isDeferred = fragment.directives?.some(({ name }) => name.value === DEFER);
    const isExpanded = isInterfaceType(condition) && isAbstractType(type) && condition !== type && !isDeferred;
    const types = isExpanded ? commonTypes(schema, [condition, type]) : [condition];
    // No object is of both; something has to stand there.
    if (types.length === 0) return [TYPENAME_FIELD];
    made += types.length;
    return types.map((on) => toInline(fragment, { on, selectionSet: expandSet(body.selectionSet, on) }));
  };
  const definitions = document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    const root = schema.getRootType(definition.operation);
    return root ? [{ ...definition, selectionSet: expandSet(definition.selectionSet, root) }] : [definition];
  });
  return made > FRAGMENTS_MAX ? document : { ...document, definitions };
}

function commonTypes(
  schema: GraphQLSchema,
  [one, other]: readonly [GraphQLCompositeType, GraphQLCompositeType],
): readonly GraphQLObjectType[] {
  const typesOf = (type: GraphQLCompositeType) => (isObjectType(type) ? [type] : schema.getPossibleTypes(type));
  return typesOf(one).filter((type) => typesOf(other).includes(type));
}

function toInline(
  { directives = [] }: Fragment,
  { on, selectionSet }: { readonly on: GraphQLCompositeType; readonly selectionSet: SelectionSetNode },
): InlineFragmentNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: on.name } },
    directives,
    selectionSet,
  };
}
