import {
  type DirectiveNode,
  type DocumentNode,
  doTypesOverlap,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { fragmentsOf } from '../protection/operation-document.ts';
import { TYPENAME_FIELD } from './requirements/field-set.ts';

/** How many spreads are written out: fragments of fragments may unfold without end in sight. */
const WRITTEN_OUT_MAX = 1_000;
const DEFER = 'defer';

/**
 * The operation with other words for type conditions that hold for every object there, where they would do harm:
 *
 * - One on a root type reaches the subgraph, whose root type may have another name. It goes; what `@skip` and `@include`
 *   say of it is said of each field.
 * - One on an interface that the type around implements is a failure of the planner where some subgraph knows that type, or
 *   its interface, as an `@interfaceObject`. It becomes one on the type around.
 * - Where there is none, but a directive, the planner overlooks that two fields of one name are not of one type. It gets one.
 */
export function settleTrueConditions(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema);
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fragments = fragmentsOf(document);
  if (isSettled(schema, document, { roots, fragments })) return document;
  let writtenOut = 0;
  const writeOut = (selection: SelectionNode): SelectionNode => {
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : undefined;
    if (!fragment || selection.kind !== Kind.FRAGMENT_SPREAD || writtenOut >= WRITTEN_OUT_MAX) return selection;
    writtenOut += 1;
    return toInlineFragment(selection, fragment);
  };
  const flattenRoot = (selections: readonly SelectionNode[]): SelectionNode[] =>
    selections.flatMap((given) => {
      const selection = isDeferred(given) ? given : writeOut(given);
      if (selection.kind !== Kind.INLINE_FRAGMENT || isDeferred(selection)) return [selection];
      return flattenRoot(selection.selectionSet.selections).map((inner) => withConditions(inner, selection));
    });
  const settle = (fragment: InlineFragmentNode | FragmentSpreadNode, condition: string | undefined) => {
    const around = types.getParentType();
    if (!around) return undefined;
    if (condition === undefined) return fragment.directives?.length ? around : undefined;
    return judgeCondition(schema, around, condition);
  };
  const edited = visit(
    document,
    visitWithTypeInfo(types, {
      SelectionSet: {
        enter(selectionSet) {
          if (!roots.some((root) => root && root === types.getParentType())) return undefined;
          return { ...selectionSet, selections: flattenRoot(selectionSet.selections) };
        },
        leave: (selectionSet) =>
          selectionSet.selections.length > 0 ? undefined : { ...selectionSet, selections: [TYPENAME_FIELD] },
      },
      InlineFragment(fragment) {
        const settled = settle(fragment, fragment.typeCondition?.name.value);
        if (!settled || settled === NEVER) return settled;
        return isDeferred(fragment) || roots.includes(settled as never)
          ? undefined
          : { ...fragment, typeCondition: toTypeNode(settled) };
      },
      FragmentSpread(spread) {
        const fragment = fragments.get(spread.name.value);
        const settled = fragment && settle(spread, fragment.typeCondition.name.value);
        if (!settled || settled === NEVER || isDeferred(spread)) return settled === NEVER ? NEVER : undefined;
        const inline = writeOut(spread);
        return inline === spread ? undefined : { ...inline, typeCondition: toTypeNode(settled) };
      },
    }),
  );
  return writtenOut > 0 ? withoutUnusedFragments(edited) : edited;
}

type Known = {
  readonly roots: readonly (GraphQLCompositeType | null | undefined)[];
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
};

/** Whether no condition of the document does harm, which is the rule: telling that takes less than rewriting does. */
function isSettled(schema: GraphQLSchema, document: DocumentNode, { roots, fragments }: Known): boolean {
  const isSetSettled = ({ selections }: SelectionSetNode, around: GraphQLCompositeType): boolean =>
    selections.length > 0 &&
    selections.every((selection) => {
      if (selection.kind === Kind.FIELD) {
        const field = 'getFields' in around ? around.getFields()[selection.name.value] : undefined;
        const below = field && getNamedType(field.type);
        return !selection.selectionSet || !isCompositeType(below) || isSetSettled(selection.selectionSet, below);
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const condition = (isSpread ? fragments.get(selection.name.value) : selection)?.typeCondition?.name.value;
      if (condition === undefined || roots.includes(around)) return false;
      if (judgeCondition(schema, around, condition) !== undefined) return false;
      const type = schema.getType(condition);
      return isSpread || !isCompositeType(type) || isSetSettled(selection.selectionSet, type);
    });
  return document.definitions.every((definition) => {
    const type =
      definition.kind === Kind.OPERATION_DEFINITION
        ? schema.getRootType(definition.operation)
        : definition.kind === Kind.FRAGMENT_DEFINITION && schema.getType(definition.typeCondition.name.value);
    return (
      !('selectionSet' in definition) || !type || !isCompositeType(type) || isSetSettled(definition.selectionSet, type)
    );
  });
}

/** What stands for a fragment whose condition never holds: it stood inside one that was changed, where it was allowed. */
const NEVER = null;

/** The type to name instead of one whose condition always holds; undefined when it shall stay. */
function judgeCondition(
  schema: GraphQLSchema,
  around: GraphQLCompositeType,
  condition: string,
): GraphQLCompositeType | typeof NEVER | undefined {
  const type = schema.getType(condition);
  if (around.name === condition || !isCompositeType(type)) return undefined;
  if (!doTypesOverlap(schema, around, type)) return NEVER;
  const hasInterfaces = isInterfaceType(around) || isObjectType(around);
  return hasInterfaces && isInterfaceType(type) && schema.isSubType(type, around) ? around : undefined;
}

/** A part of a fragment with the directives of the whole; a directive stands once only. */
function withConditions(selection: SelectionNode, { directives: outer = [] }: InlineFragmentNode): SelectionNode {
  const own: readonly DirectiveNode[] = selection.directives ?? [];
  if (outer.length === 0) return selection;
  const isTwice = own.some(({ name }) => outer.some((directive) => directive.name.value === name.value));
  if (!isTwice) return { ...selection, directives: [...outer, ...own] };
  const selectionSet = { kind: Kind.SELECTION_SET, selections: [selection] } as const;
  return { kind: Kind.INLINE_FRAGMENT, directives: outer, selectionSet };
}

function toTypeNode({ name }: GraphQLCompositeType): NamedTypeNode {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } };
}

function isDeferred({ directives }: SelectionNode): boolean {
  return directives?.some(({ name }) => name.value === DEFER) ?? false;
}

function toInlineFragment(
  { directives = [] }: FragmentSpreadNode,
  { selectionSet }: FragmentDefinitionNode,
): InlineFragmentNode {
  return { kind: Kind.INLINE_FRAGMENT, directives, selectionSet };
}

/** Variables that stand in an unused fragment alone would be unused too. */
function withoutUnusedFragments(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, { FragmentSpread: ({ name }) => void used.add(name.value) });
  const definitions = document.definitions.filter(
    (node) => node.kind !== Kind.FRAGMENT_DEFINITION || used.has(node.name.value),
  );
  return definitions.length < document.definitions.length
    ? withoutUnusedFragments({ ...document, definitions })
    : document;
}
