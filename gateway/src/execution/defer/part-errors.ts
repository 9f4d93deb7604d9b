import { type FieldNode, type GraphQLFormattedError, Kind, type SelectionSetNode } from 'graphql';
import { isDeferred, isIncluded } from '../writer/collect-fields.ts';
import type { PartContext, Path } from './find-parts.ts';

/** Gives each error of a run to one part of the answer. */
export type PartErrors = {
  /** Those among `errors`, all of the run so far, that are about what a part selects and were not given before. */
  take(errors: readonly GraphQLFormattedError[], part: PrintedPart): GraphQLFormattedError[];
};

/** A part of the answer: what it selects, and what the client gets of it as JSON; undefined is null. */
export type PrintedPart = {
  readonly path: Path;
  readonly selectionSet: SelectionSetNode;
  readonly data: string | undefined;
};

export function createPartErrors(context: PartContext): PartErrors {
  const given = new Set<string>();
  return {
    take(errors, part) {
      const fresh = errors.filter((error) => !given.has(JSON.stringify(error)));
      if (fresh.length === 0) return [];
      const printed: unknown = part.data === undefined ? null : JSON.parse(part.data);
      const taken = fresh.filter((error) => concerns(context, error.path ?? [], { ...part, printed }));
      for (const error of taken) given.add(JSON.stringify(error));
      return taken;
    },
  };
}

/**
 * Whether an error's path lies in a part, or ends at a null of it: a subgraph may have made more null than what is
 * deferred. Or the part lies below it: what was in error above came up after it was sent.
 */
function concerns(
  context: PartContext,
  errorPath: Path,
  { path, selectionSet, printed }: PrintedPart & { readonly printed: unknown },
): boolean {
  if (!path.every((step, i) => i >= errorPath.length || errorPath[i] === step)) return false;
  let value = printed;
  let selectionSets: readonly SelectionSetNode[] = [selectionSet];
  for (const step of errorPath.slice(path.length)) {
    if (value === null) return true;
    value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[step];
    if (typeof step === 'number') continue;
    const nodes = selectionSets.flatMap((one) => findFields(context, one, step));
    if (nodes.length === 0) return false;
    selectionSets = nodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []));
  }
  return true;
}

/** The fields behind a response key that are not left for later, through every fragment. */
function findFields(context: PartContext, { selections }: SelectionSetNode, key: string): FieldNode[] {
  return selections.flatMap((selection) => {
    const directives = selection.directives ?? [];
    if (!isIncluded(directives, context.conditions)) return [];
    if (selection.kind === Kind.FIELD) return (selection.alias ?? selection.name).value === key ? [selection] : [];
    if (isDeferred(directives, context)) return [];
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : context.fragments.get(selection.name.value);
    return fragment ? findFields(context, fragment.selectionSet, key) : [];
  });
}
