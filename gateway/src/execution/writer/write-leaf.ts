import {
  GraphQLBoolean,
  type GraphQLEnumType,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
  isEnumType,
} from 'graphql';
import type { JsonOutput } from './json-output.ts';

/**
 * Prints a leaf that is not null. @throws Error, of graphql-js save for enums, when the value does not fit the type; then
 * nothing is written.
 */
export type WriteLeaf = (value: unknown, out: JsonOutput) => void;

const INT_MAX = 2_147_483_647;
const INT_MIN = -2_147_483_648;
/** Whatever is not plain in a JSON string: control characters, quotes, backslashes, surrogates. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/** Printers of the leaf types; what is not already in the type's own form goes the way of graphql-js. */
export function compileLeaf(type: GraphQLLeafType): WriteLeaf {
  if (isEnumType(type)) return compileEnum(type);
  switch (type.name) {
    case GraphQLString.name:
      return (value, out) => out.writeString(typeof value === 'string' ? value : GraphQLString.serialize(value));
    case GraphQLID.name:
      return (value, out) => out.writeString(typeof value === 'string' ? value : GraphQLID.serialize(value));
    case GraphQLInt.name:
      return (value, out) => out.write(String(isInt(value) ? value : GraphQLInt.serialize(value)));
    case GraphQLFloat.name:
      // JSON may hold numbers past the range of a double, which are read as infinite.
      return (value, out) => out.write(JSON.stringify(Number.isFinite(value) ? value : GraphQLFloat.serialize(value)));
    case GraphQLBoolean.name:
      return (value, out) => out.write(String(typeof value === 'boolean' ? value : GraphQLBoolean.serialize(value)));
    default:
      return (value, out) => out.write(printJson(type, value));
  }
}

/** A string as JSON. */
export function quote(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function compileEnum(type: GraphQLEnumType): WriteLeaf {
  const printed = new Map(type.getValues().map(({ name }) => [name, `"${name}"`]));
  return (value, out) => out.write(printed.get(value as string) ?? refuse(type));
}

/** Unlike graphql-js it does not say the value: one that is `@inaccessible` is not for clients to read. */
function refuse({ name }: GraphQLEnumType): never {
  throw new GraphQLError(`Enum "${name}" cannot represent the value that a subgraph gave.`);
}

/** JSON may be nested so deeply that it can be read, but not printed again. */
function printJson(type: GraphQLLeafType, value: unknown): string {
  const serialised: unknown = type.serialize(value);
  try {
    return JSON.stringify(serialised) ?? 'null';
  } catch (error) {
    throw error instanceof RangeError
      ? new RangeError(`${type.name} cannot represent a value nested so deeply.`)
      : error;
  }
}

function isInt(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) <= INT_MAX && (value as number) >= INT_MIN;
}
