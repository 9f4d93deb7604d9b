import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';
import type { ResponseObject } from './merge.ts';

/** Whether `object`, by its `__typename`, is of `typeCondition`; an object without one counts as `whenUntyped`. */
export function isOfType(
  schema: GraphQLSchema,
  object: ResponseObject,
  { typeCondition, whenUntyped }: { typeCondition: string; whenUntyped: boolean },
): boolean {
  const typename = object.__typename;
  if (typeof typename !== 'string') return whenUntyped;
  if (typename === typeCondition) return true;
  const type = schema.getType(typename);
  const condition = schema.getType(typeCondition);
  if (!isAbstractType(condition)) return false;
  return (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(condition, type);
}
