import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** Whether an object with this `__typename` satisfies a type condition of a plan. */
export type TypeTest = (typename: string | undefined) => boolean;

/** Type conditions over the supergraph's types: a type satisfies its own name and every abstract type that it is part of. */
export function compileTypeTest(supergraphSchema: GraphQLSchema, condition: string): TypeTest {
  const type = supergraphSchema.getType(condition);
  if (!isAbstractType(type)) return (typename) => typename === condition;
  const names = new Set([condition]);
  for (const candidate of Object.values(supergraphSchema.getTypeMap())) {
    const canBePart = isObjectType(candidate) || isInterfaceType(candidate);
    if (canBePart && supergraphSchema.isSubType(type, candidate)) names.add(candidate.name);
  }
  return (typename) => typename !== undefined && names.has(typename);
}
