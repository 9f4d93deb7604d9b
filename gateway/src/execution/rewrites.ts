import type { FetchDataRewrite } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import { isObject, type ResponseObject } from './merge.ts';
import { isOfType } from './type-condition.ts';

const FRAGMENT_PREFIX = '... on ';

/** Applies the planner's rewrites (interface objects, fields renamed to avoid conflicts) in place. */
export function applyRewrites(
  schema: GraphQLSchema,
  rewrites: readonly FetchDataRewrite[] | undefined,
  value: unknown,
): void {
  for (const rewrite of rewrites ?? []) {
    const field = rewrite.path.at(-1);
    if (field === undefined) continue;
    visitPath(schema, rewrite.path.slice(0, -1), value, (object) => rewriteField(object, field, rewrite));
  }
}

function rewriteField(object: ResponseObject, field: string, rewrite: FetchDataRewrite): void {
  if (rewrite.kind === 'ValueSetter') {
    object[field] = rewrite.setValueTo;
  } else if (Object.hasOwn(object, field)) {
    object[rewrite.renameKeyTo] = object[field];
    delete object[field];
  }
}

function visitPath(
  schema: GraphQLSchema,
  path: readonly string[],
  value: unknown,
  visit: (object: ResponseObject) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) visitPath(schema, path, item, visit);
    return;
  }
  if (!isObject(value)) return;
  const [step, ...rest] = path;
  if (step === undefined) visit(value);
  else if (!step.startsWith(FRAGMENT_PREFIX)) visitPath(schema, rest, value[step], visit);
  else if (isOfType(schema, value, { typeCondition: step.slice(FRAGMENT_PREFIX.length), whenUntyped: true })) {
    visitPath(schema, rest, value, visit);
  }
}
