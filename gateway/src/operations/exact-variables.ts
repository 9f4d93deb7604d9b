import { ExactNumber, holdsExact, parseExactNumber } from '@playgraph/kernel/exact-json';
import {
  GraphQLID,
  type GraphQLScalarType,
  type GraphQLSchema,
  type GraphQLType,
  isInputObjectType,
  isListType,
  isNamedType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** An integer as JSON writes it. */
const INTEGER_PATTERN = /^-?\d+$/;

/**
 * The variables of a client with an `ExactNumber` only where a custom scalar stands; an ID is its digits, and whatever
 * else is a number is one as always. The same object where there is none.
 */
export function keepExactForScalars(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables,
): Variables {
  if (!holdsExact(variables)) return variables;
  const kept: Record<string, unknown> = { ...variables };
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    if (Object.hasOwn(kept, name)) kept[name] = fit(typeFromAST(schema, type), kept[name]);
  }
  return kept;
}

/** From now on the custom scalars of `schema` read literals with all their digits: they may be defaults of variables. */
export function readLiteralsExactly(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isCustomScalar(type)) type.parseLiteral = (node, variables) => type.parseValue(readLiteral(node, variables));
  }
}

function fit(type: GraphQLType | undefined, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isNonNullType(type)) return fit(type.ofType, value);
  if (isListType(type) && !Array.isArray(value)) return fit(type.ofType, value);
  if (value instanceof ExactNumber) return fitNumber(type, value);
  if (isCustomScalar(type)) return value;
  if (Array.isArray(value)) {
    const itemType = isListType(type) ? type.ofType : undefined;
    return value.map((item) => fit(itemType, item));
  }
  const fields = isInputObjectType(type) ? type.getFields() : {};
  const fitted = Object.entries(value).map(([name, part]) => [
    name,
    fit(Object.hasOwn(fields, name) ? fields[name]?.type : undefined, part),
  ]);
  return Object.fromEntries(fitted);
}

function fitNumber(type: GraphQLType | undefined, value: ExactNumber): unknown {
  if (isCustomScalar(type)) return value;
  const text = String(value);
  return isNamedType(type) && type.name === GraphQLID.name && INTEGER_PATTERN.test(text) ? text : Number(value);
}

function isCustomScalar(type: unknown): type is GraphQLScalarType {
  return isScalarType(type) && !isSpecifiedScalarType(type);
}

/** A literal as a value, as graphql-js reads those of custom scalars. */
function readLiteral(node: ValueNode, variables: Readonly<Record<string, unknown>> | null | undefined): unknown {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return parseExactNumber(node.value);
    case Kind.LIST:
      return node.values.map((item) => readLiteral(item, variables));
    case Kind.OBJECT: {
      const fields = node.fields.map(({ name, value }) => [name.value, readLiteral(value, variables)]);
      return Object.assign(Object.create(null), Object.fromEntries(fields));
    }
    default:
      return valueFromASTUntyped(node, variables);
  }
}
