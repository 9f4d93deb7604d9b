import type { FetchDataRewrite, FetchNode } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import type { MutableObject } from './merge.ts';
import { compileTypeTest } from './type-condition.ts';
import { type JsonObject, visitObjects } from './view.ts';

/** Starts a step of a rewrite's path that is a type condition. */
export const FRAGMENT_PREFIX = '... on ';

/** Applies the planner's rewrites (interface objects, fields renamed to avoid conflicts) in place: `value` must be private. */
export function applyRewrites(
  schema: GraphQLSchema,
  rewrites: readonly FetchDataRewrite[] | undefined,
  value: unknown,
): void {
  for (const rewrite of rewrites ?? []) {
    const field = rewrite.path.at(-1);
    if (field === undefined) continue;
    visitPath(schema, rewrite.path.slice(0, -1), { value, visit: (object) => rewriteField(object, field, rewrite) });
  }
}

function rewriteField(object: MutableObject, field: string, rewrite: FetchDataRewrite): void {
  if (rewrite.kind === 'ValueSetter') {
    object[field] = rewrite.setValueTo;
  } else if (Object.hasOwn(object, field)) {
    object[rewrite.renameKeyTo] = object[field];
    delete object[field];
  }
}

type Visit = {
  readonly value: unknown;
  /** How many lists lie around the value. */
  readonly lists?: number;
  readonly visit: (object: MutableObject) => void;
};

function visitPath(schema: GraphQLSchema, path: readonly string[], { value, lists: around = 0, visit }: Visit): void {
  const [step, ...rest] = path;
  const isOfType = step?.startsWith(FRAGMENT_PREFIX)
    ? compileTypeTest(schema, step.slice(FRAGMENT_PREFIX.length))
    : null;
  const visitOne = (object: JsonObject, lists: number): void => {
    if (step === undefined) visit(object as MutableObject);
    else if (!isOfType) visitPath(schema, rest, { value: object[step], lists, visit });
    else {
      const typename = object.__typename;
      if (typeof typename !== 'string' || isOfType(typename)) visitPath(schema, rest, { value: object, lists, visit });
    }
  };
  visitObjects(value, visitOne, around);
}

/** Where output rewrites rename keys: the path as fetched, type conditions left out -> the key in the end. */
export function renamesOf({ outputRewrites }: Pick<FetchNode, 'outputRewrites'>): Map<string, string> {
  const renames = new Map<string, string>();
  for (const rewrite of outputRewrites ?? []) {
    if (rewrite.kind !== 'KeyRenamer') continue;
    const steps = rewrite.path.filter((step) => !step.startsWith(FRAGMENT_PREFIX));
    renames.set(steps.join('.'), rewrite.renameKeyTo);
  }
  return renames;
}
