import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
} from 'graphql';
import type { Draw } from './draw.ts';

/** Writes arguments' values into an operation, some as variables, and remembers what these are. */
export type ValueWriter = {
  /** A literal or a variable for that argument. */
  write(argument: GraphQLArgument): string;
  /** A Boolean for `if:`. */
  writeCondition(): string;
  /** What the operation must declare, and the values that the client sends. */
  finish(): { declarations: string; variables: Record<string, unknown> };
};

const LIST_LENGTH_MAX = 2;
const NESTING_MAX = 2;

type Writing = { readonly draw: Draw; readonly declarations: string[]; readonly variables: Record<string, unknown> };

export function createValueWriter(draw: Draw): ValueWriter {
  const writing: Writing = { draw, declarations: [], variables: {} };
  let conditions = 0;
  return {
    write: ({ type, defaultValue }) => write(writing, type, { nesting: 0, hasDefault: defaultValue !== undefined }),
    writeCondition: () => {
      if (draw.chance(15)) return draw.chance(50) ? 'true' : 'false';
      const name = draw.chance(50) && conditions > 0 ? `if${draw.between(0, conditions - 1)}` : `if${conditions++}`;
      if (
        !Object.hasOwn(writing.variables, name) &&
        !writing.declarations.some((text) => text.startsWith(`$${name}:`))
      ) {
        declareCondition(writing, name);
      }
      return `$${name}`;
    },
    finish: () => ({ declarations: writing.declarations.join(', '), variables: writing.variables }),
  };
}

function declareCondition({ draw, declarations, variables }: Writing, name: string): void {
  if (draw.chance(25)) {
    declarations.push(`$${name}: Boolean! = ${draw.chance(50)}`);
    if (draw.chance(50)) return;
  } else {
    declarations.push(`$${name}: Boolean!`);
  }
  variables[name] = draw.chance(50);
}

type Position = { readonly nesting: number; readonly hasDefault: boolean };

function write(writing: Writing, type: GraphQLInputType, { nesting, hasDefault }: Position): string {
  const { draw } = writing;
  const isNeeded = isNonNullType(type);
  if (draw.chance(35)) return writeVariable(writing, type, { nesting, hasDefault });
  if (!isNeeded && draw.chance(8)) return 'null';
  const inner = isNeeded ? type.ofType : type;
  if (isListType(inner)) {
    if (!hasLists(inner.ofType) && draw.chance(15)) return write(writing, inner.ofType, { nesting, hasDefault: false });
    const items = Array.from({ length: draw.between(0, LIST_LENGTH_MAX) }, () =>
      write(writing, inner.ofType, { nesting, hasDefault: false }),
    );
    return `[${items.join(', ')}]`;
  }
  if (!isInputObjectType(inner)) return toLiteral(draw, inner);
  const fields = drawFields(draw, Object.values(inner.getFields()), nesting);
  const parts = fields.map((field) => {
    const position = { nesting: nesting + 1, hasDefault: field.defaultValue !== undefined };
    return `${field.name}: ${write(writing, field.type, position)}`;
  });
  return `{${parts.join(', ')}}`;
}

/** A new variable of that type: with or without a default of its own, sent or not where it need not be. */
function writeVariable(writing: Writing, type: GraphQLInputType, { nesting, hasDefault }: Position): string {
  const { draw, declarations, variables } = writing;
  const name = `v${declarations.length}`;
  const isNeeded = isNonNullType(type) && !(hasDefault && draw.chance(30));
  const typeText = isNonNullType(type) && !isNeeded ? String(type.ofType) : String(type);
  const defaultText = isNeeded || !draw.chance(30) ? '' : ` = ${writeDefault(draw, type)}`;
  declarations.push(`$${name}: ${typeText}${defaultText}`);
  if (isNeeded || draw.chance(70)) variables[name] = drawValue(draw, type, nesting);
  return `$${name}`;
}

/** A literal without variables. */
function writeDefault(draw: Draw, type: GraphQLInputType): string {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) return `[${writeDefault(draw, inner.ofType)}]`;
  return isInputObjectType(inner) ? '{text: "default"}' : toLiteral(draw, inner);
}

function drawFields(draw: Draw, fields: readonly GraphQLInputField[], nesting: number): GraphQLInputField[] {
  return fields.filter(({ type }) => {
    const isNested = isInputObjectType(type) || (isNonNullType(type) && isInputObjectType(type.ofType));
    return draw.chance(40) && (!isNested || nesting < NESTING_MAX);
  });
}

/** A value as a client sends it. */
function drawValue(draw: Draw, type: GraphQLInputType, nesting: number): unknown {
  if (!isNonNullType(type) && draw.chance(10)) return null;
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) {
    if (!hasLists(inner.ofType) && draw.chance(15)) return drawValue(draw, inner.ofType, nesting) ?? [];
    return Array.from({ length: draw.between(0, LIST_LENGTH_MAX) }, () => drawValue(draw, inner.ofType, nesting));
  }
  if (!isInputObjectType(inner)) {
    const literal = toLiteral(draw, inner);
    return isEnumType(inner) ? literal : JSON.parse(literal.replace('{a: [1, {b: null}]}', '{"a":[1,{"b":null}]}'));
  }
  const fields = drawFields(draw, Object.values(inner.getFields()), nesting);
  return Object.fromEntries(fields.map((field) => [field.name, drawValue(draw, field.type, nesting + 1)]));
}

/** Only a list of leaves may be given as its one item without doubt about which level is meant. */
function hasLists(type: GraphQLInputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type);
}

function toLiteral(draw: Draw, type: GraphQLInputType): string {
  if (isEnumType(type)) return draw.pickFrom(type.getValues())?.name ?? '';
  const name = isScalarType(type) ? type.name : '';
  switch (name) {
    case 'Int':
      return String(draw.between(-3, 3));
    case 'Float':
      return draw.pick(['0.5', '-2.25', '1e21', '7']);
    case 'Boolean':
      return String(draw.chance(50));
    case 'ID':
      return draw.pick(['"i1"', '"7"', '7']);
    case 'Blob':
      return draw.pick(['{a: [1, {b: null}]}', '"text"', '[1.5, "x"]', '3']);
    default:
      return draw.pick(['"cm"', '"in"', '""', '"a \\"quoted\\" \\u00e9"']);
  }
}
