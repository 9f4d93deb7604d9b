import type { QueryPlan } from '@apollo/query-planner';
import { LRUCache } from 'lru-cache';
import type { NormalisedOperation } from './execution/normalise-operation.ts';
import type { PreparedOperation } from './operations/prepare-operation.ts';

/** How many operations are kept compiled in one form; one beyond that is planned anew. */
const COMPILED_MAX = 2_000;
/** Operations that cannot be planned and are known for it: trying again would hold up everything else for nothing. */
const FAILED_MAX = 256;

export type PlannedOperation = { readonly plan: QueryPlan; readonly normalised: NormalisedOperation };

export type MadeOperation<Compiled> = { readonly planned: PlannedOperation; readonly compiled: Compiled };

/** One way to answer operations on one version of the graph, such as as a whole or in parts; each is compiled once. */
export type OperationForm<Compiled> = {
  /** The compiled form; made at the first call. @throws PlanningError when no plan exists, from then on at once. */
  compile(operation: PreparedOperation): Compiled;
  /** What was made of it already, or null. */
  madeOf(operation: PreparedOperation): MadeOperation<Compiled> | null;
  /** @throws PlanningError when no plan exists, from then on at once. */
  plan(operation: PreparedOperation): PlannedOperation;
  compilePlanned(operation: PreparedOperation, planned: PlannedOperation): Compiled;
  /** From now on this is what was made of it. */
  keep(operation: PreparedOperation, made: MadeOperation<Compiled>): void;
  /** How many operations are kept. */
  count(): number;
};

export type FormMaker<Compiled> = Pick<OperationForm<Compiled>, 'plan' | 'compilePlanned'>;

export function createOperationForm<Compiled>(maker: FormMaker<Compiled>): OperationForm<Compiled> {
  const made = new LRUCache<string, MadeOperation<Compiled>>({ max: COMPILED_MAX });
  const failures = new LRUCache<string, { readonly error: unknown }>({ max: FAILED_MAX });
  const once = <Result>({ id }: PreparedOperation, make: () => Result): Result => {
    const failed = failures.get(id);
    if (failed) throw failed.error;
    try {
      return make();
    } catch (error) {
      failures.set(id, { error });
      throw error;
    }
  };
  return {
    compile(operation) {
      const known = made.get(operation.id);
      if (known) return known.compiled;
      const planned = once(operation, () => maker.plan(operation));
      const compiled = once(operation, () => maker.compilePlanned(operation, planned));
      made.set(operation.id, { planned, compiled });
      return compiled;
    },
    madeOf: ({ id }) => made.peek(id) ?? null,
    plan: (operation) => once(operation, () => maker.plan(operation)),
    compilePlanned: (operation, planned) => once(operation, () => maker.compilePlanned(operation, planned)),
    keep: ({ id }, one) => void made.set(id, one),
    count: () => made.size,
  };
}
