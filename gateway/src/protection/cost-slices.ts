import { ExactNumber } from '@playgraph/kernel/exact-json';
import { type FieldNode, type GraphQLField, Kind, type ValueNode } from 'graphql';
import type { ListSize } from './cost-directives.ts';
import { type CostRun, type Term, variableValue } from './cost-terms.ts';

/** How many places of one field are told. */
const PLACES_MAX = 10;

/** A field that states the size of its lists. */
export type SizedField = {
  readonly coordinate: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly listSize: ListSize;
  /** The size when neither the request nor the directive says one. */
  readonly sizeDefault: number;
};

/**
 * How many items the field returns: the largest of its slicing arguments (the client's value, else the argument's
 * default), else the assumed size. `check` costs nothing; it notes the field as `unsliced` where it breaks its rule.
 */
export function sliceSize(sized: SizedField, field: FieldNode): { readonly size: Term; readonly check: Term } {
  const { coordinate, definition, listSize } = sized;
  const slices = [...listSize.slicingArguments].flatMap((name) => {
    const argument = definition.args.find((candidate) => candidate.name === name);
    if (!argument) return [];
    const literal = field.arguments?.find((candidate) => candidate.name.value === name)?.value;
    return [literal ? readSlice(literal, argument.defaultValue) : toCount(argument.defaultValue)];
  });
  const sizeOf = (counts: readonly number[]) =>
    counts.length > 0 ? Math.max(...counts) : (listSize.assumedSize ?? sized.sizeDefault);
  const check = (run: CostRun) => {
    if (countsIn(slices, run).length !== 1) noteUnsliced(run, coordinate, field);
    return 0;
  };
  const given = slices.filter((slice) => typeof slice === 'number');
  const isOpen = slices.some((slice) => typeof slice === 'function');
  return {
    size: isOpen ? (run) => sizeOf(countsIn(slices, run)) : sizeOf(given),
    check: !listSize.requiresOneSlicingArgument || (!isOpen && given.length === 1) ? 0 : check,
  };
}

type Slice = number | null | ((run: CostRun) => number | null);

function readSlice(literal: ValueNode, defaultValue: unknown): Slice {
  if (literal.kind === Kind.INT) return toCount(Number(literal.value));
  if (literal.kind !== Kind.VARIABLE) return null;
  const name = literal.name.value;
  return (run) => {
    const value = variableValue(run, name);
    return toCount(value === undefined ? defaultValue : value);
  };
}

function countsIn(slices: readonly Slice[], run: CostRun): number[] {
  return slices.flatMap((slice) => (typeof slice === 'function' ? slice(run) : slice) ?? []);
}

function noteUnsliced({ unsliced }: CostRun, coordinate: string, field: FieldNode): void {
  const places = unsliced.get(coordinate) ?? new Set();
  if (places.size < PLACES_MAX) places.add(field);
  unsliced.set(coordinate, places);
}

function toCount(value: unknown): number | null {
  const count = value instanceof ExactNumber ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) ? Math.max(0, count) : null;
}
