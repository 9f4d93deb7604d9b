import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** Whether an object with this `__typename` satisfies a type condition of a plan. */
export type TypeTest = (typename: string | undefined) => boolean;

const testsBySchema = new WeakMap<GraphQLSchema, Map<string, TypeTest>>();

/**
 * Type conditions over the supergraph's types: a type satisfies its own name and every abstract type that it is part of.
 * Made once for each condition, since rewrites ask for every object that they meet.
 */
export function compileTypeTest(supergraphSchema: GraphQLSchema, condition: string): TypeTest {
  const tests = testsBySchema.get(supergraphSchema) ?? new Map<string, TypeTest>();
  testsBySchema.set(supergraphSchema, tests);
  const test = tests.get(condition) ?? createTypeTest(supergraphSchema, condition);
  tests.set(condition, test);
  return test;
}

function createTypeTest(supergraphSchema: GraphQLSchema, condition: string): TypeTest {
  const type = supergraphSchema.getType(condition);
  if (!isAbstractType(type)) return (typename) => typename === condition;
  const names = new Set([condition]);
  for (const candidate of Object.values(supergraphSchema.getTypeMap())) {
    const canBePart = isObjectType(candidate) || isInterfaceType(candidate);
    if (canBePart && supergraphSchema.isSubType(type, candidate)) names.add(candidate.name);
  }
  return (typename) => typename !== undefined && names.has(typename);
}
