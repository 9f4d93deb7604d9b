import { type DirectiveNode, Kind, type SelectionSetNode } from 'graphql';

/** Whether conditions leave out everything that a fetch asks for, with these values of the variables. */
type IsLeftOut = (variables: Readonly<Record<string, unknown>>) => boolean;

/** What `@skip` and `@include` around one field say: the values that all have to hold. */
type Conditions = readonly { readonly variable: string; readonly is: boolean }[];

const TYPENAME = '__typename';

/**
 * The planner takes a condition out of a fetch when all of its fields share it; otherwise the fetch is sent though each
 * of its fields may be left out. Null when some field never is. `__typename` alone is no reason to ask, save where the
 * object behind an interface shows its type.
 */
export function compileIsLeftOut(
  selectionSet: SelectionSetNode,
  isObjectType: (name: string) => boolean,
): IsLeftOut | null {
  const fields: Conditions[] = [];
  const visit = ({ selections }: SelectionSetNode, around: Conditions, isOfObject: boolean): void => {
    for (const selection of selections) {
      const conditions = [...around, ...(selection.directives ?? []).flatMap(conditionOf)];
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        visit(selection.selectionSet, conditions, on === undefined ? isOfObject : isObjectType(on));
      } else if (selection.kind === Kind.FIELD && !(isOfObject && selection.name.value === TYPENAME)) {
        fields.push(conditions);
      }
    }
  };
  visit(selectionSet, [], true);
  // A fetch of nothing but `__typename` is the planner's will.
  if (fields.length === 0 || fields.some(({ length }) => length === 0)) return null;
  return (variables) =>
    fields.every((conditions) => conditions.some(({ variable, is }) => (variables[variable] === true) !== is));
}

/** Literals have gone before: see `normaliseOperation`. */
function conditionOf({ name, arguments: given }: DirectiveNode): Conditions {
  const value = given?.find((argument) => argument.name.value === 'if')?.value;
  const isCondition = name.value === 'include' || name.value === 'skip';
  return isCondition && value?.kind === Kind.VARIABLE
    ? [{ variable: value.name.value, is: name.value === 'include' }]
    : [];
}
