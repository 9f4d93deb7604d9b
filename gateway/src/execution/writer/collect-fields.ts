import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  isAbstractType,
  isUnionType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** What selections mean for one set of variable values. */
export type SelectionContext = {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The variables that `@skip` and `@include` read. */
  readonly conditions: Readonly<Record<string, unknown>>;
  /** Whether fragments with `@defer` are left for later. */
  readonly leavesDeferred: boolean;
};

/** Response key -> the field nodes behind it, in the order of the specification's CollectFields. */
export type CollectedFields = Map<string, FieldNode[]>;

/** The fields that `selectionSets` select of an object of `type`. */
export function collectFields(
  context: SelectionContext,
  type: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
): CollectedFields {
  const fields: CollectedFields = new Map();
  const visited = new Set<string>();
  const visit = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (!isIncluded(selection.directives ?? [], context.conditions)) continue;
      if (context.leavesDeferred && isDeferred(selection.directives ?? [], context)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = fields.get(key);
        if (known) known.push(selection);
        else fields.set(key, [selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(context, selection.typeCondition?.name.value, type)) visit(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = context.fragments.get(selection.name.value);
        if (fragment && applies(context, fragment.typeCondition.name.value, type)) visit(fragment.selectionSet);
      }
    }
  };
  for (const selectionSet of selectionSets) visit(selectionSet);
  return fields;
}

/** Whether `@skip` and `@include` let a selection be. */
export function isIncluded(directives: readonly DirectiveNode[], conditions: SelectionContext['conditions']): boolean {
  return directives.every((directive) => {
    if (directive.name.value === 'skip') return !conditionOf(directive, conditions);
    return directive.name.value !== 'include' || conditionOf(directive, conditions);
  });
}

/** Whether a fragment with these directives comes later. */
export function isDeferred(directives: readonly DirectiveNode[], context: SelectionContext): boolean {
  const defer = directives.find(({ name }) => name.value === 'defer');
  if (!defer) return false;
  return !defer.arguments?.some(({ name }) => name.value === 'if') || conditionOf(defer, context.conditions);
}

function conditionOf(directive: DirectiveNode, conditions: SelectionContext['conditions']): boolean {
  const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
  if (value?.kind === Kind.BOOLEAN) return value.value;
  return value?.kind === Kind.VARIABLE && conditions[value.name.value] === true;
}

/** Whether objects of `type` are of the type that a fragment stands on; absent: any. */
export function applies(
  { schema }: SelectionContext,
  condition: string | undefined,
  type: GraphQLCompositeType,
): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return isAbstractType(conditionType) && !isUnionType(type) && schema.isSubType(conditionType, type);
}
