import { type GraphQLSchema, Kind, type SelectionSetNode } from 'graphql';
import { viewOf } from './objects.ts';
import type { Position } from './position.ts';
import type { EntityFetch, Run } from './run.ts';
import { compileTypeTest } from './type-condition.ts';
import { compileRead, compileTypename, isObject, LISTS_MAX, type View } from './view.ts';
import { isIncluded } from './writer/collect-fields.ts';

type Path = readonly (string | number)[];

/** How many places are named at most; errors are counted beyond as many. */
const PARTS_MAX = 1_000;

/** An object, and what a fetch that brought nothing should have brought to it. */
type Asked = { readonly position: Position<EntityFetch>; readonly view: View; readonly selectionSet: SelectionSetNode };

/**
 * The plan paths of what nobody has brought to the objects below one of which other fetches brought a part: several
 * subgraphs may have each their fields of an object without a key.
 */
export function missingPartsOf(
  { schema }: { readonly schema: GraphQLSchema },
  run: Run,
  asked: Asked,
): readonly Path[] {
  const paths: Path[] = [];
  const visitFields = ({ position, view, selectionSet }: Asked, path: Path): void => {
    const typename = compileTypename(position)(view);
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD || !isIncluded(selection.directives ?? [], run.variables)) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        const isOfType = condition === undefined || compileTypeTest(schema, condition)(typename);
        if (isOfType) visitFields({ position, view, selectionSet: selection.selectionSet }, path);
        continue;
      }
      const fetched = (selection.alias ?? selection.name).value;
      const key = position.renamed.get(fetched) ?? fetched;
      const value = compileRead(position, key)(view);
      // What is missing of the first object is not this function's to tell.
      if (value === undefined && path.length > 0 && paths.length < PARTS_MAX) paths.push([...path, key]);
      const child = position.children.get(key);
      if (selection.selectionSet && child)
        visitObjects(value, [...path, key], { child, selectionSet: selection.selectionSet });
    }
  };
  type Below = { readonly child: Position<EntityFetch>; readonly selectionSet: SelectionSetNode };
  const visitObjects = (value: unknown, path: Path, below: Below, lists = 0): void => {
    if (paths.length >= PARTS_MAX) return;
    if (isObject(value)) {
      const { child, selectionSet } = below;
      visitFields({ position: child, view: viewOf(child, value, run), selectionSet }, path);
    } else if (Array.isArray(value) && lists < LISTS_MAX) {
      value.forEach((item, i) => {
        visitObjects(item, [...path, i], below, lists + 1);
      });
    }
  };
  visitFields(asked, []);
  return paths;
}
