import {
  baseType,
  type CompositeType,
  type FieldDefinition,
  federationMetadata,
  isCompositeType,
  isInterfaceType,
  isUnionType,
  possibleRuntimeTypes,
  type Selection,
  SelectionSet,
} from '@apollo/federation-internals';

/**
 * Plans with a stricter notion of what a subgraph can resolve by itself. The planner moves what a `@requires` needs into
 * the fetch before wherever the type there has fields of these names, though such a field may be `@external` there, or may
 * itself require others: of two requirements in a row one is lost. `plan` must be synchronous: only for its time does
 * `SelectionSet.canRebaseOn` answer for what is resolved, not for what is named. Others' planners see nothing of it.
 */
export function withStrictLocality<Result>(plan: () => Result): Result {
  const isNamedBy = SelectionSet.prototype.canRebaseOn;
  SelectionSet.prototype.canRebaseOn = function isResolvedBy(type) {
    return isNamedBy.call(this, type) && areResolvedBy(type, this.selections());
  };
  try {
    return plan();
  } finally {
    SelectionSet.prototype.canRebaseOn = isNamedBy;
  }
}

function areResolvedBy(type: CompositeType, selections: readonly Selection[]): boolean {
  return selections.every((selection) => {
    if (selection.kind === 'FragmentSelection') {
      const { typeCondition } = selection.element;
      const condition = typeCondition ? type.schema().type(typeCondition.name) : type;
      return condition && isCompositeType(condition)
        ? areResolvedBy(condition, selection.selectionSet.selections())
        : true;
    }
    const { name } = selection.element;
    if (name === '__typename') return true;
    if (!isUnionType(type) && !holdersOf(type, name).every(isOwn)) return false;
    const field = type.field(name);
    const below = field?.type ? baseType(field.type) : undefined;
    if (!selection.selectionSet || !below || !isCompositeType(below)) return true;
    return areResolvedBy(below, selection.selectionSet.selections());
  });
}

type Field = FieldDefinition<CompositeType>;

/** The definitions of a field that may be the one asked for: that of the type, or those of what implements it. */
function holdersOf(type: CompositeType, name: string): Field[] {
  const types = isInterfaceType(type) ? [type, ...possibleRuntimeTypes(type)] : [type];
  return types.flatMap((holder) => (holder.field(name) as Field | undefined) ?? []);
}

/** Whether a subgraph resolves a field without help. */
function isOwn(field: Field): boolean {
  const metadata = federationMetadata(field.schema());
  return !metadata || !(metadata.isFieldExternal(field) || field.hasAppliedDirective(metadata.requiresDirective()));
}
