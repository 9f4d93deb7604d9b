import {
  type ConstValueNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { type CostDirectives, readCostDirectives } from './cost-directives.ts';
import { costOfInput } from './cost-of-input.ts';
import { sliceSize } from './cost-slices.ts';
import { atLeastZero, type CostRun, evaluate, inclusionOf, keep, product, sum, type Term } from './cost-terms.ts';
import { findField, fragmentsOf, type ParentType, type ValidOperation } from './operation-document.ts';

/** What an operation is expected to cost with the given variables (as the client sent them, or coerced). */
export type CostEstimate = {
  /** From 0 to 2^53-1, where it stops. */
  readonly cost: number;
  /** Fields that need exactly one slicing argument and have none or several: BAD_USER_INPUT each. */
  readonly errors: readonly GraphQLError[];
};

export type OperationCost = (variables: Readonly<Record<string, unknown>>) => CostEstimate;

/** Estimates operations on one version of the graph before they run. */
export type CostModel = {
  /** Whether the supergraph says anything of costs and sizes; if not, every estimate rests on assumptions alone. */
  readonly isAnnotated: boolean;
  /** Done once for an operation; time linear in its text, however its fragments multiply. */
  compile(operation: ValidOperation): OperationCost;
};

export type CostOptions = {
  readonly apiSchema: GraphQLSchema;
  readonly supergraph: DocumentNode;
  /** The items of a list that says nothing of its size. */
  readonly listSizeDefault: number;
};

const MUTATION_COST = 10;
const NO_FIELDS: ReadonlySet<string> = new Set();

/**
 * The static cost of the IBM cost specification, with the defaults of Apollo's demand control: an object, interface or
 * union 1 per item, scalars and enums 0, a mutation 10 by itself; a field costs its items times what one costs, plus its
 * arguments. It is an upper bound over the types that an object can have, and assumes lists to be full.
 */
export function createCostModel({ apiSchema, supergraph, listSizeDefault }: CostOptions): CostModel {
  const directives = readCostDirectives(supergraph);
  return {
    isAnnotated: directives.weights.size > 0 || directives.listSizes.size > 0,
    compile: ({ document, definition }) => {
      const compiler: Compiler = {
        apiSchema,
        directives,
        listSizeDefault,
        fragments: fragmentsOf(document),
        compiled: new Map(),
        slots: 0,
      };
      const root = apiSchema.getRootType(definition.operation);
      const selections = compileSelections(compiler, { set: definition.selectionSet, parent: root, sized: NO_FIELDS });
      const base = definition.operation === OperationTypeNode.MUTATION ? MUTATION_COST : 0;
      return toOperationCost(definition, sum([base, selections.fixed]));
    },
  };
}

function toOperationCost(definition: OperationDefinitionNode, total: Term): OperationCost {
  if (typeof total === 'number') {
    const estimate = { cost: total, errors: [] };
    return () => estimate;
  }
  const defaults = new Map<string, ConstValueNode>();
  for (const { variable, defaultValue } of definition.variableDefinitions ?? []) {
    if (defaultValue) defaults.set(variable.name.value, defaultValue);
  }
  return (variables) => {
    const run: CostRun = { variables, defaults, kept: [], unsliced: new Map() };
    return { cost: evaluate(total, run), errors: [...run.unsliced].map(toSlicingError) };
  };
}

type Compiler = {
  readonly apiSchema: GraphQLSchema;
  readonly directives: CostDirectives;
  readonly listSizeDefault: number;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** By fragment and the fields that are sized from above; null while one is being compiled. */
  readonly compiled: Map<string, SizedCost | null>;
  slots: number;
};

/** What a selection set costs: once, and for each item of the lists whose size the field above states. */
type SizedCost = { readonly fixed: Term; readonly perItem: Term };
const NOTHING: SizedCost = { fixed: 0, perItem: 0 };

type Place = {
  readonly set: SelectionSetNode;
  readonly parent: ParentType;
  /** The fields whose size is stated by the field above. */
  readonly sized: ReadonlySet<string>;
};

function compileSelections(compiler: Compiler, place: Place): SizedCost {
  const parts = place.set.selections.map((selection) => {
    const included = inclusionOf(selection.directives);
    if (included === 0) return NOTHING;
    const { fixed, perItem } = compileSelection(compiler, place, selection);
    return { fixed: product(included, fixed), perItem: product(included, perItem) };
  });
  return { fixed: sum(parts.map(({ fixed }) => fixed)), perItem: sum(parts.map(({ perItem }) => perItem)) };
}

function compileSelection(compiler: Compiler, place: Place, selection: SelectionNode): SizedCost {
  switch (selection.kind) {
    case Kind.FIELD:
      return compileField(compiler, place, selection);
    case Kind.FRAGMENT_SPREAD:
      return compileFragment(compiler, selection.name.value, place.sized);
    case Kind.INLINE_FRAGMENT: {
      const { typeCondition, selectionSet } = selection;
      const parent = typeCondition ? compiler.apiSchema.getType(typeCondition.name.value) : place.parent;
      return compileSelections(compiler, { ...place, set: selectionSet, parent });
    }
  }
}

function compileFragment(compiler: Compiler, name: string, sized: ReadonlySet<string>): SizedCost {
  const key = [name, ...sized].join(' ');
  const known = compiler.compiled.get(key);
  if (known !== undefined) return known ?? NOTHING;
  const fragment = compiler.fragments.get(name);
  if (!fragment) return NOTHING;
  compiler.compiled.set(key, null);
  const parent = compiler.apiSchema.getType(fragment.typeCondition.name.value);
  const { fixed, perItem } = compileSelections(compiler, { set: fragment.selectionSet, parent, sized });
  const cost = { fixed: keep(fixed, compiler.slots++), perItem: keep(perItem, compiler.slots++) };
  compiler.compiled.set(key, cost);
  return cost;
}

function compileField(compiler: Compiler, { parent, sized }: Place, field: FieldNode): SizedCost {
  const definition = findField(parent, field.name.value);
  if (!parent || !definition) return NOTHING;
  const coordinate = `${parent.name}.${definition.name}`;
  const listSize = compiler.directives.listSizes.get(coordinate);
  const sizeDefault = compiler.listSizeDefault;
  const { size, check } = listSize
    ? sliceSize({ coordinate, definition, listSize, sizeDefault }, field)
    : { size: sizeDefault, check: 0 };
  const parts = { coordinate, definition, size, sizedFields: listSize?.sizedFields ?? NO_FIELDS };
  const item = costOfItem(compiler, parts, field);
  const once = sum([check, ...costsOfArguments(compiler, parts, field)]);
  if (!isListType(getNullableType(definition.type))) return { fixed: atLeastZero(sum([item, once])), perItem: 0 };
  if (sized.has(definition.name)) return { fixed: atLeastZero(once), perItem: atLeastZero(item) };
  return { fixed: atLeastZero(sum([product(size, item), once])), perItem: 0 };
}

type FieldParts = {
  readonly coordinate: string;
  readonly definition: GraphQLField<unknown, unknown>;
  /** Of the field's list, or of the lists in its object that it sizes. */
  readonly size: Term;
  readonly sizedFields: ReadonlySet<string>;
};

/** One item of the field, which is the field itself when it is no list. */
function costOfItem(
  compiler: Compiler,
  { coordinate, definition, size, sizedFields }: FieldParts,
  field: FieldNode,
): Term {
  const { weights } = compiler.directives;
  const type = getNamedType(definition.type);
  const weight = weights.get(coordinate) ?? weights.get(type.name) ?? (isCompositeType(type) ? 1 : 0);
  if (!field.selectionSet) return weight;
  const place = { set: field.selectionSet, parent: type, sized: sizedFields };
  const { fixed, perItem } = compileSelections(compiler, place);
  return sum([weight, fixed, product(size, perItem)]);
}

function costsOfArguments(compiler: Compiler, { coordinate, definition }: FieldParts, field: FieldNode): Term[] {
  return (field.arguments ?? []).map(({ name, value }) => {
    const argument = definition.args.find((candidate) => candidate.name === name.value);
    if (!argument) return 0;
    const place = { coordinate: `${coordinate}(${argument.name}:)`, type: argument.type };
    return costOfInput(compiler.directives.weights, place, value);
  });
}

function toSlicingError([coordinate, places]: readonly [string, ReadonlySet<FieldNode>]): GraphQLError {
  return new GraphQLError(`The field ${coordinate} needs exactly one of the arguments that say how many it returns.`, {
    nodes: [...places],
    extensions: { code: 'BAD_USER_INPUT', field: coordinate },
  });
}
