import {
  type ConstValueNode,
  type DirectiveNode,
  type FieldNode,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';

/** One estimate under way: the client's variables, and what was found already. */
export type CostRun = {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly defaults: ReadonlyMap<string, ConstValueNode>;
  /** By slot: terms that stand at several places are worked out once. */
  readonly kept: (number | undefined)[];
  /** By coordinate: where fields stand that do not have exactly one slicing argument, though they ask for it. */
  readonly unsliced: Map<string, Set<FieldNode>>;
};

/** A part of a cost: known when the operation is compiled, or found for each request from its variables. */
export type Term = number | ((run: CostRun) => number);

/** Where costs stop growing: the largest number that is exact. */
export const COST_MAX = Number.MAX_SAFE_INTEGER;

export function sum(terms: readonly Term[]): Term {
  let known = 0;
  const open: ((run: CostRun) => number)[] = [];
  for (const term of terms) {
    if (typeof term === 'number') known = atMost(known + term);
    else open.push(term);
  }
  const [only] = open;
  if (!only) return known;
  if (open.length === 1 && known === 0) return only;
  return (run) => {
    let total = known;
    for (const term of open) total = atMost(total + term(run));
    return total;
  };
}

export function product(a: Term, b: Term): Term {
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number' && typeof b === 'number') return atMost(a * b);
  return (run) => {
    const factor = evaluate(a, run);
    return factor === 0 ? 0 : atMost(factor * evaluate(b, run));
  };
}

/** `term`, or nothing where that would be less: weights may be negative, a field is never a discount on another one. */
export function atLeastZero(term: Term): Term {
  return typeof term === 'number' ? Math.max(0, term) : (run) => Math.max(0, term(run));
}

/** The same value as `term`, worked out once for each run. */
export function keep(term: Term, slot: number): Term {
  if (typeof term === 'number') return term;
  return (run) => {
    const kept = run.kept[slot];
    if (kept !== undefined) return kept;
    const value = term(run);
    run.kept[slot] = value;
    return value;
  };
}

/** 1 where `@skip` and `@include` let a selection be, else 0. */
export function inclusionOf(directives: readonly DirectiveNode[] | undefined): Term {
  let factor: Term = 1;
  for (const { name, arguments: args } of directives ?? []) {
    const isSkip = name.value === 'skip';
    const condition = args?.find((argument) => argument.name.value === 'if')?.value;
    if (condition && (isSkip || name.value === 'include')) factor = product(factor, chosen(condition, !isSkip));
  }
  return factor;
}

/** The value of a variable: the client's, or its default. */
export function variableValue({ variables, defaults }: CostRun, name: string): unknown {
  if (Object.hasOwn(variables, name) && variables[name] !== undefined) return variables[name];
  const literal = defaults.get(name);
  return literal ? valueFromASTUntyped(literal) : undefined;
}

export function evaluate(term: Term, run: CostRun): number {
  return typeof term === 'number' ? term : term(run);
}

function chosen(condition: ValueNode, when: boolean): Term {
  if (condition.kind === Kind.BOOLEAN) return condition.value === when ? 1 : 0;
  if (condition.kind !== Kind.VARIABLE) return 1;
  const name = condition.name.value;
  // What is no boolean is refused later; until then it counts.
  return (run) => (variableValue(run, name) === !when ? 0 : 1);
}

function atMost(cost: number): number {
  return Math.min(cost, COST_MAX);
}
