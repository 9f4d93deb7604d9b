import { ExactNumber, printExact } from '@playgraph/kernel/exact-json';
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

const INTEGER_PATTERN = /^-?\d+$/;
const INT_MAX = 2_147_483_647;
const INT_MIN = -2_147_483_648;
/** Whatever is not plain in a JSON string: control characters, quotes, backslashes, surrogates. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

/**
 * Prints a leaf that is in its type's own form already, as nearly all are; false where it is not, null among them, with
 * nothing printed.
 */
export function compileOwnLeaf(type: GraphQLLeafType): (value: unknown, out: JsonOutput) => boolean {
  if (isEnumType(type)) return compileOwnEnum(type);
  switch (type.name) {
    case GraphQLString.name:
    case GraphQLID.name:
      return (value, out) => {
        if (typeof value !== 'string') return false;
        out.writeString(value);
        return true;
      };
    case GraphQLInt.name:
      return (value, out) => {
        if (!isInt(value)) return false;
        out.write(String(value));
        return true;
      };
    case GraphQLFloat.name:
      return (value, out) => {
        if (!Number.isFinite(value)) return false;
        out.write(String(value));
        return true;
      };
    case GraphQLBoolean.name:
      return (value, out) => {
        if (typeof value !== 'boolean') return false;
        out.write(value ? 'true' : 'false');
        return true;
      };
    default:
      return () => false;
  }
}

/** Printers of the leaf types; what is not already in the type's own form goes the way of graphql-js. */
export function compileLeaf(type: GraphQLLeafType): WriteLeaf {
  if (isEnumType(type)) return compileEnum(type);
  switch (type.name) {
    case GraphQLString.name:
      return (value, out) => out.writeString(typeof value === 'string' ? value : GraphQLString.serialize(value));
    case GraphQLID.name:
      return (value, out) => out.writeString(typeof value === 'string' ? value : GraphQLID.serialize(toId(value)));
    case GraphQLInt.name:
      return (value, out) => out.write(String(isInt(value) ? value : GraphQLInt.serialize(value)));
    case GraphQLFloat.name:
      // JSON may hold numbers past the range of a double, which are read as infinite.
      return (value, out) => out.write(JSON.stringify(Number.isFinite(value) ? value : GraphQLFloat.serialize(value)));
    case GraphQLBoolean.name:
      return (value, out) => out.write(String(typeof value === 'boolean' ? value : GraphQLBoolean.serialize(value)));
    default:
      return (value, out) => writeJson(type, value, out);
  }
}

/** A string as JSON. */
export function quote(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

function compileOwnEnum(type: GraphQLEnumType): (value: unknown, out: JsonOutput) => boolean {
  const printed = new Map<unknown, string>(type.getValues().map(({ name }) => [name, `"${name}"`]));
  return (value, out) => {
    const text = printed.get(value);
    if (text !== undefined) out.write(text);
    return text !== undefined;
  };
}

function compileEnum(type: GraphQLEnumType): WriteLeaf {
  const printed = new Map(type.getValues().map(({ name }) => [name, `"${name}"`]));
  return (value, out) => out.write(printed.get(value as string) ?? refuse(type));
}

/** Unlike graphql-js it does not say the value: one that is `@inaccessible` is not for clients to read. */
function refuse({ name }: GraphQLEnumType): never {
  throw new GraphQLError(`Enum "${name}" cannot represent the value that a subgraph gave.`);
}

/** An integer is its digits: rounded it would be another ID. */
function toId(value: unknown): unknown {
  const text = value instanceof ExactNumber ? String(value) : '';
  return INTEGER_PATTERN.test(text) ? text : value;
}

function writeJson(type: GraphQLLeafType, value: unknown, out: JsonOutput): void {
  const serialised: unknown = type.serialize(value);
  if (typeof serialised === 'string') out.writeString(serialised);
  else out.write(printJson(type, serialised));
}

/** JSON may be nested so deeply that it can be read, but not printed again. */
function printJson(type: GraphQLLeafType, serialised: unknown): string {
  if (serialised === Number.POSITIVE_INFINITY || serialised === Number.NEGATIVE_INFINITY) {
    throw new GraphQLError(`${type.name} cannot represent a number past the range of a double.`);
  }
  try {
    return printExact(serialised);
  } catch (error) {
    throw error instanceof RangeError
      ? new RangeError(`${type.name} cannot represent a value nested so deeply.`)
      : error;
  }
}

function isInt(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) <= INT_MAX && (value as number) >= INT_MIN;
}
