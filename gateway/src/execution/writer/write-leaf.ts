import {
  GraphQLBoolean,
  type GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
  isEnumType,
} from 'graphql';

/** Prints a leaf that is not null. @throws Error of graphql-js when the value does not fit the type. */
export type WriteLeaf = (value: unknown) => string;

const INT_MAX = 2_147_483_647;
const INT_MIN = -2_147_483_648;
/** Whatever is not plain in a JSON string: control characters, quotes, backslashes, surrogates. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** Printers of the leaf types; what is not already in the type's own form goes the way of graphql-js. */
export function compileLeaf(type: GraphQLLeafType): WriteLeaf {
  if (isEnumType(type)) return compileEnum(type);
  switch (type.name) {
    case GraphQLString.name:
      return (value) => (typeof value === 'string' ? quote(value) : quote(GraphQLString.serialize(value)));
    case GraphQLID.name:
      return (value) => (typeof value === 'string' ? quote(value) : quote(GraphQLID.serialize(value)));
    case GraphQLInt.name:
      return (value) => (isInt(value) ? String(value) : String(GraphQLInt.serialize(value)));
    case GraphQLFloat.name:
      // JSON may hold numbers past the range of a double, which are read as infinite.
      return (value) => JSON.stringify(Number.isFinite(value) ? value : GraphQLFloat.serialize(value));
    case GraphQLBoolean.name:
      return (value) => String(typeof value === 'boolean' ? value : GraphQLBoolean.serialize(value));
    default:
      return (value) => JSON.stringify(type.serialize(value)) ?? 'null';
  }
}

/** A string as JSON. */
export function quote(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function compileEnum(type: GraphQLEnumType): WriteLeaf {
  const printed = new Map(type.getValues().map(({ name }) => [name, `"${name}"`]));
  // An answer carries the value's name; graphql-js would look for its internal value, which a gateway has none of.
  return (value) => printed.get(value as string) ?? quote(String(type.serialize(value)));
}

function isInt(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) <= INT_MAX && (value as number) >= INT_MIN;
}
