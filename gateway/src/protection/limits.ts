import { type DocumentNode, GraphQLError } from 'graphql';
import { measureDocument, NESTING_MAX, type OperationSize } from './measure-document.ts';

/** The largest operation that is looked at any further. How many tokens a document may have is the parser's matter. */
export type OperationLimits = {
  /** Levels of fields. */
  readonly depthMax: number;
  /** Fields of the operation's root type. */
  readonly rootFieldsMax: number;
  /** All fields, those of a fragment counted at each of its places. */
  readonly fieldsMax: number;
  readonly aliasesMax: number;
  readonly directivesMax: number;
  /** Lists within lists below `__schema` and `__type`; the usual introspection query has one level. */
  readonly introspectionDepthMax: number;
  /** Lists and objects within each other in one value: a literal or a variable's. */
  readonly valueDepthMax: number;
};

/** Far above what people write, and low enough that validation and planning stay under a second. */
export const OPERATION_LIMITS: OperationLimits = {
  depthMax: 50,
  rootFieldsMax: 200,
  fieldsMax: 5_000,
  aliasesMax: 500,
  directivesMax: 500,
  introspectionDepthMax: 2,
  valueDepthMax: 50,
};

/**
 * What a parsed document has too much of; it need not be valid. Each error has the code COST_EXCEEDED and says in
 * `extensions` which limit (`limit`), what was found (`measured`; a lower bound where counting stopped) and `max`.
 */
export function checkDocument(document: DocumentNode, limits: OperationLimits): readonly GraphQLError[] {
  const size = measureDocument(document);
  return RULES.flatMap(({ measure, maxOf, what }) => {
    const max = maxOf(limits);
    return size[measure] > max ? [exceeded({ limit: measure, what, measured: size[measure], max })] : [];
  });
}

/** As `checkDocument`, for the values of an operation's variables as the client sent them. */
export function checkVariables(
  variables: Readonly<Record<string, unknown>>,
  limits: OperationLimits,
): readonly GraphQLError[] {
  const max = limits.valueDepthMax;
  // The variables themselves are an object, which is not one of theirs.
  if (!isDeeper(variables, max + 1)) return [];
  return [exceeded({ limit: 'valueDepth', what: VALUE_LEVELS, measured: max + 1, max })];
}

type Rule = {
  readonly measure: keyof OperationSize;
  readonly maxOf: (limits: OperationLimits) => number;
  readonly what: string;
};

const VALUE_LEVELS = 'levels of lists and objects in a value';

const RULES: readonly Rule[] = [
  { measure: 'depth', maxOf: ({ depthMax }) => depthMax, what: 'levels of fields' },
  { measure: 'nesting', maxOf: () => NESTING_MAX, what: 'levels of selections, fragments included' },
  { measure: 'rootFields', maxOf: ({ rootFieldsMax }) => rootFieldsMax, what: 'root fields' },
  { measure: 'fields', maxOf: ({ fieldsMax }) => fieldsMax, what: 'fields' },
  { measure: 'aliases', maxOf: ({ aliasesMax }) => aliasesMax, what: 'aliases' },
  { measure: 'directives', maxOf: ({ directivesMax }) => directivesMax, what: 'directives' },
  {
    measure: 'introspectionDepth',
    maxOf: ({ introspectionDepthMax }) => introspectionDepthMax,
    what: 'levels of introspection lists',
  },
  { measure: 'valueDepth', maxOf: ({ valueDepthMax }) => valueDepthMax, what: VALUE_LEVELS },
];

type Excess = { readonly limit: string; readonly what: string; readonly measured: number; readonly max: number };

function exceeded({ limit, what, measured, max }: Excess): GraphQLError {
  return new GraphQLError(`The operation has ${measured} ${what}; at most ${max} are allowed.`, {
    extensions: { code: 'COST_EXCEEDED', limit, measured, max },
  });
}

/** Whether lists and objects stand in each other on more than `max` levels; looks no deeper. */
function isDeeper(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (max === 0) return true;
  for (const part of Object.values(value)) {
    if (isDeeper(part, max - 1)) return true;
  }
  return false;
}
